"""The precision–recall curve. Importing this takes a third of a second (pyqtgraph): a worker does it first."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.core.judging import Curve
from studio.views.named import named
from studio.views.plots import tint
from studio.views.theme import current

POINT = 11  # pixels


class CurvePlot(QWidget):
    """Recall to the right, precision upwards, and where a threshold is on it.

    Attributes:
        plot: pyqtgraph's own widget.
    """

    def __init__(self) -> None:
        super().__init__()
        named(self, "runs.curve.plot")
        self.plot = pg.PlotWidget()
        self._item = item = self.plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(False, False)
        item.setLabel("left", "precision")
        item.setLabel("bottom", "recall")
        item.getViewBox().setRange(xRange=(0, 1.03), yRange=(0, 1.03), padding=0)
        self._line, self._point = pg.PlotDataItem(), pg.ScatterPlotItem(size=POINT, pxMode=True)
        item.addItem(self._line)
        item.addItem(self._point)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self._colour()

    def set_curve(self, curve: Curve) -> None:
        """Show this one."""
        self._line.setData(np.append(0.0, curve.recall), np.append(curve.precision[:1], curve.precision))

    def set_point(self, recall: float, precision: float, there: bool) -> None:
        """Where the threshold is; not `there`: nothing reaches it."""
        self._point.setData([recall] if there else [], [precision] if there else [])

    def sizeHint(self) -> QSize:
        return QSize(280, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 160)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        theme = current()
        tint(self.plot)
        self._line.setPen(pg.mkPen(theme.accent, width=2))
        under = QColor(theme.accent)
        under.setAlpha(30)
        self._line.setFillLevel(0.0)
        self._line.setBrush(pg.mkBrush(under))
        self._point.setPen(pg.mkPen(theme.base, width=2))
        self._point.setBrush(pg.mkBrush(theme.text))
        self.plot.setCursor(Qt.CursorShape.ArrowCursor)
