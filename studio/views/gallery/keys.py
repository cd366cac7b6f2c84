"""A view that keeps some keys to itself where it has the focus."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QWidget

_KEPT_KEYS = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Space})


class KeyedView(QAbstractItemView):
    """Arrows move in it, and the keys of some actions are about what is selected in it.

    Attributes:
        key_pressed: emitted with the id of one of the actions given to `take_keys` when its key was pressed here.
        space_pressed: emitted when the space bar was.
    """

    key_pressed = Signal(str)
    space_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._taken: tuple[QAction, ...] = ()

    def take_keys(self, actions: Iterable[QAction]) -> None:
        """Here the keys of these actions mean what is selected in the grid, whatever they do elsewhere."""
        self._taken = tuple(actions)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
            moves = event.key() in _KEPT_KEYS and plain  # in the grid, not through the video
            if moves or event.matches(QKeySequence.StandardKey.SelectAll) or self._action_of(event):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if name := self._action_of(event):
            self.key_pressed.emit(name)
        elif event.key() == Qt.Key.Key_Space and not event.modifiers():
            self.space_pressed.emit()
        else:
            super().keyPressEvent(event)

    def _action_of(self, event: QKeyEvent) -> str:
        """The id of the taken action whose key was pressed; "" for none."""
        pressed = event.keyCombination()
        without_pad = QKeyCombination(pressed.keyboardModifiers() & ~Qt.KeyboardModifier.KeypadModifier, pressed.key())
        keys = QKeySequence(without_pad)
        return next((action.objectName() for action in self._taken if keys in action.shortcuts()), "")

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys of the program, not a search."""
