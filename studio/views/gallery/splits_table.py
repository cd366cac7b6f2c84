"""How many crops of each label are in each split: a small table that is as high as it needs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.gallery.crops import SPLITS
from studio.views.named import named
from studio.views.theme import SPLIT_COLORS

_HEADS = (*SPLITS[1:], "none")
_BAR = 4  # pixels
_MOST = 200  # labels that are drawn


class SplitTable(QWidget):
    """A line for each label: its name, four numbers, and a bar of its shares in the splits' colours."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "splits.table")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.rows: tuple[tuple[str, str, tuple[int, ...]], ...] = ()

    def set_rows(self, rows: Sequence[tuple[str, str, Sequence[int]]]) -> None:
        """Name and colour of each label, and its numbers in the order of `SPLITS`."""
        self.rows = tuple((name, color, tuple(numbers)) for name, color, numbers in rows[:_MOST])
        said = (f"{name}: " + ", ".join(f"{self._number(n, h)} {h}" for h in _HEADS) for name, _, n in self.rows)
        self.setAccessibleDescription("; ".join(said))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, (len(self.rows) + 1) * self._line)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        dim = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
        for column, head in enumerate(_HEADS):
            painter.setPen(dim if head == "none" else QColor(SPLIT_COLORS[head]))
            painter.drawText(self._cell(column, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, head)
        for row, (name, color, numbers) in enumerate(self.rows, 1):
            self._draw(painter, row, name, color, numbers)

    @property
    def _line(self) -> int:
        return self.fontMetrics().height() + 8 + _BAR

    def _draw(self, painter: QPainter, row: int, name: str, color: str, numbers: tuple[int, ...]) -> None:
        text = self.palette().color(QPalette.ColorRole.WindowText)
        dim = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
        metrics, top = self.fontMetrics(), row * self._line
        painter.fillRect(QRect(0, top + self._line // 2 - _BAR, 6, 2 * _BAR - 2), QColor(color))
        room = QRect(12, top, self._cell(0, row).left() - 16, self._line - _BAR)
        painter.setPen(text)
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        for column, head in enumerate(_HEADS):
            number = self._number(numbers, head)
            painter.setPen(text if number else dim)
            at = self._cell(column, row)
            painter.drawText(at, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, _short(number))
        left, whole, total = 12, self.width() - 12, max(sum(numbers), 1)
        for head in _HEADS:
            wide = round(self._number(numbers, head) * whole / total)
            bar = QColor(SPLIT_COLORS[head]) if head in SPLIT_COLORS else self.palette().color(QPalette.ColorRole.Mid)
            painter.fillRect(QRect(left, top + self._line - _BAR - 1, min(wide, self.width() - left), _BAR - 1), bar)
            left += wide

    def _cell(self, column: int, row: int) -> QRect:
        wide = max(self.fontMetrics().horizontalAdvance("0,000"), self.fontMetrics().horizontalAdvance("train")) + 8
        left = self.width() - (len(_HEADS) - column) * wide
        return QRect(left, row * self._line, wide - 1, self._line - _BAR)

    @staticmethod
    def _number(numbers: Sequence[int], head: str) -> int:
        return numbers[SPLITS.index("" if head == "none" else head)]


def _short(number: int) -> str:
    """At most five signs: "9,999", "12.3k", "1.2M"."""
    if number < 10_000:
        return f"{number:,}"
    return f"{number / 1e6:.1f}M" if number >= 999_950 else f"{number / 1e3:.{0 if number >= 99_950 else 1}f}k"
