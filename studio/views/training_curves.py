"""Curves of a run: loss and accuracy by epoch, of training and of validation.

Importing this takes a third of a second (pyqtgraph), so it is done on a worker before the first curve is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.views.theme import current


class Epoch(Protocol):
    """A line of a run's metrics."""

    @property
    def epoch(self) -> int: ...
    @property
    def loss(self) -> float: ...
    @property
    def accuracy(self) -> float | None: ...
    @property
    def validation_loss(self) -> float | None: ...
    @property
    def validation_accuracy(self) -> float | None: ...


class RunCurves(QWidget):
    """Two plots, one above the other: the loss, and the share that was right; validation is the full line."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("run.curves")
        self._plots = [_plot("loss"), _plot("accuracy")]
        self._lines = [(plot.plot(), plot.plot()) for plot in self._plots]  # training, validation
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for plot in self._plots:
            column.addWidget(plot)
        self._colour()

    def set_epochs(self, epochs: Sequence[Epoch]) -> None:
        """Show these epochs, in order."""
        numbers = [each.epoch for each in epochs]
        values: tuple[tuple[list[float | None], list[float | None]], ...] = (
            ([each.loss for each in epochs], [each.validation_loss for each in epochs]),
            ([each.accuracy for each in epochs], [each.validation_accuracy for each in epochs]),
        )
        for lines, pair in zip(self._lines, values, strict=True):
            for line, numbers_of in zip(lines, pair, strict=True):
                known = [(x, y) for x, y in zip(numbers, numbers_of, strict=True) if y is not None and np.isfinite(y)]
                line.setData([x for x, _ in known], [y for _, y in known], symbol="o" if len(known) == 1 else None)

    def sizeHint(self) -> QSize:
        return QSize(280, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 180)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        theme = current()
        for plot, (training, validation) in zip(self._plots, self._lines, strict=True):
            plot.setBackground(theme.base)
            for name in ("left", "bottom"):
                axis = plot.getPlotItem().getAxis(name)
                axis.setPen(pg.mkPen(theme.line))
                axis.setTextPen(pg.mkPen(theme.dim))
                axis.setStyle(tickLength=4)
            training.setPen(pg.mkPen(theme.dim, width=1.5, style=Qt.PenStyle.DashLine))
            validation.setPen(pg.mkPen(theme.accent, width=2))
            for line, color in ((training, theme.dim), (validation, theme.accent)):
                line.setSymbolBrush(pg.mkBrush(color))
                line.setSymbolPen(pg.mkPen(None))


def _plot(title: str) -> pg.PlotWidget:
    plot = pg.PlotWidget()
    item = plot.getPlotItem()
    item.setMenuEnabled(False)
    item.hideButtons()
    item.setMouseEnabled(False, False)
    item.setLabel("left", title)
    item.getAxis("left").enableAutoSIPrefix(False)  # a loss is no length
    item.getAxis("left").setWidth(52)  # both plots begin at the same place
    item.getAxis("bottom").setHeight(20)
    item.setContentsMargins(0, 8, 8, 0)  # the uppermost number is not cut
    return plot
