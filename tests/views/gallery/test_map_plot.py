"""The map's dots: who lies in a lasso, who is picked, what the colours say, what is painted where."""

from __future__ import annotations

import html

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel

from studio.core.gallery.crops import SPLITS
from studio.views.gallery.map import MapView
from studio.views.gallery.map_card import Card
from studio.views.gallery.map_coloring import coloring
from studio.views.gallery.map_dots import Dots
from studio.views.gallery.map_picture import MARGIN, blank, paint
from studio.views.gallery.map_plot import MapPlot
from studio.views.theme import apply_theme
from tests.core.gallery.many_crops import make_crops

NO_BUTTON, LEFT, MIDDLE = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
PLAIN = Qt.KeyboardModifier.NoModifier
SIDE = 400


def dots(points, found=None):
    points = np.asarray(points, np.float32)
    everything = np.ones(len(points), bool) if found is None else found
    return Dots(points, np.zeros(len(points), np.uint8), ("#4c9aff",), everything)


@pytest.fixture
def plot(qtbot, qapp):
    apply_theme(qapp, "dark")
    made = MapPlot()
    qtbot.addWidget(made)
    made.resize(SIDE, SIDE)
    made.show()
    made.seen = []
    made.picked.connect(lambda rows, how: made.seen.append((rows.tolist(), how)))
    return made


def mouse(plot, kind, place, button=NO_BUTTON, buttons=NO_BUTTON, keys=PLAIN):
    QApplication.sendEvent(plot, QMouseEvent(kind, place, plot.mapToGlobal(place), button, buttons, keys))


def draw(plot, places, keys=PLAIN, button=LEFT):
    mouse(plot, QEvent.Type.MouseButtonPress, places[0], button, button, keys)
    for place in places[1:]:
        mouse(plot, QEvent.Type.MouseMove, place, NO_BUTTON, button, keys)
    mouse(plot, QEvent.Type.MouseButtonRelease, places[-1], button, NO_BUTTON, keys)


def test_a_lasso_holds_what_qt_says_lies_in_the_polygon(plot):
    random = np.random.default_rng(0)
    found = random.random(3000) < 0.7
    plot.set_dots(dots(random.normal(size=(3000, 2)), found))
    corners = [QPointF(60, 80), QPointF(350, 40), QPointF(200, 190), QPointF(330, 360), QPointF(90, 300)]
    draw(plot, corners)
    (rows, how) = plot.seen.pop()
    polygon = QPolygonF(corners)
    places = [plot.cloud.place(row) for row in range(3000)]
    inside = np.array([polygon.containsPoint(place, Qt.FillRule.WindingFill) for place in places]) & found
    assert how == "replace" and inside.sum() > 300
    differ = set(rows) ^ set(np.flatnonzero(inside).tolist())
    ends = list(zip(corners, corners[1:] + corners[:1], strict=True))
    assert all(min(distance(places[row], *edge) for edge in ends) < 1.5 for row in differ)  # pixels of the edge
    assert len(differ) < 20


def distance(place, start, end):
    along, there = end - start, place - start
    share = QPointF.dotProduct(along, there) / QPointF.dotProduct(along, along)
    away = there - along * min(max(share, 0.0), 1.0)
    return (away.x() ** 2 + away.y() ** 2) ** 0.5


def test_a_click_picks_the_nearest_and_keys_say_how(plot):
    plot.set_dots(dots([(0, 0), (1, 0), (0, 1), (1, 1)], np.array([True, True, True, False])))
    places = [plot.cloud.place(row) for row in range(4)]
    draw(plot, [places[1] + QPointF(3, 2)])
    draw(plot, [places[2]], Qt.KeyboardModifier.ShiftModifier)
    draw(plot, [places[0]], Qt.KeyboardModifier.ControlModifier)
    draw(plot, [places[3]])  # faint ones cannot be picked
    draw(plot, [QPointF(200, 200)])
    assert plot.seen == [([1], "replace"), ([2], "add"), ([0], "toggle"), ([], "replace"), ([], "replace")]


