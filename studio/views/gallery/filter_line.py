"""The line that says which crops are shown, and completes what is typed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFocusEvent, QHideEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit

from studio.core.gallery.completion import Completion, Names, complete
from studio.views.gallery.completions import CompletionList
from studio.views.icons import icon

LONGEST = 1000  # letters, as many as a saved search may have
HINT = 'Find crops: label:cup doubt>0.3 medium:"garden*" -reviewed'
_MOVES = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FilterLine(QLineEdit):
    """Keys: ↑ ↓ move in the list, Tab takes a line of it, Enter too where one is chosen, Esc closes it.

    Attributes:
        typed: emitted with the text when the user changed it.
        entered: Enter was pressed with nothing to take from the list.
        left: Esc was pressed with no list to close.
        adding: the action in front; its place is where what can be asked belongs.
    """

    typed = Signal(str)
    entered = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__(maxLength=LONGEST, placeholderText=HINT, clearButtonEnabled=True)
        self.setObjectName("gallery.filter")
        self.setMinimumWidth(12 * self.fontMetrics().averageCharWidth())
        self.setToolTip("Conditions side by side must all hold; -word excludes. ↓ lists what can be asked.")
        self.adding = QAction(icon("mdi6.filter-plus-outline"), "Add a condition", self)
        self.addAction(self.adding, QLineEdit.ActionPosition.LeadingPosition)
        self.list = CompletionList(self)
        self.list.chosen.connect(self.take)
        self._names = Names()
        self._told = False  # the text is being shown, nobody typed it
        self._soon = QTimer(self, singleShot=True, interval=0)  # the cursor moves before and after the text changes
        self._soon.timeout.connect(self._offer)
        self.textChanged.connect(self._on_changed)
        self.textEdited.connect(self._soon.start)
        self.cursorPositionChanged.connect(self._on_moved)

    def set_names(self, names: Names) -> None:
        """What labels and media are called."""
        self._names = names

    def set_query(self, text: str) -> None:
        """Show `text`; the cursor stays where it is as far as it can."""
        if text != self.text():
            cursor = self.cursorPosition()
            self._told = True
            self.setText(text)
            self._told = False
            self.setCursorPosition(min(cursor, len(text)) if self.hasFocus() else len(text))

    def edit(self, start: int, end: int) -> None:
        """Put the cursor on a part of the text."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.setSelection(start, end - start)

    def append(self, beginning: str) -> None:
        """Begin another condition, and list how it could go on."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        text = f"{self.text().rstrip()} {beginning}".lstrip()
        self.setText(text)
        self._offer()

    def take(self, chosen: Completion) -> None:
        """Put a line of the list into the text."""
        text = self.text()
        self.setText(text[: chosen.start] + chosen.text + text[chosen.end :])
        self.setCursorPosition(chosen.start + len(chosen.text))
        self._soon.stop()
        if chosen.text.endswith(" "):
            self.list.hide()
        else:
            self._offer()

    def _on_changed(self, text: str) -> None:
        if not self._told:
            self.typed.emit(text)

    def _on_moved(self) -> None:
        """What is listed belongs to where the cursor was."""
        if self.list.isVisible():
            self._soon.start()

    def _offer(self) -> None:
        if self.hasFocus():
            self.list.offer(complete(self.text(), self.cursorPosition(), self._names), self)

    # Keys ------------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent):
            listed = self.list.isVisible()
            if event.type() == QEvent.Type.ShortcutOverride:
                if event.matches(QKeySequence.StandardKey.DeleteEndOfLine):  # Ctrl+K is the palette's
                    event.ignore()
                    return False
                if event.key() in (Qt.Key.Key_Escape, *_ENTER) or (listed and event.key() == Qt.Key.Key_Tab):
                    event.accept()
                    return True
            if event.type() == QEvent.Type.KeyPress and listed and event.key() == Qt.Key.Key_Tab:
                self._take_best()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        listed, chosen = self.list.isVisible(), self.list.current
        if event.key() in _MOVES and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            if listed:
                self.list.move_by(_MOVES[Qt.Key(event.key())])
            elif event.key() == Qt.Key.Key_Down:
                self._offer()
        elif event.key() in _ENTER and listed and chosen is not None:
            self.take(chosen)
        elif event.key() in _ENTER or event.key() == Qt.Key.Key_Escape:
            self.list.hide()
            if event.key() in _ENTER:
                self.entered.emit()
            elif not listed:
                self.left.emit()
        else:
            super().keyPressEvent(event)

    def _take_best(self) -> None:
        if self.list.current is None:
            self.list.move_by(1)
        if (chosen := self.list.current) is not None:
            self.take(chosen)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.list.hide()
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.list.hide()
        super().hideEvent(event)
