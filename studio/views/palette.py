"""The command palette: type some letters of a command, Enter does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.core.fuzzy import ranked
from studio.views.actions import Actions
from studio.views.icons import icon

ROLE = Qt.ItemDataRole.UserRole
ROWS, LETTERS = 14, 64  # of the list: lines and average letters
MOVES = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_PageUp: -ROWS}


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the palette."""

    id: str
    text: str
    menu: str
    keys: str
    icon: str


def commands(actions: Actions) -> list[Command]:
    """What can be done now."""
    return [
        Command(spec.id, action.text().replace("&", ""), spec.menu, _keys(action), spec.icon)
        for spec, action in actions
        if action.isEnabled() and spec.id != "app.palette"
    ]


def _keys(action: QAction) -> str:
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


class Palette(QDialog):
    """Opened above the window's upper middle; closes when something else gets the focus.

    Attributes:
        chosen: emitted with the id of the command to be done, after the palette closed.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget, offered: Sequence[Command]) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._offered = list(offered)
        self.field = QLineEdit(placeholderText="Do what?")
        self.field.setObjectName("palette.field")
        self.field.addAction(icon("mdi6.magnify"), QLineEdit.ActionPosition.LeadingPosition)
        self.list = QListWidget()
        self.list.setObjectName("palette.list")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setItemDelegate(_CommandLine(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._none = QLabel("Nothing is called like that.", alignment=Qt.AlignmentFlag.AlignCenter)
        self._none.setProperty("role", "dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        column.addWidget(self._none, 1)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(self._choose)
        self._filter("")
        self._place(parent)

    def _place(self, parent: QWidget) -> None:
        letter, line = self.fontMetrics().averageCharWidth(), self.fontMetrics().height()
        wide = min(LETTERS * letter + 16, parent.width() - 40)
        tall = min((ROWS + 2) * (line + 10), parent.height() - 100)
        self.resize(wide, tall)
        corner = parent.mapToGlobal(parent.rect().topLeft())
        self.move(corner.x() + (parent.width() - wide) // 2, corner.y() + parent.height() // 10)
        self.field.setFocus()

    def _filter(self, text: str) -> None:
        self.list.clear()
        for number in ranked(text, [f"{command.text} {command.menu}" for command in self._offered]):
            item = QListWidgetItem(self._offered[number].text)
            item.setData(ROLE, self._offered[number])
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setVisible(self.list.count() > 0)
        self._none.setVisible(self.list.count() == 0)

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            name = item.data(ROLE).id
            self.close()
            self.chosen.emit(name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The field keeps the focus; keys that move go to the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.list.currentItem())
                return True
            if event.key() in MOVES:
                row = self.list.currentRow() + MOVES[Qt.Key(event.key())]
                self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
                return True
        return super().eventFilter(watched, event)


class _CommandLine(QStyledItemDelegate):
    """Icon, text, the menu it is in, and its keys at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, option.fontMetrics.height() + 10)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.initStyleOption(option, index)
        option.text = ""
        widget: QWidget = option.widget
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, widget)
        command: Command = index.data(ROLE)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        palette, role = widget.palette(), QPalette.ColorRole
        plain = palette.color(role.HighlightedText if selected else role.Text)
        dim = plain if selected else palette.color(role.PlaceholderText)
        area: QRect = option.rect.adjusted(8, 0, -12, 0)
        metrics, side = painter.fontMetrics(), painter.fontMetrics().height()
        if command.icon:
            square = QRect(area.left(), area.center().y() - side // 2, side, side)
            glyph = icon(command.icon)
            glyph.paint(painter, square, mode=glyph.Mode.Selected if selected else glyph.Mode.Normal)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        text = area.adjusted(side + 10, 0, -metrics.horizontalAdvance(command.keys) - 16, 0)
        painter.save()
        painter.setPen(plain)
        shown = metrics.elidedText(command.text, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, left, shown)
        painter.setPen(dim)
        painter.drawText(text.adjusted(metrics.horizontalAdvance(shown) + 12, 0, 0, 0), left, command.menu)
        painter.drawText(area, right, command.keys)
        painter.restore()