def test_escape_ends_a_lasso_and_all_can_be_picked(qtbot, plot):
    plot.set_dots(dots(np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 2 == 0))
    mouse(plot, QEvent.Type.MouseButtonPress, QPointF(10, 10), LEFT, LEFT)
    mouse(plot, QEvent.Type.MouseMove, QPointF(390, 10), NO_BUTTON, LEFT)
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    mouse(plot, QEvent.Type.MouseButtonRelease, QPointF(390, 390), LEFT)
    assert plot.seen == []
    qtbot.keyClick(plot, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert plot.seen == [(list(range(0, 50, 2)), "replace")]


def test_the_map_is_enlarged_around_the_mouse_moved_and_fitted(plot):
    plot.set_dots(dots([(-5, -5), (5, 5), (1, 2)]))
    fitted = [plot.cloud.place(row) for row in range(3)]
    assert all(0 < place.x() < SIDE and 0 < place.y() < SIDE for place in fitted)
    none, up = QPoint(), QPoint(0, 240)
    wheel = QWheelEvent(fitted[2], fitted[2], none, up, NO_BUTTON, PLAIN, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(plot, wheel)
    near = plot.cloud.place(2) - fitted[2]
    assert abs(near.x()) + abs(near.y()) < 0.01
    assert plot.cloud.place(1).x() - plot.cloud.place(0).x() > 1.3 * (fitted[1].x() - fitted[0].x())
    before = plot.cloud.place(2)
    draw(plot, [QPointF(100, 100), QPointF(130, 90)], button=MIDDLE)
    assert plot.cloud.place(2) == before + QPointF(30, -10) and plot.seen == []
    plot.fit()
    assert plot.cloud.place(1) == fitted[1]


def test_dots_of_the_same_place_or_none_are_no_trouble(plot):
    for points in (np.zeros((0, 2)), np.zeros((1, 2)), np.ones((5, 2)), [(0, 0), (1e-30, 0)], [(0, 3), (9, 3)]):
        plot.set_dots(dots(points))
        plot.grab()
        draw(plot, [QPointF(1, 1), QPointF(399, 1), QPointF(399, 399), QPointF(1, 399)])
        assert plot.seen.pop() == (list(range(len(points))), "replace")


def test_what_is_found_is_bright_and_what_is_selected_has_a_ring(plot):
    plot.set_dots(dots([(0, 0), (1, 0), (0, 1), (1, 1)], np.array([True, False, True, True])))
    plot.set_selection(np.array([False, False, True, False]))
    image = plot.grab().toImage()
    middle = [image.pixelColor(plot.cloud.place(row).toPoint()) for row in range(4)]
    assert middle[0] == middle[2] == middle[3] == QColor("#4c9aff")
    assert middle[1].blue() < 110
    beside = QPoint(round(plot.cloud.radius + 1), 0)
    ring, plain = (image.pixelColor(plot.cloud.place(row).toPoint() + beside) for row in (2, 0))
    assert ring.lightness() > 150 > 60 > plain.lightness()


def test_dots_cover_those_before_them_and_may_lie_outside():
    ground, colors = QColor("black"), [QColor("#ff0000"), QColor("#00ff00")]
    picture = blank(60, 40, ground)
    places = np.array([(20, 20), (22, 20), (-1e6, 3), (59.6, 39.6), (1e6, 1e6), (-2, -2)], np.float32)
    paint(picture, places, np.array([0, 1, 0, 1, 0, 0], np.uint8), colors, 4.0, ground, 1.0)
    seen = picture[MARGIN:-MARGIN, MARGIN:-MARGIN] & 0xFFFFFF
    assert seen.shape == (40, 60)
    assert seen[20, 22] == seen[20, 20] == 0x00FF00 and seen[20, 17] == 0xFF0000
    assert seen[39, 59] == 0x00FF00 and seen[0, 0] == 0xFF0000 and seen[5, 40] == 0


def test_the_mouse_over_a_dot_is_told_and_a_card_is_drawn(plot):
    plot.set_dots(dots([(0, 0), (1, 1)]))
    rows = []
    plot.hovered.connect(rows.append)
    mouse(plot, QEvent.Type.MouseMove, plot.cloud.place(1) + QPointF(2, 0))
    plain = plot.grab().toImage()
    plot.set_card(Card(None, "cup", "#ff0000", ("a/very/long/name/of/a/clip/that/is/elided.mp4", "frame 3")))
    assert plot.grab().toImage() != plain
    mouse(plot, QEvent.Type.MouseMove, QPointF(200, 200))
    assert rows == [1, -1]


@pytest.mark.parametrize("by", ["label", "split", "doubt", "medium"])
def test_colours_are_of_what_they_say(qapp, by):
    crops = make_crops(500)
    rows = np.arange(500)[::2]
    classes, legend = coloring(crops, rows, by)
    assert [each.crops for each in legend] == np.bincount(classes, minlength=len(legend)).tolist()
    assert len({each.name for each in legend}) == len(legend)
    names = [legend[each].name for each in classes]
    if by == "label":
        assert names == [crops.labels[int(each)].name for each in crops.table.labels[rows]]
    elif by == "medium":
        paths = [crops.media[int(each)].path for each in crops.table.media[rows]]
        assert names == [path.rsplit("/", 1)[-1] for path in paths]
    elif by == "split":
        words = dict(zip(SPLITS, ("no split", "training", "validation", "test"), strict=True))
        assert names == [words[SPLITS[each]] for each in crops.splits[rows]]
    else:
        for name, value in zip(names, crops.measure("doubt")[rows], strict=True):
            if np.isnan(value):
                assert name == "not measured"
            else:
                low, high = name.replace("sure ", "").replace(" undecided", "").split("–")
                assert float(low) - 1e-6 <= value <= float(high) + 1e-6


def test_many_media_share_a_colour():
    crops = make_crops(400)
    table = crops.table
    table.media[:] = np.arange(400) % 25 + 2**60
    classes, legend = coloring(crops, np.arange(400), "medium")
    assert len(legend) == 11 and legend[-1].name == "15 other media" and legend[-1].crops == 15 * 16
    assert (classes == 10).sum() == 15 * 16


def test_the_legend_names_what_it_shows_and_nothing_widens_a_narrow_dock(qtbot, qapp):
    view = MapView()
    qtbot.addWidget(view)
    names = ["<b>cup</b>", "a label with a name so long that nobody would ever write it by hand"]
    lines = coloring(make_crops(90, labels=(*names, *(f"label {n}" for n in range(20)))), np.arange(90), "label").legend
    view.set_legend(lines)
    view.set_there()
    legend = view.findChild(QLabel, "map.legend")
    assert "more:" in legend.text() and "<b>" not in legend.text()
    assert all(html.escape(each.name) in legend.toolTip() for each in lines)
    assert view.minimumSizeHint().width() <= 300
