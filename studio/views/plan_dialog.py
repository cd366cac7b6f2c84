"""A question before something large is done: what it does in one sentence, and Cancel as the safe answer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.views.named import named


class PlanDialog(QDialog):
    """Asks whether to do what a sentence says; the sentence may arrive after the dialog was opened.

    Attributes:
        choice_changed: emitted with the value of the chosen line.
        agreed: the user wants what the sentence says.
    """

    choice_changed = Signal(object)
    agreed = Signal()

    def __init__(
        self,
        parent: QWidget,
        name: str,
        title: str,
        button: str,
        choices: Sequence[tuple[str, object]] = (),
        undo: str = "Undo takes it back as one step.",
    ) -> None:
        """`name` begins the object names; `choices` are texts with what they stand for; `undo` is said below."""
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._choices = named(QComboBox(), f"{name}.choice")
        for text, value in choices:
            self._choices.addItem(text, value)
        self._choices.setVisible(bool(choices))
        self._choices.currentIndexChanged.connect(self._on_chosen)
        self._sentence = named(QLabel("Looking what would change…", wordWrap=True), f"{name}.sentence")
        self._do = named(QPushButton(button), f"{name}.do")
        self._do.setEnabled(False)
        self._do.setAutoDefault(False)
        cancel = named(QPushButton("Cancel"), f"{name}.cancel")
        cancel.setDefault(True)
        self._column = QVBoxLayout(self)
        self._compose(cancel, undo)
        cancel.setFocus()

    @property
    def choice(self) -> object:
        return self._choices.currentData()

    def choose(self, value: object) -> None:
        """Select the line that stands for `value`."""
        self._choices.setCurrentIndex(max(self._choices.findData(value), 0))

    def set_sentence(self, sentence: str) -> None:
        """Say what agreeing does, and allow it."""
        self._say(sentence)
        self._do.setEnabled(True)

    def set_problem(self, sentence: str) -> None:
        """Say why it cannot be done."""
        self._say(sentence)
        self._do.setEnabled(False)

    def _say(self, sentence: str) -> None:
        self._sentence.setText(sentence)
        self.resize(self.width(), max(self._column.totalHeightForWidth(self.width()), self.height()))

    def _compose(self, cancel: QPushButton, taken_back: str) -> None:
        buttons = QDialogButtonBox()
        buttons.addButton(self._do, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self._on_agreed)
        buttons.rejected.connect(self.reject)
        undo = QLabel(taken_back, wordWrap=True)
        undo.setProperty("role", "dim")
        column = self._column
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        for widget in (self._choices, self._sentence, undo, buttons):
            column.addWidget(widget)
        self.setMinimumWidth(36 * self.fontMetrics().averageCharWidth() + 160)

    def _on_chosen(self) -> None:
        self._sentence.setText("Looking what would change…")
        self._do.setEnabled(False)
        self.choice_changed.emit(self.choice)

    def _on_agreed(self) -> None:
        self.agreed.emit()
        self.accept()
