"""The list under the filter line: what could be typed next."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.core.gallery.completion import Completion
from studio.state.roles import Role
from studio.views.gallery.squares import square
from studio.views.theme import current

ROWS, LETTERS = 10, 56  # of the list at most: lines, and average letters


class CompletionList(QListWidget):
    """Beside the line and never with the focus: keys go to the line, which moves in it.

    Attributes:
        chosen: emitted with the `Completion` that was clicked.
    """

    chosen = Signal(object)

    def __init__(self, line: QWidget) -> None:
        super().__init__(line)
        self.setWindowFlags(Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setObjectName("gallery.completions")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.Box)
        self.setProperty("role", "popup")
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Line(self))
        self.itemClicked.connect(lambda item: self.chosen.emit(item.data(Role.ID)))

    @property
    def current(self) -> Completion | None:
        """The chosen line; None where none is."""
        item = self.currentItem()
        found: Completion | None = item.data(Role.ID) if item is not None else None
        return found

    def offer(self, completions: Sequence[Completion], line: QWidget) -> None:
        """Show these next to `line`; nothing is chosen yet."""
        self.clear()
        for each in completions:
            item = QListWidgetItem(each.text.strip())
            item.setData(Role.ID, each)
            item.setData(Role.SIDE, each.says)
            if each.color:
                item.setIcon(square(each.color))
            self.addItem(item)
        if not completions:
            self.hide()
            return
        self.setGeometry(self._place(line))
        self.show()

    def move_by(self, rows: int) -> None:
        """Choose another line, from the first one on; over an end to the other."""
        row = self.currentRow()
        self.setCurrentRow((row + rows) % self.count() if row >= 0 else 0 if rows > 0 else self.count() - 1)

    def _place(self, line: QWidget) -> QRect:
        """Below the line, or above it where the screen ends."""
        screen = line.screen().availableGeometry()
        tall = min(self.count(), ROWS) * self.sizeHintForRow(0) + 2 * self.frameWidth()
        wide = min(max(line.width(), LETTERS * self.fontMetrics().averageCharWidth()), screen.width())
        corner = line.mapToGlobal(QPoint(0, line.height() + 2))
        if corner.y() + tall > screen.bottom():
            corner.setY(max(line.mapToGlobal(QPoint(0, -2)).y() - tall, screen.top()))
        corner.setX(max(min(corner.x(), screen.right() - wide), screen.left()))
        return QRect(corner, QSize(wide, tall))


class _Line(QStyledItemDelegate):
    """The text, and at its right in dim letters what it means, where there is room."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, option.fontMetrics.height() + 10)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        taken = option.fontMetrics.horizontalAdvance(str(index.data())) + 40
        room: QRect = option.rect.adjusted(max(taken, 13 * option.fontMetrics.averageCharWidth()), 0, -10, 0)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setPen(QColor(current().on_accent if selected else current().dim))
        shown = option.fontMetrics.elidedText(str(index.data(Role.SIDE)), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()
