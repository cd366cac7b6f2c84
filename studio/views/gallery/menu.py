"""What can be done with the selected crops, as a menu."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from studio.core.project import LabelRow
from studio.views.gallery.squares import square
from studio.views.icons import icon
from studio.views.named import named


class LabelMenu(QMenu):
    """The labels to choose from; the key of each beside it.

    Attributes:
        chosen: emitted with the `LabelRow`.
    """

    chosen = Signal(object)

    def __init__(self, title: str, labels: Iterable[LabelRow], parent: QWidget) -> None:
        super().__init__(title, parent)
        for row in labels:
            text = row.name.replace("&", "&&") + (f"\t{row.key}" if row.key else "")
            action = self.addAction(square(row.color), text)
            action.triggered.connect(lambda _=False, row=row: self.chosen.emit(row))


class CropMenu(QMenu):
    """Deletes itself when it is closed.

    Attributes:
        open_wanted, remove_wanted: emitted when the user wants to see the crop in its frame, or wants it gone.
        label_wanted: emitted with the `LabelRow` that the crops are to get.
    """

    open_wanted = Signal()
    remove_wanted = Signal()
    label_wanted = Signal(object)

    def __init__(self, parent: QWidget, labels: Iterable[LabelRow], alone: bool, *others: QAction) -> None:
        """`alone`: one crop is selected; `others` are offered too."""
        super().__init__(parent)
        self.setObjectName("gallery.menu")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        opened = named(self.addAction(icon("mdi6.filmstrip"), "Go to its frame\tEnter"), "gallery.open")
        opened.setEnabled(alone)
        opened.triggered.connect(lambda _=False: self.open_wanted.emit())
        self.labels = LabelMenu("Relabel", labels, self)
        self.labels.setIcon(icon("mdi6.tag-outline"))
        self.labels.chosen.connect(self.label_wanted)
        self.addMenu(self.labels)
        self.addActions(list(others))
        self.addSeparator()
        removed = named(self.addAction(icon("mdi6.close-thick"), "Remove\tX"), "gallery.remove")
        removed.triggered.connect(lambda _=False: self.remove_wanted.emit())
