"""Stages of a network as points: what a crop costs to the right, how good heads on it are upwards.

Importing this takes a third of a second (pyqtgraph), so it is done on a worker before the first plot is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.core.stages import TriedStage, titled
from studio.views.plots import tint
from studio.views.theme import current

SYMBOLS = {"avg": "o", "max": "t1", "grid": "s", "": "d"}  # by pooling; the network's own output has none
SIZE, RING = 11, 21  # pixels
WIDE = 8.0  # from this ratio of times on, they are laid out by their logarithm
TICKS = (1, 2, 5)
LEAST_RANGE = 0.02  # of the scores that are shown: equal ones are no mountains


class ChoicePlot(QWidget):
    """The points, their spread, and a line through those that nothing beats.

    Attributes:
        picked: emitted with the number of a clicked point.
        plot: pyqtgraph's own widget.
    """

    picked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("choice.plot")
        self._tried: Sequence[TriedStage] = ()
        self._chosen = self._used = -1
        self.plot = pg.PlotWidget()
        self._item = item = self.plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.setLabel("left", "average precision")
        self._errors = pg.ErrorBarItem()
        self._front = pg.PlotDataItem(connect="all")
        self._rings = pg.ScatterPlotItem(size=RING, pxMode=True, symbol="o")
        self._points = pg.ScatterPlotItem(size=SIZE, pxMode=True, hoverable=True, tip=None, hoverSize=SIZE + 4)
        self._points.sigClicked.connect(self._on_clicked)
        self._points.sigHovered.connect(self._on_hovered)
        self._label = pg.TextItem(anchor=(0.5, 1.4))
        self._label.hide()
        for part in (self._errors, self._front, self._rings, self._points):
            item.addItem(part)
        item.addItem(self._label, ignoreBounds=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self._colour()

    def set_tried(self, tried: Sequence[TriedStage]) -> None:
        """Show these."""
        self._tried, self._chosen = tuple(tried), -1
        self._label.hide()
        self._arrange()

    def choose(self, number: int) -> None:
        """Mark one, and say what it is; -1 for none."""
        self._chosen = number
        self._say(number)
        self._draw()

    def mark_used(self, number: int) -> None:
        """Put a ring around the one that the next heads use; -1 for none."""
        self._used = number
        self._draw()

    def sizeHint(self) -> QSize:
        return QSize(280, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 130)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    # Where things are ------------------------------------------------------------------------------------------------

    @property
    def _by_logarithm(self) -> bool:
        costs = [each.milliseconds for each in self._tried]
        return bool(costs) and min(costs) > 0 and max(costs) / min(costs) >= WIDE

    def _x(self) -> np.ndarray:
        costs = np.array([each.milliseconds for each in self._tried])
        return np.log10(costs) if self._by_logarithm else costs

    def _y(self) -> np.ndarray:
        return np.array([each.score for each in self._tried])

    def _arrange(self) -> None:
        """Ranges and ticks for the points that there are."""
        if not self._tried:
            return
        x, y = self._x(), self._y()
        spread = np.array([each.spread for each in self._tried])
        across = max(float(np.ptp(x)), 0.1 * abs(float(x.max())), 1e-3)
        left, right = float(x.min()) - 0.12 * across, float(x.max()) + 0.12 * across
        low, high = float((y - spread).min()), min(float((y + spread).max()), 1.0)
        tall = max(high - low, LEAST_RANGE)
        box = self._item.getViewBox()
        box.setRange(
            xRange=(left if self._by_logarithm else max(left, 0.0), right),
            yRange=(high - 1.08 * tall, high + 0.08 * tall),
            padding=0,
        )
        bottom = self._item.getAxis("bottom")
        bottom.setTicks([self._ticks(left, right)] if self._by_logarithm else None)
        self._item.setLabel("bottom", "ms a crop")
        self._errors.setData(x=x, y=y, top=np.minimum(spread, 1.0 - y), bottom=spread, beam=0.0)
        front = sorted((a, b) for a, b, each in zip(x, y, self._tried, strict=True) if each.best)
        self._front.setData([a for a, _ in front], [b for _, b in front])
        self._draw()

    def _ticks(self, left: float, right: float) -> list[tuple[float, str]]:
        decades = range(int(np.floor(left)), int(np.ceil(right)) + 1)
        marks = [step * 10.0**power for power in decades for step in TICKS]
        return [(float(np.log10(mark)), f"{mark:g}") for mark in marks if left <= np.log10(mark) <= right]

    # How they look ---------------------------------------------------------------------------------------------------

    def _colour(self) -> None:
        theme = current()
        tint(self.plot)
        self._errors.setData(pen=pg.mkPen(_faded(theme.dim, 110)))
        self._front.setPen(pg.mkPen(theme.accent, width=1.5, style=Qt.PenStyle.DashLine))
        self._label.setColor(theme.text)
        self._label.fill = pg.mkBrush(_faded(theme.raised, 230))
        self._label.border = pg.mkPen(theme.line)
        self._draw()

    def _draw(self) -> None:
        if not self._tried:
            self._points.clear()
            self._rings.clear()
            return
        theme, x, y = current(), self._x(), self._y()
        pens = [pg.mkPen(theme.accent if each.best else theme.dim, width=1.5) for each in self._tried]
        brushes = [pg.mkBrush(theme.accent if each.best else _faded(theme.dim, 60)) for each in self._tried]
        symbols = [SYMBOLS[each.stage.pooling if each.stage else ""] for each in self._tried]
        numbers = np.arange(len(self._tried))
        self._points.setData(
            x=x, y=y, pen=pens, brush=brushes, symbol=symbols, data=numbers, hoverPen=pg.mkPen(theme.text, width=2)
        )
        marked = [(self._used, theme.good), (self._chosen, theme.text)]
        rings = [(n, color) for n, color in marked if 0 <= n < len(self._tried)]
        self._rings.setData(
            x=x[[n for n, _ in rings]],
            y=y[[n for n, _ in rings]],
            pen=[pg.mkPen(color, width=2) for _, color in rings],
            brush=pg.mkBrush(None),
        )

    def _say(self, number: int) -> None:
        """The label at a point; -1: none."""
        self._label.setVisible(0 <= number < len(self._tried))
        if not 0 <= number < len(self._tried):
            return
        x, y = float(self._x()[number]), float(self._y()[number])
        (left, right), (low, high) = self._item.getViewBox().viewRange()
        across, up = (x - left) / max(right - left, 1e-9), (y - low) / max(high - low, 1e-9)
        # Inside the plot, whichever corner the point is in.
        self._label.setAnchor((min(max(across, 0.0), 1.0), -0.4 if up > 0.5 else 1.4))
        self._label.setText(described(self._tried[number]))
        self._label.setPos(x, y)

    # The mouse -------------------------------------------------------------------------------------------------------

    def _on_clicked(self, _: object, points: Sequence[pg.SpotItem], __: object) -> None:
        if len(points):
            self.picked.emit(int(points[0].data()))

    def _on_hovered(self, _: object, points: Sequence[pg.SpotItem], __: object) -> None:
        self._say(int(points[0].data()) if len(points) else self._chosen)

    def point(self, number: int) -> QPointF:
        """Where a point is drawn, in pixels of the plot."""
        at = QPointF(float(self._x()[number]), float(self._y()[number]))
        place = self._item.getViewBox().mapViewToScene(at)
        return QPointF(self.plot.mapFromScene(place))


def _faded(color: str, alpha: int) -> QColor:
    faded = QColor(color)
    faded.setAlpha(alpha)
    return faded


def described(tried: TriedStage) -> str:
    """ "layer3 · maximum", and below it "0.981 ± 0.010, 0.42 ms"."""
    return f"{titled(tried.stage)}\n{tried.score:.3f} ± {tried.spread:.3f}, {tried.milliseconds:.2g} ms"
