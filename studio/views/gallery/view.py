"""The gallery dock: what is looked for above, the grid, and the parts beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from studio.views.gallery.find_bar import FindBar
from studio.views.gallery.page import GridPage
from studio.views.gallery.side import SidePanel
from studio.views.named import named

_BESIDE = 430  # pixels of the dock from which a part has room beside the grid; in less it comes below it


class GalleryView(QWidget):
    """Puts the three beside each other."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("gallery")
        self.finder = FindBar()
        self.page = GridPage()
        self.side = SidePanel()
        self.splitter = named(QSplitter(Qt.Orientation.Horizontal), "gallery.splitter")
        self.splitter.addWidget(self.page)
        self.splitter.addWidget(self.side)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setChildrenCollapsible(False)
        self.finder.left.connect(self.page.grid.setFocus)
        self.side.shown.connect(self._on_part)
        self._width = 0  # of the part that was shown last, as the user left it
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.finder)
        column.addWidget(self.splitter, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._below != (self.splitter.orientation() == Qt.Orientation.Vertical):
            self._on_part(self.side.part)

    @property
    def _below(self) -> bool:
        """Whether there is a part that has no room beside the grid."""
        return bool(self.side.part) and self.width() < _BESIDE

    def _on_part(self, name: str) -> None:
        """A part comes in the width it likes, or had before, and takes no more than half of the dock."""
        side = self.splitter.sizes()[1]
        beside = self.splitter.orientation() == Qt.Orientation.Horizontal
        if self._below:
            if beside:
                self.splitter.setOrientation(Qt.Orientation.Vertical)
                high = self.splitter.height()
                self.splitter.setSizes([2 * high // 5, high - 2 * high // 5])
            return
        self.splitter.setOrientation(Qt.Orientation.Horizontal)
        if not name:
            self._width = side if beside else self._width
            self.splitter.setSizes([self.width(), 0])
            return
        side = side if beside else 0
        wanted = self._width or self.side.sizeHint().width()
        wanted = max(side, min(wanted, self.width() // 2))
        self.splitter.setSizes([self.width() - wanted, wanted])

    def set_looked_at(self, looked_at: bool) -> None:
        """Whether the dock can be seen: Qt leaves a dock behind others visible."""
        self.finder.set_looked_at(looked_at)
        self.side.set_looked_at(looked_at)
