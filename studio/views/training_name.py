"""The question for a head's name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

SAID = "A head with a name never changes; the live head goes on learning."
TAKEN = "There is a head of this name already; heads do not change."
WRONG = "Use letters, digits, '_', '-' and '.'"


class HeadNameDialog(QDialog):
    """Asks for a name that is not taken; made to be opened with `open()`.

    Attributes:
        named: emitted with the name that was agreed to.
    """

    named = Signal(str)

    def __init__(self, parent: QWidget, name: str, taken: Sequence[str]) -> None:
        super().__init__(parent)
        self.setObjectName("head.name_dialog")
        self.setWindowTitle("Keep the head under a name")
        self._taken = set(taken)
        self._field = QLineEdit(name)
        self._field.setObjectName("head.name_field")
        self._field.selectAll()
        self._hint = QLabel(SAID, wordWrap=True)
        self._hint.setObjectName("head.name_hint")
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self._save = box.button(QDialogButtonBox.StandardButton.Save)
        self._save.setObjectName("head.name_save")
        self._save.setText("Keep")
        self._save.setProperty("primary", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        for widget in (self._field, self._hint, box):
            column.addWidget(widget)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        self.accepted.connect(lambda: self.named.emit(self._field.text()))
        self.finished.connect(self.deleteLater)
        self._field.textChanged.connect(self._check)
        self._check(name)
        self.resize(26 * self.fontMetrics().averageCharWidth() + 160, 0)

    def _check(self, name: str) -> None:
        fits = bool(name) and name[0] not in "." and all(c.isascii() and (c.isalnum() or c in "._-") for c in name)
        problem = TAKEN if name in self._taken else "" if fits or not name else WRONG
        self._save.setEnabled(fits and not problem)
        self._hint.setText(problem or SAID)
        self._hint.setProperty("role", "bad" if problem else "dim")
        self._hint.style().polish(self._hint)
