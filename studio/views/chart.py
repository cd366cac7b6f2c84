"""A small chart of lines, painted: it is there at once, where a plot of pyqtgraph takes a frame or two to be made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from studio.views.theme import current

Points = Sequence[tuple[float, float]]
Range = tuple[float, float]

POINT = 4.5  # pixels of the radius of the point that is pointed at
LEFT = 52  # pixels, at least: charts one above the other begin at the same place
_ROUND = (1.0, 2.0, 5.0, 10.0)


class Line(NamedTuple):
    """A line of a chart.

    Attributes:
        points: x and y, finite, from left to right.
        main: solid and in the accent's colour, else dashed and dim.
        filled: down to the lower end of the chart.
    """

    points: Points
    main: bool = True
    filled: bool = False


class Chart(QWidget):
    """Lines over numbers, with round numbers at both axes."""

    def __init__(self, below: str, beside: str) -> None:
        """`below` and `beside` say what the axes are; "" says nothing, and takes no place."""
        super().__init__()
        self._titles = below, beside
        self._lines: Sequence[Line] = ()
        self._point: tuple[float, float] | None = None
        self._ranges: tuple[Range, Range] = (0.0, 1.0), (0.0, 1.0)
        self._whole = False

    def set_lines(self, lines: Sequence[Line], across: Range, up: Range, *, whole: bool = False) -> None:
        """Show these between the ends of both axes; `whole`: there is nothing between two whole numbers across."""
        self._lines, self._ranges, self._whole = lines, (_wide(across), _wide(up)), whole
        self.update()

    def set_point(self, point: tuple[float, float] | None) -> None:
        """A point that is pointed at; None for none."""
        self._point = point
        self.update()

    @property
    def lines(self) -> Sequence[Line]:
        """What is shown."""
        return self._lines

    @property
    def point(self) -> tuple[float, float] | None:
        """The one that is pointed at."""
        return self._point

    def sizeHint(self) -> QSize:
        return QSize(280, 110)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 90)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(current().base))
        ups = ticks(self._ranges[1], max(self.height() // (2 * self.fontMetrics().height()), 2))
        place = self._place(ups)
        self._paint_axes(painter, place, ups)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line in self._lines:
            self._paint_line(painter, place, line)
        if self._point is not None:
            painter.setPen(QPen(QColor(current().base), 2))
            painter.setBrush(QColor(current().text))
            painter.drawEllipse(self._at(place, self._point), POINT + 1, POINT + 1)

    def _place(self, ups: Sequence[float]) -> QRectF:
        """Where the lines are."""
        metrics, (below, beside) = self.fontMetrics(), self._titles
        names = max((metrics.horizontalAdvance(written(tick)) for tick in ups), default=0)
        left = max(LEFT, names + 10 + (metrics.height() if beside else 0))
        under = metrics.height() * (2 if below else 1) + 6
        return QRectF(left, 8, max(self.width() - left - 12, 10), max(self.height() - under - 8, 10))

    def _at(self, place: QRectF, point: tuple[float, float]) -> QPointF:
        (left, right), (low, high) = self._ranges
        x, y = (point[0] - left) / (right - left), (point[1] - low) / (high - low)
        return QPointF(place.left() + x * place.width(), place.bottom() - y * place.height())

    def _paint_axes(self, painter: QPainter, place: QRectF, ups: Sequence[float]) -> None:
        theme, metrics = current(), painter.fontMetrics()
        left, low = self._ranges[0][0], self._ranges[1][0]
        letters = metrics.horizontalAdvance("0000")
        across = ticks(self._ranges[0], max(int(place.width()) // (2 * letters), 2), self._whole)
        painter.setPen(QColor(theme.line))
        painter.drawLine(place.bottomLeft(), place.bottomRight())
        for tick in ups:
            height = self._at(place, (left, tick)).y()
            painter.drawLine(QPointF(place.left(), height), QPointF(place.right(), height))
        painter.setPen(QColor(theme.dim))
        for tick in ups:
            height = self._at(place, (left, tick)).y()
            room = QRectF(0, height - metrics.height() / 2, place.left() - 6, metrics.height())
            painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), written(tick))
        for tick in across:
            width = metrics.horizontalAdvance(written(tick))
            start = self._at(place, (tick, low)).x() - width / 2
            under = QPointF(min(start, self.width() - width), place.bottom() + 3 + metrics.ascent())
            painter.drawText(under, written(tick))  # the last one is not cut
        self._paint_titles(painter, place)

    def _paint_titles(self, painter: QPainter, place: QRectF) -> None:
        (below, beside), high = self._titles, painter.fontMetrics().height()
        room = QRectF(place.left(), self.height() - high - 2, place.width(), high)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), below)
        painter.save()
        painter.translate(2, place.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, place.height(), high), int(Qt.AlignmentFlag.AlignCenter), beside)
        painter.restore()

    def _paint_line(self, painter: QPainter, place: QRectF, line: Line) -> None:
        theme = current()
        color = QColor(theme.accent if line.main else theme.dim)
        points = [self._at(place, point) for point in line.points]
        if line.filled and points:
            under = QColor(color)
            under.setAlpha(30)
            ends = [QPointF(points[-1].x(), place.bottom()), QPointF(points[0].x(), place.bottom())]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(under)
            painter.drawPolygon(QPolygonF([*points, *ends]))
        if len(points) == 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(points[0], POINT, POINT)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(
            QPen(color, 2 if line.main else 1.5, Qt.PenStyle.SolidLine if line.main else Qt.PenStyle.DashLine)
        )
        painter.drawPolyline(QPolygonF(points))


def ticks(between: Range, most: int, whole: bool = False) -> list[float]:
    """Round numbers between both ends, at most so many: steps of 1, 2 or 5 times a power of ten."""
    low, high = between
    least = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(each * power for each in _ROUND if each * power >= least * (1 - 1e-9))
    step = max(step, 1.0) if whole else step
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [0.0 if not place else place * step for place in range(first, last + 1)]


def written(number: float) -> str:
    """A tick as people read it: "0.25", "12", "2e+16"."""
    return f"{number:.3g}" if abs(number) >= 1000 or number != round(number) else f"{number:.0f}"


def _wide(between: Range) -> Range:
    """With something between both ends."""
    low, high = between
    return (low, high) if high > low else (low - 0.5, high + 0.5)
