"""The filters of the chosen layer, a page of them, and the way to its maps."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from studio.views.elided import ElidedLabel
from studio.views.features.layers_filters import FilterGrid, FilterPage
from studio.views.icons import icon
from studio.views.named import named
from studio.views.scroll import scrolling


class FiltersPane(QWidget):
    """A line about the layer, its filters, and what turns their pages.

    Attributes:
        turned: emitted with −1 or 1: other filters are wanted.
        shifted: with −1 or 1: slices of other channels are wanted.
        picked: with the number of a filter.
        maps_wanted: the maps of the layer should come forward.
        grid: the filters.
    """

    turned = Signal(int)
    shifted = Signal(int)
    picked = Signal(int)
    maps_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = named(QLabel(wordWrap=True), "layers.title")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setProperty("role", "dim")
        self._maps = named(QPushButton("Maps"), "layers.maps")
        self._maps.setToolTip("What this layer puts out for the shown frame (also: double-click a filter)")
        self._where = named(ElidedLabel(), "layers.where")
        self._where.setProperty("role", "dim")
        self._up = _tool("layers.up", "mdi6.chevron-up", "The filters before (Page Up)")
        self._down = _tool("layers.down", "mdi6.chevron-down", "The next filters (Page Down)")
        self._left = _tool("layers.left", "mdi6.chevron-left", "The input channels before")
        self._right = _tool("layers.right", "mdi6.chevron-right", "The next input channels")
        self.grid = FilterGrid()
        self._scroll = named(scrolling(self.grid), "layers.scroll")
        self._lay_out()
        self._maps.clicked.connect(self.maps_wanted)
        self._up.clicked.connect(lambda: self.turned.emit(-1))
        self._down.clicked.connect(lambda: self.turned.emit(1))
        self._left.clicked.connect(lambda: self.shifted.emit(-1))
        self._right.clicked.connect(lambda: self.shifted.emit(1))
        self.grid.turned.connect(self.turned)
        self.grid.picked.connect(self.picked)
        self.grid.opened.connect(self._on_opened)
        self.set_page("", None, "")
        self.set_turns(False, False, False, False)

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(4)
        first.addWidget(self._title, 1)
        first.addWidget(self._maps, 0, Qt.AlignmentFlag.AlignTop)
        self._turns = QWidget()
        second = QHBoxLayout(self._turns)
        second.setContentsMargins(0, 0, 0, 0)
        second.setSpacing(0)
        second.addWidget(self._where, 1)
        for button in (self._left, self._right, self._up, self._down):
            second.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 12, 8)
        column.setSpacing(4)
        column.addLayout(first)
        column.addWidget(self._turns)
        column.addWidget(self._scroll, 1000)
        column.addStretch(1)  # where there are no filters

    def set_page(self, title: str, page: FilterPage | None, where: str) -> None:
        """Show filters.

        Args:
            title: about the layer.
            page: its filters; None where it has none.
            where: which of how many they are.
        """
        self._title.setText(title)
        self._where.setText(where)
        if self.grid.page is not None and page is not None and page.numbers[:1] != self.grid.page.numbers[:1]:
            self._scroll.verticalScrollBar().setValue(0)
        self.grid.set_page(page)
        self._scroll.setVisible(page is not None)

    def set_turns(self, up: bool, down: bool, left: bool, right: bool) -> None:
        """Where there is more to see; what is of no use is hidden."""
        self._turns.setVisible(up or down or left or right)
        for pair, states in (((self._up, self._down), (up, down)), ((self._left, self._right), (left, right))):
            for button, state in zip(pair, states, strict=True):
                button.setEnabled(state)
                button.setVisible(any(states))

    def set_maps_there(self, there: bool) -> None:
        """Whether the layer has an output that can be looked at."""
        self._maps.setVisible(there)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 6 * self.fontMetrics().height())

    def _on_opened(self, number: int) -> None:
        self.picked.emit(number)
        self.maps_wanted.emit()


def _tool(name: str, icon_name: str, tip: str) -> QToolButton:
    button = named(QToolButton(), name)
    button.setIcon(icon(icon_name))
    button.setToolTip(tip)
    return button
