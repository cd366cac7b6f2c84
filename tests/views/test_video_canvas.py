"""The canvas with real mouse events: what the tools wish, in pixels of the frame, at any zoom."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from studio.core.geometry import Box
from studio.views.video import VideoView
from studio.views.video.overlay import Overlay, ShownBox, ShownDetection

LEFT = Qt.MouseButton.LeftButton
CUP = ShownBox(7, Box(40, 30, 20, 16), "#4c9aff", "cup · 1", "keyframe")


@pytest.fixture
def view(qtbot):
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(700, 560)
    view.show()
    picture = np.zeros((100, 160, 3), np.uint8)
    picture[:, :, 0] = np.arange(160, dtype=np.uint8)
    picture[:, :, 1] = np.arange(100, dtype=np.uint8)[:, None]
    view.canvas.set_picture(picture)
    view.show_canvas()
    QApplication.sendPostedEvents()
    return view


def collect(signal):
    seen = []
    signal.connect(lambda *values: seen.append(values[0] if len(values) == 1 else values))
    return seen


def at(view, x, y):
    return view.canvas.viewport.to_widget(QPointF(x, y)).toPoint()


def drag(qtbot, view, start, end, button=LEFT, modifiers=Qt.KeyboardModifier.NoModifier):
    first, last = at(view, *start), at(view, *end)
    qtbot.mousePress(view.canvas, button, modifiers, first)
    send_move(view.canvas, (first + last) / 2, button, modifiers)
    send_move(view.canvas, last, button, modifiers)
    qtbot.mouseRelease(view.canvas, button, modifiers, last)


def send_move(widget, place, button, modifiers):
    point = QPointF(place)
    event = QMouseEvent(
        QEvent.Type.MouseMove, point, widget.mapToGlobal(point), Qt.MouseButton.NoButton, button, modifiers
    )
    QApplication.sendEvent(widget, event)


def wheel(view, place, turn, modifiers):
    point = QPointF(place)
    event = QWheelEvent(
        point, view.canvas.mapToGlobal(point), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.canvas, event)


@pytest.mark.parametrize("zoom", [None, 1.0, 2.0, 3.7, 12.0])
def test_a_drawn_box_has_the_pixels_under_the_mouse(qtbot, view, zoom):
    if zoom:
        view.canvas.zoom_to(zoom)
    view.canvas.set_tool("draw")
    drawn = collect(view.box_drawn)
    corner = view.canvas.viewport.to_picture(QPointF(view.canvas.rect().center()))
    start = (corner.x() - 15, corner.y() - 10) if zoom != 12.0 else (corner.x() - 6, corner.y() - 4)
    drag(qtbot, view, start, (corner.x() + 5, corner.y() + 7))
    [box] = drawn
    expected = (*start, corner.x() + 5 - start[0], corner.y() + 7 - start[1])
    assert box == pytest.approx(expected, abs=2.1 / view.canvas.viewport.zoom + 0.11)


def test_a_box_snaps_to_the_border_and_stays_inside(qtbot, view):
    view.canvas.set_tool("draw")
    drawn = collect(view.box_drawn)
    drag(qtbot, view, (0.6, 1), (200, 120))
    drag(qtbot, view, (50, 50), (-30, -30))
    assert drawn == [Box(0, 0, 160, 100), pytest.approx((0, 0, 50, 50), abs=0.5)]


def test_shift_draws_a_square(qtbot, view):
    view.canvas.set_tool("draw")
    drawn = collect(view.box_drawn)
    drag(qtbot, view, (20, 20), (60, 30), modifiers=Qt.KeyboardModifier.ShiftModifier)
    drag(qtbot, view, (100, 90), (150, 95), modifiers=Qt.KeyboardModifier.ShiftModifier)
    assert drawn[0].width == drawn[0].height == pytest.approx(40, abs=1)
    assert drawn[1].width == drawn[1].height == pytest.approx(10, abs=1), "as far as the frame goes"


def test_a_click_draws_nothing_and_clears_a_search_area(qtbot, view):
    drawn, areas, cleared = collect(view.box_drawn), collect(view.area_drawn), []
    view.area_cleared.connect(lambda: cleared.append(True))
    for tool in ("draw", "area"):
        view.canvas.set_tool(tool)
        qtbot.mouseClick(view.canvas, LEFT, pos=at(view, 50, 50))
    assert (drawn, areas, cleared) == ([], [], [True])
    drag(qtbot, view, (20, 20), (60, 50))
    assert len(areas) == 1


def test_ignore_is_a_wish_of_its_own(qtbot, view):
    ignored, drawn = collect(view.ignore_drawn), collect(view.box_drawn)
    view.canvas.set_tool("ignore")
    drag(qtbot, view, (20, 20), (60, 50))
    assert len(ignored) == 1
    assert not drawn


def test_escape_forgets_a_box_that_was_begun(qtbot, view):
    view.canvas.set_tool("draw")
    drawn = collect(view.box_drawn)
    qtbot.mousePress(view.canvas, LEFT, pos=at(view, 20, 20))
    assert view.canvas.cancel()
    qtbot.mouseRelease(view.canvas, LEFT, pos=at(view, 60, 60))
    assert not drawn


def test_a_click_selects_the_smallest_thing(qtbot, view):
    large = ShownBox(8, Box(20, 10, 100, 80), "#f0883e", "table", "keyframe")
    negative = ShownBox(9, Box(42, 32, 4, 4), "#6e7681", "background", "background")
    found = ShownDetection(3, Box(100, 60, 10, 10), "#4c9aff", "cup 0.9")
    view.canvas.set_overlay(Overlay(boxes=(negative, large, CUP), detections=(found,)))
    clicked, picked, nothing = collect(view.box_clicked), collect(view.detection_clicked), []
    view.nothing_clicked.connect(lambda: nothing.append(True))
    for place in ((43, 33), (25, 15), (104, 64), (150, 5)):
        qtbot.mouseClick(view.canvas, LEFT, pos=at(view, *place))
    qtbot.mouseClick(view.canvas, LEFT, Qt.KeyboardModifier.ShiftModifier, at(view, 50, 40))
    assert clicked == [(7, False), (8, False), (7, True)]
    assert picked == [3]
    assert nothing == [True]


@pytest.mark.parametrize("zoom", [1.0, 2.5, 4.0])
def test_handles_resize_and_a_drag_moves(qtbot, view, zoom):
    selected = ShownBox(7, Box(50, 30, 60, 48), "#4c9aff", "cup", "keyframe", selected=True)
    view.canvas.zoom_to(zoom)
    view.canvas.set_overlay(Overlay(boxes=(selected,)))
    changed = collect(view.box_changed)
    near = 2.1 / zoom + 0.11
    drag(qtbot, view, (110, 78), (116, 82))
    assert changed[-1] == (7, pytest.approx((50, 30, 66, 52), abs=near))
    drag(qtbot, view, (50, 54), (46, 70))
    assert changed[-1] == (7, pytest.approx((46, 30, 64, 48), abs=near)), "the middle handle moves one edge"
    drag(qtbot, view, (79, 45), (84, 50))
    assert changed[-1] == (7, pytest.approx((55, 35, 60, 48), abs=near))
    drag(qtbot, view, (50, 30), (120, 90))
    assert changed[-1] == (7, pytest.approx((110, 78, 10, 12), abs=near)), "past the other corner"


def test_a_tiny_box_can_be_moved_and_resized(qtbot, view):
    selected = ShownBox(7, Box(70, 40, 4, 4), "#4c9aff", "cup", "keyframe", selected=True)
    view.canvas.set_overlay(Overlay(boxes=(selected,)))
    changed = collect(view.box_changed)
    drag(qtbot, view, (72, 42), (82, 42))
    drag(qtbot, view, (74, 44), (84, 54))
    assert changed == [(7, pytest.approx((80, 40, 4, 4), abs=0.7)), (7, pytest.approx((70, 40, 14, 14), abs=0.7))]


def test_a_moved_box_stays_in_the_frame(qtbot, view):
    view.canvas.set_overlay(Overlay(boxes=(CUP,)))
    changed = collect(view.box_changed)
    drag(qtbot, view, (50, 38), (-20, 250))
    assert changed == [(7, Box(0, 84, 20, 16))]


def test_alt_and_arrows_nudge_and_resize(qtbot, view):
    selected = ShownBox(7, Box(40, 30, 20, 16), "#4c9aff", "cup", "keyframe", selected=True)
    view.canvas.set_overlay(Overlay(boxes=(selected,)))
    changed = collect(view.box_changed)
    alt, ctrl, shift = (getattr(Qt.KeyboardModifier, f"{name}Modifier") for name in ("Alt", "Control", "Shift"))
    qtbot.keyClick(view.canvas, Qt.Key.Key_Left, alt)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Down, alt | ctrl)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right, alt | shift)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right)
    assert [box for _, box in changed] == [Box(39, 30, 20, 16), Box(40, 40, 20, 16), Box(40, 30, 21, 16)]


def test_ctrl_wheel_zooms_at_the_mouse_and_the_wheel_steps(qtbot, view):
    steps = collect(view.canvas.stepped)
    place = QPoint(200, 150)
    pixel, before = view.canvas.viewport.to_picture(QPointF(place)), view.canvas.viewport.zoom
    wheel(view, place, 240, Qt.KeyboardModifier.ControlModifier)
    assert view.canvas.viewport.zoom == pytest.approx(before * 2**0.5)
    assert (view.canvas.viewport.to_picture(QPointF(place)) - pixel).manhattanLength() < 1e-6
    wheel(view, place, -120, Qt.KeyboardModifier.NoModifier)
    wheel(view, place, 60, Qt.KeyboardModifier.NoModifier)
    assert steps == [1]
    wheel(view, place, 60, Qt.KeyboardModifier.NoModifier)
    assert steps == [1, -1]


def test_the_middle_button_pans_and_fit_comes_back(qtbot, view):
    view.canvas.zoom_to(6.0)
    origin = QPointF(view.canvas.viewport.origin)
    place = view.canvas.rect().center()
    middle, none = Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier
    qtbot.mousePress(view.canvas, middle, none, place)
    send_move(view.canvas, place + QPoint(30, -20), middle, none)
    qtbot.mouseRelease(view.canvas, middle, none, place + QPoint(30, -20))
    assert view.canvas.viewport.origin - origin == QPointF(30, -20)
    view.canvas.fit()
    rect = view.canvas.viewport.picture_rect
    assert (rect.center() - view.canvas.rect().toRectF().center()).manhattanLength() < 1
    assert rect.width() == pytest.approx(view.canvas.width(), abs=1)


@pytest.mark.parametrize("zoom", [0.3, 1.0, 4.0, 20.0])
def test_the_pixels_on_the_screen_are_those_of_the_frame(qtbot, view, zoom):
    view.canvas.zoom_to(zoom)
    view.canvas.set_grid(False)
    image = view.canvas.grab().toImage()
    shown = view.canvas.viewport
    area = shown.picture_rect.intersected(view.canvas.rect().toRectF())
    for x, y in ((80.5, 50.5), (75.5, 46.5), (85.5, 52.5)):
        place = shown.to_widget(QPointF(x, y))
        assert area.contains(place)
        color = image.pixelColor(place.toPoint())
        assert (color.red(), color.green()) == pytest.approx((x, y), abs=2 if zoom < 4 else 1)


def test_a_picture_of_another_size_is_fitted_again(qtbot, view):
    view.canvas.set_picture(np.zeros((400, 100, 3), np.uint8))
    assert view.canvas.viewport.picture_rect.height() == pytest.approx(view.canvas.height(), abs=1)
    view.canvas.resize(300, 200)
    assert view.canvas.viewport.picture_rect.height() == pytest.approx(200, abs=1)


def test_a_smaller_picture_is_drawn_where_all_pixels_have_no_room(qtbot, view):
    large, small = np.zeros((2000, 3000, 3), np.uint8), np.full((500, 750, 3), 200, np.uint8)
    view.canvas.set_picture(large, small)
    middle = view.canvas.rect().center()
    assert view.canvas.viewport.zoom < 0.25
    assert view.canvas.grab().toImage().pixelColor(middle).red() == 200
    rect = view.canvas.viewport.picture_rect
    image = view.canvas.grab().toImage()
    assert image.pixelColor(int(rect.left()) + 2, int(rect.top()) + 2).red() == 200
    assert image.pixelColor(int(rect.right()) - 2, int(rect.bottom()) - 2).red() == 200
    view.canvas.zoom_to(1.0)
    assert view.canvas.grab().toImage().pixelColor(middle).red() == 0
