"""The question for a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from studio.views.named import named


class Verdict(NamedTuple):
    """What is said of a name while it is typed.

    Attributes:
        fits: it can be agreed to.
        text: what stands below the field.
        role: how that looks: "dim", "doubtful" or "bad".
    """

    fits: bool
    text: str
    role: str = "dim"


class NameDialog(QDialog):
    """Asks for a name; made to be opened with `open()`.

    Attributes:
        named: emitted with the name that was agreed to, without blanks around it.
    """

    named = Signal(str)

    def __init__(self, parent: QWidget, title: str, keep: str, name: str, judge: Callable[[str], Verdict]) -> None:
        """`keep` is what the button says, `name` is offered, `judge` says of each one whether it fits."""
        super().__init__(parent)
        self.setObjectName("name.dialog")
        self.setWindowTitle(title)
        self._judge = judge
        self._field = named(QLineEdit(name, maxLength=100), "name.field")
        self._field.selectAll()
        self._hint = named(QLabel(wordWrap=True), "name.hint")
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self._keep = named(box.button(QDialogButtonBox.StandardButton.Save), "name.keep")
        self._keep.setText(keep)
        self._keep.setProperty("primary", True)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        for widget in (self._field, self._hint, box):
            column.addWidget(widget)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        self.accepted.connect(lambda: self.named.emit(self._field.text().strip()))
        self.finished.connect(self.deleteLater)
        self._field.textChanged.connect(self._check)
        self.resize(26 * self.fontMetrics().averageCharWidth() + 160, 0)
        self._check(name)

    def _check(self, name: str) -> None:
        fits, text, role = self._judge(name.strip())
        self._keep.setEnabled(fits)
        self._hint.setText(text)
        self._hint.setProperty("role", role)
        self._hint.style().polish(self._hint)
        self.resize(self.width(), max(self._column.totalHeightForWidth(self.width()), self.height()))
