"""What is taken for what: a painted matrix whose cells open their crops."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.core.judging import Judgement
from studio.views.named import named
from studio.views.theme import current

NAMES = 0.36  # of the width, at most, for the names of rows
TALLEST = 9  # letters of the names of columns
WIDEST = 46  # pixels of a cell
_STEPS = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
_NOWHERE = (-1, -1)


class ConfusionMatrix(QWidget):
    """Rows are what crops are, columns what they were taken for. Shows as many labels as there is room for, those those
    most often confused first; arrow keys go through it.

    Attributes:
        cell_chosen: emitted with two indices of labels, what it is and what it was taken for.
        told: emitted with what the cell under the mouse says, "" for none.
        labels_shown: emitted with how many labels are shown.
    """

    cell_chosen = Signal(int, int)
    told = Signal(str)
    labels_shown = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        named(self, "runs.confusion")
        self._judgement: Judgement | None = None
        self._order: NDArray[np.intp] = np.zeros(0, np.intp)  # of the labels, those most often confused first
        self._shown: NDArray[np.intp] = np.zeros(0, np.intp)
        self._longest = 0
        self._at = _NOWHERE
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_judgement(self, judgement: Judgement) -> None:
        """Show this one; labels that neither occur nor were said are left out."""
        self._judgement, self._at = judgement, _NOWHERE
        counts = judgement.confusion
        confused = [label for true, said, _ in judgement.confused() for label in (true, said)]
        known = np.flatnonzero(counts.sum(0) + counts.sum(1)).tolist()
        self._order = np.array(list(dict.fromkeys([*confused, *known])), np.intp)
        self._measure()
        self._choose_shown()
        self.updateGeometry()
        self.update()

    @property
    def count(self) -> int:
        """How many labels are shown."""
        return len(self._shown)

    # Where things are ------------------------------------------------------------------------------------------------

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        count = min(self._fit(width), max(len(self._order), 1))
        return self._top() + count * self._side(width, count) + 1

    def sizeHint(self) -> QSize:
        return QSize(280, self.heightForWidth(280))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 60)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._choose_shown()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._measure()
            self._choose_shown()

    def _least(self) -> int:
        """Pixels of a cell that a name fits beside."""
        return self.fontMetrics().height() + 3

    def _left(self, width: int) -> int:
        return min(self._longest + 10, round(NAMES * width))

    def _top(self) -> int:
        return min(self._longest, TALLEST * self.fontMetrics().averageCharWidth()) + 8

    def _measure(self) -> None:
        """How many pixels the longest name takes."""
        names = [self._judgement.labels[label] for label in self._order[:60]] if self._judgement else []
        self._longest = max(map(self.fontMetrics().horizontalAdvance, names), default=0)

    def _fit(self, width: int) -> int:
        return max((width - self._left(width) - 1) // self._least(), 2)

    def _side(self, width: int, count: int) -> int:
        return min(max((width - self._left(width) - 1) // max(count, 1), 4), WIDEST)

    def _choose_shown(self) -> None:
        shown = np.sort(self._order[: self._fit(self.width())])
        if len(shown) != len(self._shown):
            self._at = _NOWHERE
        self._shown = shown
        self.labels_shown.emit(len(shown))

    def cell(self, row: int, column: int) -> QRect:
        """Where the cell of two shown labels is."""
        side = self._side(self.width(), len(self._shown))
        return QRect(self._left(self.width()) + column * side, self._top() + row * side, side, side)

    def _cell_at(self, place: QPoint) -> tuple[int, int]:
        side, count = self._side(self.width(), len(self._shown)), len(self._shown)
        across, down = place.x() - self._left(self.width()), place.y() - self._top()
        row, column = down // side, across // side
        return (row, column) if 0 <= row < count and 0 <= column < count else _NOWHERE

    # How it looks ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._judgement is None:
            return
        painter = QPainter(self)
        counts = self._judgement.confusion
        totals = np.maximum(counts.sum(axis=1), 1)
        for row, true in enumerate(self._shown):
            for column, said in enumerate(self._shown):
                count = int(counts[true, said])
                self._paint_cell(painter, self.cell(row, column), count, count / totals[true], true == said)
        self._paint_names(painter)
        if self._at != _NOWHERE:
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 2 if self.hasFocus() else 1))
            painter.drawRect(self.cell(*self._at).adjusted(1, 1, -1, -1))

    def _paint_cell(self, painter: QPainter, place: QRect, count: int, share: float, right: bool) -> None:
        theme = current()
        inner = place.adjusted(0, 0, -1, -1)
        painter.fillRect(inner, QColor(theme.raised))
        if not count:
            return
        color = QColor(theme.good if right else theme.bad)
        color.setAlphaF(0.2 + 0.6 * share)
        painter.fillRect(inner, color)
        text = f"{count:,}"
        if painter.fontMetrics().horizontalAdvance(text) < inner.width() - 1:
            painter.setPen(QColor(theme.text))
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_names(self, painter: QPainter) -> None:
        assert self._judgement is not None
        theme, metrics = current(), painter.fontMetrics()
        left, top = self._left(self.width()), self._top()
        for place, label in enumerate(self._shown):
            name, side = self._judgement.labels[label], self.cell(place, place)
            painter.setPen(QColor(theme.text if place == self._at[0] else theme.dim))
            room = QRect(0, side.top(), left - 6, side.height())
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room.width())
            painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), text)
            painter.setPen(QColor(theme.text if place == self._at[1] else theme.dim))
            painter.save()
            painter.translate(side.left(), top - 4)
            painter.rotate(-90)
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, top - 4)
            column = QRect(0, 0, top - 4, side.width())
            painter.drawText(column, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
            painter.restore()

    # What it says ----------------------------------------------------------------------------------------------------

    def says(self, row: int, column: int) -> str:
        """Of a cell: "3 of 12 dog were taken for cup"."""
        if self._judgement is None or (row, column) == _NOWHERE:
            return ""
        true, said = int(self._shown[row]), int(self._shown[column])
        names, counts = self._judgement.labels, self._judgement.confusion
        count, total = int(counts[true, said]), int(counts[true].sum())
        if not total:
            return f"no crop of {names[true]} to judge by"
        if true == said:
            return f"{count:,} of {total:,} {names[true]} were recognised"
        return f"{count:,} of {total:,} {names[true]} were taken for {names[said]}"

    def _go(self, at: tuple[int, int]) -> None:
        if at != self._at:
            self._at = at
            self.told.emit(self.says(*at))
            self.update()

    def _choose(self) -> None:
        if self._at != _NOWHERE and self._judgement is not None:
            true, said = int(self._shown[self._at[0]]), int(self._shown[self._at[1]])
            if self._judgement.confusion[true, said]:
                self.cell_chosen.emit(true, said)

    # Mouse and keys --------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.says(*self._cell_at(event.pos())), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._cell_at(event.position().toPoint())
        self._go(at)
        self.setCursor(Qt.CursorShape.PointingHandCursor if at != _NOWHERE else Qt.CursorShape.ArrowCursor)

    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasFocus():
            self._go(_NOWHERE)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(self._cell_at(event.position().toPoint()))
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _STEPS and len(self._shown):
            down, across = _STEPS[Qt.Key(event.key())]
            row, column = max(self._at[0], 0) + down, max(self._at[1], 0) + across
            last = len(self._shown) - 1
            self._go((min(max(row, 0), last), min(max(column, 0), last)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()
