"""Feature maps: what a layer answers to the shown frame, a cell for each channel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.features.maps_bar import MapsBar
from studio.views.features.maps_grid import MapGrid, ShownPage
from studio.views.features.maps_large import LargeMap
from studio.views.features.maps_strip import ShownStage, StageStrip
from studio.views.named import named
from studio.views.scroll import scrolling

OPEN = (
    "What the network sees",
    "Open a medium: a layer of the network answers here to every frame that is shown, a map for each channel.",
)
LOADING = (
    "The network is loading",
    "What a layer of it answers to the shown frame comes here, a map for each channel.",
)
NOTHING = "Nothing to be seen of this network"


class MapsView(QWidget):
    """The part: empty until a frame is shown, then choosers, the stages, the chosen map, and the cells.

    Attributes:
        visible_changed: whether anybody can see it: nothing is computed for nobody.
        bar, grid, large, strip: the parts.
    """

    visible_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._empty = EmptyState("mdi6.eye-outline", *OPEN)
        self.bar, self.grid, self.large, self.strip = MapsBar(), MapGrid(), LargeMap(), StageStrip()
        self._title = named(ElidedLabel(), "maps.title")
        self._title.setProperty("role", "dim")
        self._note = named(QLabel(), "maps.note")
        self._note.setProperty("role", "doubtful")
        self._note.setWordWrap(True)
        self._note.hide()
        self._value = named(QLabel(), "maps.value")
        self._value.setWordWrap(True)
        self._stages = _along(self.strip)
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(8)
        for widget in (self.bar, self._title, self._note, self._stages):
            column.addWidget(widget)
        column.addWidget(self._split(), 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(full)
        self.set_stages(None, ())
        self.set_chosen(-1, None)
        self.bar.set_page(0, 1)
        self.bar.set_over(False, 0.6, False)

    def _split(self) -> QSplitter:
        """The chosen map above the cells; who looks at one wants it larger."""
        self._one = QWidget()
        column = QVBoxLayout(self._one)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.large, 1)
        column.addWidget(self._value)
        self._parts = split = named(QSplitter(Qt.Orientation.Vertical), "maps.split")
        split.setChildrenCollapsible(False)
        for widget, stretch in ((self._one, 2), (scrolling(self.grid), 3)):
            split.addWidget(widget)
            split.setStretchFactor(split.count() - 1, stretch)
        return split

    # What is shown ---------------------------------------------------------------------------------------------------

    def set_empty(self, title: str, text: str, *actions: QAction) -> None:
        """Nothing can be seen, or not yet: say why, and offer the first step."""
        self._empty.set_text(title, text)
        self._empty.set_actions(*actions)
        self._stack.setCurrentIndex(0)

    def set_page(self, title: str, page: ShownPage) -> None:
        """Show the cells of a page; `title` says what they are of."""
        self._title.setText(title)
        self.grid.set_page(page)
        self._stack.setCurrentIndex(1)

    def set_note(self, text: str) -> None:
        """A line about what a person should know; "" for none."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def set_problem(self, text: str) -> None:
        """Say why there is nothing to see, where something else can still be chosen."""
        self.set_note(text)
        self._stack.setCurrentIndex(1)

    def set_chosen(self, number: int, pixels: NDArray[np.uint32] | None) -> None:
        """The chosen channel, large; −1 and None where none is."""
        self.grid.choose(number)
        self.large.set_pixels(pixels)
        if pixels is not None and self._one.isHidden():
            height = max(self._parts.height(), 5)
            self._one.show()
            self._parts.setSizes([height * 9 // 20, height * 11 // 20])
        elif pixels is None:
            self._one.hide()

    def set_value(self, text: str, row: int, column: int) -> None:
        """Mark a cell of the large map and say what is there."""
        self._value.setText(text)
        self.large.mark(row, column)

    def set_stages(self, stages: Sequence[ShownStage] | None, scores: Sequence[tuple[str, float]]) -> None:
        """All stages; None hides them."""
        self._stages.setVisible(stages is not None)
        self.strip.set_stages(stages or (), scores)
        if stages is not None:
            bar = self._stages.horizontalScrollBar().sizeHint().height()
            self._stages.setFixedHeight(self.strip.sizeHint().height() + bar)

    def showEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(True)

    def hideEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(False)


def _along(strip: QWidget) -> QScrollArea:
    """An area in which `strip` scrolls sideways."""
    scroll = QScrollArea()
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(strip)
    return scroll
