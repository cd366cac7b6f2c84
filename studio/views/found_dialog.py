"""Asks over what a head runs: which media, which frames, and how it searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.views.named import named

_ID = Qt.ItemDataRole.UserRole
_CHECKED, _UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


@dataclass(frozen=True)
class ClipWish:
    """What was agreed to.

    Attributes:
        media: ids of their rows, in the order of the list.
        mode: a name of `studio.core.plugins.search_modes`.
        marked: of the shown medium only what lies between the in and out marks.
    """

    media: tuple[int, ...]
    mode: str
    marked: bool


class ClipDialog(QDialog):
    """The dialog.

    Attributes:
        agreed: emitted with a `ClipWish`.
        folder_wanted: the media of a folder should be added to the list.
    """

    agreed = Signal(object)
    folder_wanted = Signal()

    def __init__(self, parent: QWidget, modes: Sequence[tuple[str, str]], mode: str, marks: str) -> None:
        """Ask.

        Args:
            parent: the window.
            modes: names and titles of search modes.
            mode: the name of the one that is offered first.
            marks: says which frames the in and out marks leave; "" where there are none.
        """
        super().__init__(parent)
        self.setObjectName("clip")
        self.setWindowTitle("Run the head over clips")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._head = named(QLabel(wordWrap=True), "clip.head")
        self._all = named(QCheckBox("All"), "clip.all")
        self._all.clicked.connect(self._check_all)
        self._media = named(QListWidget(), "clip.media")
        self._media.setUniformItemSizes(True)
        self._media.setSelectionMode(QListWidget.SelectionMode.NoSelection)  # the check marks say it
        self._media.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._media.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._media.itemChanged.connect(self._on_checked)
        self._marked = named(QCheckBox(marks), "clip.marked")
        self._marked.setChecked(bool(marks))
        self._marked.setVisible(bool(marks))
        self._mode = named(QComboBox(), "clip.mode")
        for name, title in modes:
            self._mode.addItem(f"{name}: {title[:1].lower()}{title[1:]}", name)
        self._mode.setCurrentIndex(self._mode.findData(mode))
        self._add = named(QPushButton("Add a folder…"), "clip.add_folder")
        self._add.setAutoDefault(False)
        self._add.clicked.connect(self.folder_wanted)
        self._ready = False
        self._run = named(QPushButton("Run"), "clip.run")
        self._run.setProperty("primary", True)
        self._run.setDefault(True)
        self._compose()

    def set_media(self, media: Sequence[tuple[int, str, str]], checked: int | None) -> None:
        """List media by id, name and a short text about them; `checked` is at first, and what comes later."""
        before = {item.data(_ID): item.checkState() for item in self._items()}
        self._media.blockSignals(True)
        self._media.clear()
        for medium, name, more in media:
            item = QListWidgetItem(f"{name}  ·  {more}" if more else name)
            item.setToolTip(name)
            item.setData(_ID, medium)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(before.get(medium, _CHECKED if before or medium == checked else _UNCHECKED))
            self._media.addItem(item)
        self._media.blockSignals(False)
        self._all.setText(f"All {len(media):,} media")
        self._all.setVisible(len(media) > 1)
        self._on_checked()

    def set_head(self, text: str, ready: bool) -> None:
        """Say what runs, and whether it can."""
        self._head.setText(text)
        self._ready = ready
        self._run.setEnabled(self._ready and bool(self._checked()))

    def _compose(self) -> None:
        cancel = named(QPushButton("Cancel"), "clip.cancel")
        buttons = QDialogButtonBox()
        buttons.addButton(self._add, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self._run, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self._on_agreed)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow("Search mode", self._mode)
        note = QLabel("It runs behind the window: you can go on meanwhile, and stop it; what was found is kept.")
        note.setProperty("role", "dim")
        note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        for widget in (self._head, self._all, self._media, self._marked):
            column.addWidget(widget, 1 if widget is self._media else 0)
        column.addLayout(form)
        column.addWidget(note)
        column.addWidget(buttons)
        line = self.fontMetrics().height()
        self.resize(30 * line, 26 * line)

    def _items(self) -> list[QListWidgetItem]:
        return [self._media.item(row) for row in range(self._media.count())]

    def _checked(self) -> tuple[int, ...]:
        return tuple(item.data(_ID) for item in self._items() if item.checkState() == _CHECKED)

    def _check_all(self, checked: bool) -> None:
        self._media.blockSignals(True)
        for item in self._items():
            item.setCheckState(_CHECKED if checked else _UNCHECKED)
        self._media.blockSignals(False)
        self._on_checked()

    def _on_checked(self, _: object = None) -> None:
        count = len(self._checked())
        self._all.setChecked(bool(count) and count == self._media.count())
        self._run.setText("Run" if count < 2 else f"Run over {count:,} media")
        self._run.setEnabled(self._ready and bool(count))

    def _on_agreed(self) -> None:
        self.agreed.emit(ClipWish(self._checked(), self._mode.currentData(), self._marked.isChecked()))
        self.accept()
