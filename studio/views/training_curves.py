"""Curves of a run: loss and accuracy by epoch, of training and of validation.

Importing this takes a third of a second (pyqtgraph), so it is done on a worker before the first curve is wanted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.views.plots import tint
from studio.views.theme import current

TICKS = 8  # at most; epochs are whole


class RunCurve(QWidget):
    """One value of a run, epoch by epoch; validation is the full line."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setObjectName(f"run.curve.{title}")
        self._plot = _plot(title)
        self._training, self._validation = self._plot.plot(), self._plot.plot()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._plot)
        self._colour()

    def set_values(self, training: Sequence[float | None], validation: Sequence[float | None]) -> None:
        """Show the values of the epochs from 1 on; None where one is not known."""
        for line, values in ((self._training, training), (self._validation, validation)):
            known = [(epoch, y) for epoch, y in enumerate(values, 1) if y is not None and np.isfinite(y)]
            line.setData([x for x, _ in known], [y for _, y in known], symbol="o" if len(known) == 1 else None)
        step = max(math.ceil(len(training) / TICKS), 1)
        ticks = [(float(epoch), str(epoch)) for epoch in range(step, len(training) + 1, step)]
        self._plot.getPlotItem().getAxis("bottom").setTicks([ticks])

    @property
    def shown(self) -> list[tuple[list[float], list[float]]]:
        """The epochs and values of both lines, training first."""
        lines = (line.getData() for line in (self._training, self._validation))
        return [([], []) if x is None else (list(x), list(y)) for x, y in lines]

    def sizeHint(self) -> QSize:
        return QSize(280, 110)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 90)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        theme = current()
        tint(self._plot)
        self._training.setPen(pg.mkPen(theme.dim, width=1.5, style=Qt.PenStyle.DashLine))
        self._validation.setPen(pg.mkPen(theme.accent, width=2))
        for line, color in ((self._training, theme.dim), (self._validation, theme.accent)):
            line.setSymbolBrush(pg.mkBrush(color))
            line.setSymbolPen(pg.mkPen(None))


def _plot(title: str) -> pg.PlotWidget:
    plot = pg.PlotWidget()
    item = plot.getPlotItem()
    item.setMenuEnabled(False)
    item.hideButtons()
    item.setMouseEnabled(False, False)
    item.getAxis("left").enableAutoSIPrefix(False)  # a loss is no length
    item.setLabel("left", title)
    item.getAxis("left").setWidth(52)  # plots one above the other begin at the same place
    item.getAxis("bottom").setHeight(20)
    item.setContentsMargins(0, 8, 8, 0)  # the uppermost number is not cut
    return plot
