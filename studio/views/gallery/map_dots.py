"""Dots on a plane that can be moved and enlarged: where each is, which one is meant, and the picture of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF

from studio.views.gallery.map_picture import Pixels, blank, mixed, paint
from studio.views.theme import current
from studio.views.video.viewport import Viewport

_SIDE = 1000.0  # units of the longer side of the map
_EDGE = 0.06  # of it, left free around
_FAINT = 0.22  # of the colour of a dot that the filter line does not find
_NEAR = 10.0  # pixels from a dot that still mean it
_RING = 2.2  # pixels around a selected dot
_MANY = 20_000  # selected dots, each of which has a thin ring of its own, which is faster


@dataclass(frozen=True, eq=False)
class Dots:
    """What is shown.

    Attributes:
        points: float32 `(n, 2)` in any unit.
        classes: uint8 `(n,)`.
        colors: "#rrggbb" by class.
        found: bool `(n,)`: the others are faint and cannot be picked.
    """

    points: NDArray[np.float32]
    classes: NDArray[np.uint8]
    colors: tuple[str, ...]
    found: NDArray[np.bool_]


NOTHING = Dots(np.zeros((0, 2), np.float32), np.zeros(0, np.uint8), (), np.zeros(0, bool))


class DotCloud:
    """The dots in a widget.

    Attributes:
        dots: what is shown.
        selected: bool `(n,)`.
        viewport: which part of it is seen, how large.
    """

    def __init__(self) -> None:
        self.dots = NOTHING
        self.selected = np.zeros(0, bool)
        self.viewport = Viewport()
        self._units = NOTHING.points
        self._order = np.zeros(0, np.intp)
        self._map, self._widget = QSizeF(_SIDE, _SIDE), QSizeF(1, 1)

    def set_dots(self, dots: Dots) -> None:
        """Show these; none of them is selected."""
        if len(dots.points) != len(self.dots.points):
            self._order = _mixed_up(len(dots.points))  # else one label covers the others
        self.dots = dots
        self.selected = np.zeros(len(dots.points), bool)
        self._units, self._map = _in_units(dots.points)
        self.viewport.set_sizes(self._map, self._widget)

    def set_size(self, size: QSize) -> None:
        """Of the widget."""
        self._widget = QSizeF(size)
        self.viewport.set_sizes(self._map, self._widget)

    @property
    def radius(self) -> float:
        """Of a dot, in pixels: small where there are many, larger where the map was enlarged."""
        fitting = min(self._widget.width() / self._map.width(), self._widget.height() / self._map.height())
        enlarged = max(self.viewport.zoom / max(fitting, 1e-6), 1.0)
        return float(np.clip(9.0 * max(len(self._units), 1) ** -0.17 * enlarged**0.4, 1.2, 7.0))

    def places(self) -> NDArray[np.float32]:
        """`(n, 2)` in the widget."""
        origin = np.array([self.viewport.origin.x(), self.viewport.origin.y()], np.float32)
        return self._units * np.float32(self.viewport.zoom) + origin

    def place(self, row: int) -> QPointF:
        """Of one dot in the widget."""
        return self.viewport.to_widget(QPointF(*self._units[row].tolist()))

    def nearest(self, place: QPointF) -> int:
        """The row of the dot that is found nearest to `place`, -1 where none is near."""
        rows = np.flatnonzero(self.dots.found)
        if not len(rows):
            return -1
        away = self.places()[rows] - np.array([place.x(), place.y()], np.float32)
        squares = np.einsum("ij,ij->i", away, away)
        best = int(squares.argmin())
        return int(rows[best]) if squares[best] <= max(_NEAR, self.radius + 2) ** 2 else -1

    def inside(self, lasso: QPolygonF) -> NDArray[np.bool_]:
        """Which dots that are found and seen lie in it, `(n,)`: it is filled in, and each looks at its pixel."""
        mask = QImage(self._widget.toSize(), QImage.Format.Format_Grayscale8)
        mask.fill(0)
        painter = QPainter(mask)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("white"))
        painter.drawPolygon(lasso, Qt.FillRule.WindingFill)
        painter.end()
        pixels = np.frombuffer(mask.constBits(), np.uint8).reshape(mask.height(), mask.bytesPerLine())
        whole = np.floor(self.places()).astype(np.int32)
        found = self.dots.found & ((whole >= 0) & (whole < (mask.width(), mask.height()))).all(1)
        found[found] = pixels[whole[found, 1], whole[found, 0]] > 0
        return found

    def picture(self, ratio: float) -> Pixels:
        """All that is seen, `ratio` pixels for each of the widget: first what is not found, last what is selected."""
        theme, dots, radius = current(), self.dots, self.radius
        ground = QColor(theme.base)
        size = self._widget.toSize() * ratio
        made = blank(size.width(), size.height(), ground)
        full = [QColor(color) for color in dots.colors]
        faint = [mixed(color, ground, _FAINT) for color in full]
        places = self.places() * np.float32(ratio)
        apart, text = (0.8 if radius > 1.5 else 0.0), QColor(theme.text)
        layers = [
            (~dots.found & ~self.selected, faint, ground, apart),
            (~dots.found & self.selected, faint, text, _RING),
            (dots.found & ~self.selected, full, ground, apart),
        ]
        chosen = dots.found & self.selected
        if chosen.sum() > _MANY:
            layers += [(chosen, full, text, 1.0)]
        else:  # all rings lie under all dots, so that a group has one around it
            layers += [(chosen, [text] * len(full), text, _RING), (chosen, full, ground, apart)]
        for chosen, colors, rim, width in layers:
            rows = self._order[chosen[self._order]]
            if len(rows):
                paint(made, places[rows], dots.classes[rows], colors, radius * ratio, rim, width * ratio)
        return made


def _mixed_up(count: int) -> NDArray[np.intp]:
    """The numbers below `count` in an order that looks random (Knuth's multiplicative hash), the same each time."""
    return np.argsort(np.arange(count, dtype=np.uint32) * np.uint32(2654435761))


def _in_units(points: NDArray[np.float32]) -> tuple[NDArray[np.float32], QSizeF]:
    """The points as the picture of a viewport, `(n, 2)`, and its size; y goes down."""
    if not len(points):
        return points, QSizeF(_SIDE, _SIDE)
    least, most = points.min(0), points.max(0)
    scale = _SIDE / max(float((most - least).max()), 1e-12)
    edge = _EDGE * _SIDE
    units = (points - least) * np.float32(scale) + np.float32(edge)
    width, height = ((most - least) * scale + 2 * edge).tolist()
    return units, QSizeF(width, height)
