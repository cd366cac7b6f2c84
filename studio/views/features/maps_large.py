"""One feature map, large: its cells are squares, and the one under the cursor is told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.views.features.maps_grid import qimage_of


class LargeMap(QWidget):
    """A map as large as fits.

    Attributes:
        hovered: emitted with row and column under the cursor; −1, −1 when it left.
    """

    hovered = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("maps.large")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._image = QImage()
        self._cell = (-1, -1)

    def set_pixels(self, pixels: NDArray[np.uint32] | None) -> None:
        """Show uint32 `(rows, columns)` of 0xffRRGGBB, or nothing."""
        self._image = QImage() if pixels is None else qimage_of(pixels)
        self.update()

    def mark(self, row: int, column: int) -> None:
        """Draw a frame around a cell."""
        self._cell = row, column
        self.update()

    def area(self) -> QRectF:
        """Where the map is drawn."""
        size = QSizeF(self._image.size()).scaled(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        return QRectF(left, top, size.width(), size.height())

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell is drawn."""
        area = self.area()
        wide, high = area.width() / self._image.width(), area.height() / self._image.height()
        return QRectF(area.left() + column * wide, area.top() + row * high, wide, high)

    def sizeHint(self) -> QSize:
        return QSize(240, 160)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 100)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area = self.area()
        if self._image.isNull() or not area.contains(event.position()):
            self.hovered.emit(-1, -1)
            return
        place = event.position() - area.topLeft()
        row = min(int(place.y() / area.height() * self._image.height()), self._image.height() - 1)
        column = min(int(place.x() / area.width() * self._image.width()), self._image.width() - 1)
        self.hovered.emit(row, column)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(-1, -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.drawImage(self.area(), self._image, QRectF(self._image.rect()))
        row, column = self._cell
        if 0 <= row < self._image.height() and 0 <= column < self._image.width():
            cell = self.cell(row, column).adjusted(-1, -1, 1, 1)
            for color, width in ((QColor(0, 0, 0, 160), 3.0), (self.palette().color(QPalette.ColorRole.Accent), 1.6)):
                painter.setPen(QPen(color, width))
                painter.drawRect(cell)
