"""A bar for each label, as long as it has crops, in the colours of the splits."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QCursor, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.core.gallery.balance import LabelCrops
from studio.core.gallery.crops import SPLITS
from studio.views.named import named
from studio.views.theme import SPLIT_COLORS, current

_BAR, _GAP = 6, 4  # pixels
_MOST = 200  # labels that are drawn
_NONE = "#7d8590"  # of crops in no split, on both grounds


class BalanceMeter(QWidget):
    """The bars; crops of no split are grey, and what is skipped as near-duplicates is dim in the number.

    Attributes:
        chosen: emitted with the number of the label that was clicked.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        named(self, "balance.meter")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.labels: tuple[LabelCrops, ...] = ()

    def set_labels(self, labels: Sequence[LabelCrops]) -> None:
        """Show these instead."""
        self.labels = tuple(labels[:_MOST])
        self.setAccessibleDescription("; ".join(map(_in_words, self.labels)))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, (len(self.labels) + bool(self._used)) * self._line)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    @property
    def _used(self) -> list[str]:
        """The splits that have crops."""
        return [split for at, split in enumerate(SPLITS) if split and any(each.numbers[at] for each in self.labels)]

    @property
    def _line(self) -> int:
        return self.fontMetrics().height() + _BAR + 2 * _GAP + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max((each.total for each in self.labels), default=1)
        for row, each in enumerate(self.labels):
            self._draw(painter, QRect(0, row * self._line, self.width(), self._line), each, max(most, 1))
        self._legend(painter, QRect(0, len(self.labels) * self._line, self.width(), self._line))

    def _draw(self, painter: QPainter, room: QRect, each: LabelCrops, most: int) -> None:
        metrics, height = self.fontMetrics(), self.fontMetrics().height()
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        upper = QRect(room.left(), room.top() + _GAP, room.width(), height)
        alike = f"{each.alike:,} alike  " if each.alike else ""
        number = f"{each.total:,}"
        right = metrics.horizontalAdvance(alike + number)
        painter.setPen(QColor(current().text))
        painter.drawText(upper, middle | int(Qt.AlignmentFlag.AlignRight), number)
        painter.setPen(QColor(current().dim))
        dim = upper.adjusted(0, 0, -metrics.horizontalAdvance(number), 0)
        painter.drawText(dim, middle | int(Qt.AlignmentFlag.AlignRight), alike)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(each.color))
        painter.drawRoundedRect(QRect(room.left(), upper.center().y() - 4, 8, 9), 2, 2)
        name = metrics.elidedText(each.name, Qt.TextElideMode.ElideMiddle, upper.width() - right - 20)
        painter.setPen(QColor(current().text))
        painter.drawText(upper.adjusted(14, 0, 0, 0), middle | int(Qt.AlignmentFlag.AlignLeft), name)
        track = QRect(room.left(), upper.bottom() + 2, room.width(), _BAR)
        painter.fillRect(track, self.palette().color(QPalette.ColorRole.AlternateBase))
        left = float(track.left())
        for split, count in zip((*SPLITS[1:], ""), (*each.numbers[1:], each.numbers[0]), strict=True):
            wide = count * track.width() / most
            color = QColor(SPLIT_COLORS.get(split, _NONE))
            end = max(round(left + wide), round(left) + (1 if count else 0))
            painter.fillRect(QRect(round(left), track.top(), end - round(left), _BAR), color)
            left += wide

    def _legend(self, painter: QPainter, room: QRect) -> None:
        """What the colours are, of the splits that are in use."""
        left = room.left()
        for split in (*self._used, "") if self._used else ():
            word = split or "none"
            painter.fillRect(QRect(left, room.center().y() - 3, 8, 8), QColor(SPLIT_COLORS.get(split, _NONE)))
            painter.setPen(QColor(current().dim))
            wide = self.fontMetrics().horizontalAdvance(word)
            painter.drawText(QRect(left + 12, room.top(), wide + 2, room.height()), Qt.AlignmentFlag.AlignVCenter, word)
            left += wide + 26

    # Events ----------------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y()) // self._line
        if 0 <= row < len(self.labels):
            QToolTip.showText(QCursor.pos(), f"{_in_words(self.labels[row])}\nA click shows them in the grid", self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y()) // self._line
        if event.button() == Qt.MouseButton.LeftButton and 0 <= row < len(self.labels):
            self.chosen.emit(row)


def _in_words(each: LabelCrops) -> str:
    named_splits = zip((*SPLITS[1:], "no split"), (*each.numbers[1:], each.numbers[0]), strict=True)
    splits = ", ".join(f"{count:,} {split}" for split, count in named_splits if count)
    alike = f"; {each.alike:,} near-duplicates" if each.alike else ""
    return f"{each.name}: {splits or 'none'}{alike}"
