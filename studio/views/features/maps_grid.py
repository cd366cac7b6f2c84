"""Feature maps as cells in rows: one picture for all of them, drawn in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import qimage2ndarray
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip

from studio.views.features.cell_grid import CellGrid

GAP = 6  # pixels between cells
LEAST_CELL = 88  # pixels of a cell's width
LEAST_VALUE = 48  # of a cell that holds one value alone
SHARP = 6.0  # widget points of a map's cell from which it is drawn as a square


@dataclass(frozen=True, eq=False)
class ShownPage:
    """What a grid shows.

    Attributes:
        numbers: of the channels, in the order of their cells.
        sheet: uint32 `(n · rows, columns)` of 0xffRRGGBB: the maps one below the other.
        values: float32 `(n, rows, columns)` that they show.
        filters: uint8 `(n, k, k, 3)`: a small picture in each cell's corner; None for none.
    """

    numbers: Sequence[int]
    sheet: NDArray[np.uint32]
    values: NDArray[np.float32]
    filters: NDArray[np.uint8] | None = None


class MapGrid(CellGrid):
    """The channels of a page."""

    def __init__(self) -> None:
        super().__init__("maps.grid")
        self._page: ShownPage | None = None
        self._sheet = QImage()
        self._filters: list[QImage] = []
        self._shape = (0, 1, 1)

    @property
    def page(self) -> ShownPage | None:
        return self._page

    def set_page(self, page: ShownPage) -> None:
        """Show it. A sheet is drawn in parts as it is: n pictures made for every frame would halt the window."""
        before = self._page
        self._page, self._sheet = page, qimage_of(page.sheet)
        if before is None or page.filters is not before.filters:
            filters = () if page.filters is None else tuple(page.filters)
            self._filters = [qimage2ndarray.array2qimage(picture) for picture in filters]
        if page.values.shape != self._shape:
            self._shape = page.values.shape
            self.arrange()
        self.update()

    @property
    def numbers(self) -> Sequence[int]:
        return () if self._page is None else self._page.numbers

    @property
    def across(self) -> int:
        return self._layout()[0]

    def cell(self, place: int) -> QRect:
        across, size = self._layout()
        row, column = divmod(place, across)
        return QRect(QPoint(column * (size.width() + GAP), row * (size.height() + GAP)), size)

    def _layout(self) -> tuple[int, QSize]:
        _, rows, columns = self._shape
        least = LEAST_CELL if rows * columns > 1 else LEAST_VALUE
        across = max((self.width() + GAP) // (least + GAP), 1)
        width = max((self.width() + GAP) // across - GAP, 8)
        return across, QSize(width, min(max(round(width * rows / columns), 8), 4 * width))

    # Painting --------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._page is None:
            return
        painter = QPainter(self)
        _, rows, columns = self._shape
        wide = self._layout()[1].width()
        for place, number in enumerate(self._page.numbers):
            cell = self.cell(place)
            if not cell.intersects(event.rect()):
                continue
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, wide / columns < SHARP)
            painter.drawImage(cell, self._sheet, QRect(0, place * rows, columns, rows))
            if place < len(self._filters):
                self._paint_filter(painter, cell, self._filters[place])
            self._paint_text(painter, cell, str(number))
            if rows * columns == 1:
                self._paint_text(
                    painter, cell, short_value(self._page.values[place, 0, 0]), Qt.AlignmentFlag.AlignBottom
                )
            if number == self._chosen:
                self.mark(painter, cell)

    def _paint_text(
        self, painter: QPainter, cell: QRect, text: str, where: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignTop
    ) -> None:
        metrics = self.fontMetrics()
        chip = QRect(cell.left(), cell.top(), metrics.horizontalAdvance(text) + 6, metrics.height())
        if where == Qt.AlignmentFlag.AlignBottom:
            chip.moveBottomRight(cell.bottomRight())
        painter.fillRect(chip, QColor(0, 0, 0, 130))
        painter.setPen(QColor(255, 255, 255, 220))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_filter(self, painter: QPainter, cell: QRect, picture: QImage) -> None:
        side = max(cell.height() // 3, 14)
        corner = QRect(cell.left() + 3, cell.bottom() - side - 2, side, side)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)  # a filter's weights have edges
        painter.drawImage(corner, picture)
        painter.setPen(QColor(0, 0, 0, 160))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(corner.adjusted(-1, -1, 0, 0))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        place = self.place_at(point)
        if self._page is not None and place >= 0:
            text = value_text(self._page, place, QRectF(self.cell(place)), event.position())
            QToolTip.showText(event.globalPosition().toPoint(), text, self)


def value_text(page: ShownPage, place: int, cell: QRectF, point: QPointF) -> str:
    """The value under `point` of the map that is drawn in `cell`, and the map's largest."""
    values = page.values[place]
    rows, columns = values.shape
    row = min(max(int((point.y() - cell.top()) / cell.height() * rows), 0), rows - 1)
    column = min(max(int((point.x() - cell.left()) / cell.width() * columns), 0), columns - 1)
    number = page.numbers[place]
    if rows * columns == 1:
        return f"channel {number}: {values[0, 0]:.4g}"
    return f"channel {number}: {values[row, column]:.4g} at row {row}, column {column}; {spread_text(values)}"


def spread_text(values: NDArray[np.float32]) -> str:
    """From where to where values go, in words."""
    return f"{values.min():.3g} … {values.max():.3g}"


def short_value(value: float) -> str:
    """With two digits behind the point, and zero without a sign."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


def qimage_of(pixels: NDArray[np.uint32]) -> QImage:
    """A QImage on `(height, width)` of 0xffRRGGBB, which it keeps alive; nothing is copied."""
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    image.ndarray = pixels  # type: ignore[attr-defined]
    return image
