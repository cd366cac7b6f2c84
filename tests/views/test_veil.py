"""A map over the frame: where it lies, at any zoom, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from studio.core.geometry import Box
from studio.state.veil import Veil, veil_over
from studio.views.video import VideoView

RED = 0xFFFF0000


@pytest.fixture
def canvas(qtbot):
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(700, 560)
    view.show()
    view.canvas.set_picture(np.zeros((100, 160, 3), np.uint8))
    view.show_canvas()
    QApplication.sendPostedEvents()
    yield view.canvas


def color(canvas, x, y):
    """Of the pixel of the widget at a point of the picture."""
    place = canvas.viewport.to_widget(QPointF(x, y)).toPoint()
    return canvas.grab().toImage().pixelColor(place).getRgb()[:3]


def veil(pixels, box, opacity=1.0, mark=None):
    return Veil("maps", 1, 0, pixels, box, opacity, mark)


def checks():
    pixels = np.zeros((2, 4), np.uint32)
    pixels[0, 3] = pixels[1, 0] = RED
    return pixels


@pytest.mark.parametrize("zoom", [None, 1.0, 5.0])
def test_cells_lie_where_they_belong_at_any_zoom(canvas, zoom):
    if zoom is not None:
        canvas.zoom_to(zoom)
    canvas.set_veil(veil(checks(), Box(40, 30, 80, 40)))
    assert color(canvas, 110, 38) == (255, 0, 0)
    assert color(canvas, 48, 62) == (255, 0, 0)
    assert color(canvas, 48, 38)[0] < 60 and color(canvas, 80, 62)[0] < 60
    assert color(canvas, 38, 62)[0] < 30 if zoom != 5.0 else True


def test_it_ends_with_the_picture_and_follows_its_opacity(canvas):
    whole = np.full((2, 2), RED, np.uint32)
    canvas.set_veil(veil(whole, Box(-20, -20, 220, 160), 0.5))
    assert color(canvas, 80, 50)[0] == pytest.approx(128, abs=2)
    above = (canvas.viewport.picture_rect.topLeft() + QPointF(40, -4)).toPoint()
    veiled = canvas.grab().toImage().pixelColor(above)
    canvas.set_veil(None)
    assert above.y() > 0 and veiled == canvas.grab().toImage().pixelColor(above)
    assert color(canvas, 80, 50) == (0, 0, 0)


def test_a_receptive_field_is_marked_without_a_map(canvas):
    canvas.set_veil(veil(None, Box(0, 0, 160, 100), mark=Box(40, 30, 80, 40)))
    assert max(color(canvas, 40, 50)) > 100  # its left edge
    assert color(canvas, 80, 50) == (0, 0, 0)


def test_a_veil_belongs_to_its_frame_unless_the_picture_moves():
    one = veil(None, Box(0, 0, 1, 1))
    assert veil_over(one, 1, 0, False) is one
    assert veil_over(one, 1, 3, False) is None
    assert veil_over(one, 1, 3, True) is one
    assert veil_over(one, 2, 0, True) is None
    assert veil_over(None, 1, 0, True) is None
