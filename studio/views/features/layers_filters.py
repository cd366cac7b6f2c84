"""The filters of a layer: colour pictures, or a row of slices for each; their norms, and which of them are dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip

from studio.views.features.cell_grid import CellGrid
from studio.views.features.maps_grid import qimage_of
from studio.views.theme import current

GAP = 6  # pixels between cells
SLICE_GAP = 3
LEAST_CELL, MOST_CELL = 44, 76  # pixels of the side of a colour picture
MOST_SLICE = 40
BAR = 3  # pixels: height of the bar that shows a norm


@dataclass(frozen=True, eq=False)
class FilterPage:
    """Some filters of a layer.

    Attributes:
        numbers: int `(n,)` of the filters.
        inputs: int `(m,)`: the channels whose slices are shown; empty where each filter is one colour picture.
        sheet: uint32 `(n · k, m · k')` of 0xffRRGGBB (m = 1 for colour pictures).
        norms: float32 `(n,)`; `strongest`: the largest norm of the layer.
        dead: bool `(n,)`.
        rule: when a filter is dead, in words.
    """

    numbers: NDArray[np.int64]
    inputs: NDArray[np.int64]
    sheet: NDArray[np.uint32]
    norms: NDArray[np.float32]
    strongest: float
    dead: NDArray[np.bool_]
    rule: str


class FilterGrid(CellGrid):
    """The filters of a page.

    Attributes:
        opened: emitted with the number of the filter that was double-clicked, or confirmed by Enter.
    """

    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__("layers.filters")
        self._page: FilterPage | None = None
        self._sheet = QImage()

    @property
    def page(self) -> FilterPage | None:
        return self._page

    def set_page(self, page: FilterPage | None) -> None:
        """Show other filters; None: nothing."""
        self._page = page
        self._sheet = QImage() if page is None else qimage_of(page.sheet)
        self.arrange()

    @property
    def numbers(self) -> Sequence[int]:
        return [] if self._page is None else self._page.numbers.tolist()

    # Where things are ------------------------------------------------------------------------------------------------

    @property
    def _slices(self) -> int:
        """How many of a filter's inputs are shown; 0 for colour pictures."""
        return 0 if self._page is None else len(self._page.inputs)

    @property
    def _head(self) -> int:
        """Pixels of the number in front of a row of slices."""
        return self.fontMetrics().horizontalAdvance("0000") + 2 * GAP

    @property
    def across(self) -> int:
        return self._layout()[0]

    def _layout(self) -> tuple[int, int]:
        """Cells beside each other, and the side of each."""
        if self._slices:
            room = self.width() - self._head
            return 1, min(max(room // self._slices - SLICE_GAP, 4), MOST_SLICE)
        count = max((self.width() + GAP) // (LEAST_CELL + GAP), 1)
        return count, min(max((self.width() + GAP) // count - GAP, 8), MOST_CELL)

    def cell(self, place: int) -> QRect:
        """Where the `place`-th filter of the page is drawn, with its number and norm."""
        across, side = self._layout()
        if self._slices:
            height = max(side, self.fontMetrics().height() + BAR) + SLICE_GAP
            return QRect(0, place * height, self.width(), height)
        row, column = divmod(place, across)
        below = BAR + 2 + self.fontMetrics().height()
        return QRect(column * (side + GAP), row * (side + below + GAP), side, side + below)

    # Painting --------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._page is None:
            return
        painter = QPainter(self)
        for place in range(len(self._page.numbers)):
            cell = self.cell(place)
            if cell.intersects(event.rect()):
                self._paint_slices(painter, cell, place) if self._slices else self._paint_picture(painter, cell, place)

    def _paint_picture(self, painter: QPainter, cell: QRect, place: int) -> None:
        side, high = cell.width(), self._sheet.height() // len(self._page.numbers)  # type: ignore[union-attr]
        picture = QRect(cell.topLeft(), QSize(side, side))
        painter.drawImage(picture, self._sheet, QRect(0, place * high, self._sheet.width(), high))
        self._paint_norm(painter, QRect(cell.left(), picture.bottom() + 2, side, BAR), place)
        words = QRect(cell.left(), cell.bottom() - self.fontMetrics().height() + 1, side, self.fontMetrics().height())
        self._paint_number(painter, words, place)
        self._mark_chosen(painter, picture, place)

    def _paint_slices(self, painter: QPainter, cell: QRect, place: int) -> None:
        assert self._page is not None
        side = self._layout()[1]
        high = self._sheet.height() // len(self._page.numbers)
        wide = self._sheet.width() // self._slices
        for column in range(self._slices):
            at = QRect(self._head + column * (side + SLICE_GAP), cell.top(), side, side)
            painter.drawImage(at, self._sheet, QRect(column * wide, place * high, wide, high))
        line = self.fontMetrics().height()
        self._paint_number(painter, QRect(0, cell.top(), self._head - GAP, line), place)
        self._paint_norm(painter, QRect(0, cell.top() + line, self._head - GAP, BAR), place)
        self._mark_chosen(painter, QRect(0, cell.top(), self.width(), cell.height() - SLICE_GAP), place)

    def _paint_number(self, painter: QPainter, at: QRect, place: int) -> None:
        assert self._page is not None
        dead = bool(self._page.dead[place])
        painter.setPen(QColor(current().bad) if dead else QColor(current().dim))
        text = f"{self._page.numbers[place]}"
        wide = self.fontMetrics().horizontalAdvance(f"{text} dead") <= at.width()
        text = f"{text} dead" if dead and wide else f"{text} †" if dead else text
        painter.drawText(at, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_norm(self, painter: QPainter, at: QRect, place: int) -> None:
        assert self._page is not None
        share = float(self._page.norms[place]) / self._page.strongest if self._page.strongest > 0 else 0.0
        painter.fillRect(at, QColor(current().line))
        painter.fillRect(QRect(at.topLeft(), QSize(round(at.width() * share), at.height())), QColor(current().accent))

    def _mark_chosen(self, painter: QPainter, at: QRect, place: int) -> None:
        assert self._page is not None
        if self._page.numbers[place] == self._chosen:
            self.mark(painter, at)

    # Mouse and keys --------------------------------------------------------------------------------------------------

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if place >= 0 and self._page is not None and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(int(self._page.numbers[place]))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        place = self.place_at(point)
        if place < 0 or self._page is None:
            QToolTip.hideText()
            return
        text = f"filter {self._page.numbers[place]}: norm {self._page.norms[place]:.3g}"
        column = (point.x() - self._head) // (self._layout()[1] + SLICE_GAP)
        if 0 <= column < self._slices:
            text += f", what it weighs of channel {self._page.inputs[column]}"
        if self._page.dead[place]:
            text += f"; dead: {self._page.rule}"
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._chosen >= 0:
            self.opened.emit(self._chosen)
        else:
            super().keyPressEvent(event)
