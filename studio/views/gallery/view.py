"""The gallery dock: what is looked for above, the grid, and the parts beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from studio.views.gallery.find_bar import FindBar
from studio.views.gallery.page import GridPage
from studio.views.gallery.side import SidePanel
from studio.views.named import named


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

    def _on_part(self, name: str) -> None:
        """A part comes in the width it likes, or had before, takes at most half of the dock, and gives all back."""
        grid, side = self.splitter.sizes()
        if not name:
            self._width = side
            least = self.side.minimumSizeHint().width()
            self.splitter.setSizes([grid + side - least, least])  # a splitter leaves room where something was
            return
        wanted = self._width or self.side.sizeHint().width()
        wanted = max(side, min(wanted, (grid + side) // 2))
        self.splitter.setSizes([grid + side - wanted, wanted])

    def set_looked_at(self, looked_at: bool) -> None:
        """Whether the dock can be seen: Qt leaves a dock behind others visible."""
        self.finder.set_looked_at(looked_at)
        self.side.set_looked_at(looked_at)
