"""Asks over what is read from a data set of another program, or written as one, and says before what is lost."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.views.elided import ElidedLabel
from studio.views.named import named

NOWHERE = "Choose where it is"


class DataSetDialog(QDialog):
    """The dialog; `name` begins the object names of its widgets.

    Attributes:
        format_changed: another format was chosen, its name; "" for the one that is recognised.
        folder_wanted, file_wanted: the user wants to say where.
        agreed: it should be done.
    """

    format_changed = Signal(str)
    folder_wanted = Signal()
    file_wanted = Signal()
    agreed = Signal()

    def __init__(
        self, parent: QWidget, name: str, title: str, button: str, formats: Sequence[tuple[str, str]], copies: bool
    ) -> None:
        """Ask.

        Args:
            parent: the window.
            name: "import" or "export".
            title: of the dialog.
            button: what agreeing is called.
            formats: names and titles.
            copies: whether files can be chosen and pictures copied: reading, not writing.
        """
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._place = named(ElidedLabel(NOWHERE, Qt.TextElideMode.ElideMiddle), f"{name}.place")
        self._folder = self._button("Folder…", f"{name}.folder", self.folder_wanted)
        self._file = self._button("File or zip…", f"{name}.file", self.file_wanted)
        self._file.setVisible(copies)
        self._format = named(QComboBox(), f"{name}.format")
        for value, text in formats:
            self._format.addItem(text, value)
        self._format.currentIndexChanged.connect(lambda: self.format_changed.emit(self.format))
        self._copy = named(QCheckBox("Copy the pictures into the project"), f"{name}.copy")
        self._copy.setVisible(copies)
        self._summary = named(QLabel(wordWrap=True), f"{name}.summary")
        self._lines = named(QListWidget(), f"{name}.lines")
        self._lines.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        self._lines.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._lines.setWordWrap(True)
        self._lines.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._do = named(QPushButton(button), f"{name}.do")
        self._do.setProperty("primary", True)
        self._do.setDefault(True)
        self._do.setEnabled(False)
        self._compose(name, "Undo takes it back as one step." if copies else "It is read back afterwards, as a proof.")

    @property
    def format(self) -> str:
        return str(self._format.currentData())

    @property
    def copying(self) -> bool:
        """Whether pictures should be copied into the project."""
        return self._copy.isChecked()

    def set_place(self, path: str) -> None:
        """Say where the data set is, or will be."""
        self._place.setText(path)

    def set_busy(self, text: str) -> None:
        """Say that it is being found out what would be done."""
        self._show(text, ())

    def set_plan(self, summary: str, lines: Sequence[str]) -> None:
        """Say what will be done, and allow it; `lines` are what is lost or left out."""
        self._show(summary, lines)
        self._do.setEnabled(True)

    def set_problem(self, sentence: str) -> None:
        """Say why it cannot be done."""
        self._show(sentence, ())

    def _show(self, summary: str, lines: Sequence[str]) -> None:
        self._do.setEnabled(False)
        self._summary.setText(summary)
        self._lines.clear()
        self._lines.addItems(list(lines))
        self._lines.setVisible(bool(lines))
        self._rest.setVisible(not lines)

    def _button(self, text: str, name: str, wish: SignalInstance) -> QPushButton:
        button = named(QPushButton(text), name)
        button.setAutoDefault(False)
        button.clicked.connect(wish)
        return button

    def _compose(self, name: str, note: str) -> None:
        cancel = named(QPushButton("Cancel"), f"{name}.cancel")
        cancel.setAutoDefault(False)
        buttons = QDialogButtonBox()
        buttons.addButton(self._do, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self._on_agreed)
        buttons.rejected.connect(self.reject)
        place = QHBoxLayout()
        place.addWidget(self._place, 1)
        place.addWidget(self._folder)
        place.addWidget(self._file)
        form = QFormLayout()
        form.addRow("Data set", place)
        form.addRow("Format", self._format)
        dim = QLabel(note)
        dim.setProperty("role", "dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addLayout(form)
        column.addWidget(self._copy)
        column.addWidget(self._summary)
        column.addWidget(self._lines, 1)
        self._rest = QWidget()  # keeps the rest where it is while there is no list
        column.addWidget(self._rest, 1)
        column.addWidget(dim)
        column.addWidget(buttons)
        self._lines.hide()
        line = self.fontMetrics().height()
        self.resize(34 * line, 26 * line)

    def _on_agreed(self) -> None:
        self.agreed.emit()
        self.accept()
