"""The arithmetic behind one pixel: patch × kernel = value, as a small table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.core.kernels.chain import Convolve
from studio.views.features.kernel_grid import COLD, STRONGEST, WARM
from studio.views.features.kernel_steps import signed
from studio.views.features.numbers import short, written
from studio.views.named import named

if TYPE_CHECKING:
    from studio.core.kernels.explaining import Explanation  # brings OpenCV, which the first window does without

SHARE = 0.85  # of the usual font's size
GAP = 10.0  # pixels between the tables
MOST = 8  # rows and columns of a table
CHANNELS = {1: ("",), 3: ("red", "green", "blue")}
Paint = Callable[[float], tuple[QColor, QColor]]  # of a number: the cell's colour and the ink's
HINT = "Point at a pixel of the result: here is how it comes about."


class SumView(QWidget):
    """One channel's patch and kernel as tables, the way to the value in a line, the values of all channels below."""

    def __init__(self) -> None:
        super().__init__()
        self.table = _Tables()
        self.line = named(QLabel(HINT, wordWrap=True), "kernel.sum")
        self.line.setProperty("role", "dim")
        self.line.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.table)
        column.addWidget(self.line)

    def set_explanations(self, channels: Sequence[Explanation], saturating: bool) -> None:
        """How the value of each channel came about; none where nothing is pointed at.

        The channel with the largest value is the one in the tables.
        """
        if not channels:
            self.table.set_tables(None, None, saturating)
            self.line.setText(HINT)
            return
        shown = max(range(len(channels)), key=lambda number: abs(channels[number].value))
        explained, name = channels[shown], CHANNELS[len(channels)][shown]
        strongest = int(np.argmax(np.abs(explained.sums)))
        self.table.set_tables(explained.patches[strongest], explained.kernel, saturating)
        self.line.setText(sentence(channels, name, explained, strongest))

    def clear_table(self) -> None:
        """Nothing is computed, so that nothing is to explain."""
        self.set_explanations((), True)


def sentence(channels: Sequence[Explanation], name: str, explained: Explanation, strongest: int) -> str:
    """ "Σ 0.31 × 3 − 1 = −0.07 → 0 (red)"."""
    parts = []
    if len(explained.sums) > 1:
        terms = " + ".join(written(each) for each in explained.sums)
        parts.append(f"map {strongest + 1} of {len(explained.sums)} above; {terms}")
    if (side := len(explained.patches[0])) > MOST:
        parts.append(f"above the upper left {MOST} × {MOST} of {side} × {side}")
    total, raw, value = sum(explained.sums), explained.raw, explained.value
    step = explained.step
    line = f"Σ = {written(total)}" if isinstance(step, Convolve) else written(total)
    if isinstance(step, Convolve) and (step.scale, step.bias) != (1, 0):
        line += f"; × {written(step.scale)}{signed(step.bias)} = {written(raw)}"
    if abs(value - (raw if isinstance(step, Convolve) else total)) > 1e-6 * max(abs(raw), 1):
        line += f" → {written(value)}"
    parts.append(line + (f" ({name})" if name else ""))
    if len(channels) > 1:
        parts.append("red, green, blue: " + ", ".join(written(each.value) for each in channels))
    return "\n".join(parts)


class _Tables(QWidget):
    """The patch, ×, the kernel; beside each other where there is room, else one below the other."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("kernel.tables")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._patch: NDArray[np.float64] | None = None
        self._kernel: NDArray[np.float64] | None = None
        self._saturating = True
        # Rows that are kept free, whether for a kernel too, its widest number: nothing jumps where the mouse leaves.
        self._reserved, self._two, self._longest = 3, True, "−0.00"

    def set_tables(
        self, patch: NDArray[np.float64] | None, kernel: NDArray[np.float64] | None, saturating: bool
    ) -> None:
        self._patch, self._kernel, self._saturating = patch, kernel, saturating
        if patch is not None:
            numbers = [] if kernel is None else kernel.ravel().tolist()
            needed = min(len(patch), MOST), kernel is not None, max(["−0.00", *map(short, numbers)], key=len)
            if needed != (self._reserved, self._two, self._longest):
                self._reserved, self._two, self._longest = needed
                self.updateGeometry()
        self.update()

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * SHARE)
        return font

    def _cell(self) -> QSize:
        metrics = QFontMetricsF(self._font())
        widest = max(metrics.horizontalAdvance(self._longest) + 4, 24)
        return QSize(round(min(widest, self.width() / max(self._reserved, 3))), round(1.35 * metrics.height()))

    def _below(self) -> bool:
        """Whether the kernel stands below the patch."""
        return self._two and 2 * self._reserved * self._cell().width() + 3 * GAP > self.width()

    def resizeEvent(self, event: object) -> None:
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        rows = self._reserved * (2 if self._below() else 1)
        return QSize(200, round(rows * self._cell().height() + (2 * GAP if self._below() else 0)))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._patch is None:
            return
        painter = QPainter(self)
        painter.setFont(self._font())
        cell = self._cell()
        self._paint(painter, self._patch[:MOST, :MOST], QPointF(0, 0), self._grey, _pixel)
        if self._kernel is None:
            return
        side, times = len(self._patch), self.palette().color(self.foregroundRole())
        painter.setPen(times)
        if self._below():
            gap = QRectF(0, side * cell.height(), side * cell.width(), 2 * GAP)
            corner = QPointF(0, side * cell.height() + 2 * GAP)
        else:
            gap = QRectF(side * cell.width(), 0, 2 * GAP, side * cell.height())
            corner = QPointF(side * cell.width() + 2 * GAP, 0)
        painter.drawText(gap, Qt.AlignmentFlag.AlignCenter, "×")
        self._paint(painter, self._kernel, corner, self._tint, short)

    def _paint(
        self, painter: QPainter, table: NDArray[np.float64], corner: QPointF, color: Paint, text: Callable[[float], str]
    ) -> None:
        cell = self._cell()
        for (row, column), number in np.ndenumerate(table):
            rect = QRectF(corner.x() + column * cell.width(), corner.y() + row * cell.height(), *cell.toTuple())
            fill, ink = color(float(number))
            painter.fillRect(rect.adjusted(0, 0, -1, -1), fill)
            painter.setPen(ink)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text(float(number)))

    def _grey(self, number: float) -> tuple[QColor, QColor]:
        """As bright as the pixel is, and ink that can be read on it."""
        level = round(min(max(number if self._saturating else 255 * number, 0), 255))
        return QColor(level, level, level), QColor(0, 0, 0) if level > 127 else QColor(255, 255, 255)

    def _tint(self, number: float) -> tuple[QColor, QColor]:
        assert self._kernel is not None
        fill = QColor(WARM if number > 0 else COLD)
        fill.setAlpha(round(STRONGEST * abs(number) / (float(np.abs(self._kernel).max()) or 1.0)))
        return fill, self.palette().color(self.foregroundRole())


def _pixel(number: float) -> str:
    """Of two decimals at most, for a narrow cell."""
    return short(number) if number == round(number) or abs(number) >= 10 else f"{number:.2f}".replace("-", "−")
