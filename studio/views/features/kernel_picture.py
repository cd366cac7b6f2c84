"""What the steps make of the frame: alone, beside the frame, or over it; a pixel under the mouse."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

MODES = (("result", "Result"), ("beside", "Beside the frame"), ("over", "Over the frame"))
OVER = 0.7  # opacity of the result over the frame
GAP = 4  # pixels between the two pictures
LEAST_HEIGHT = 96  # pixels


class KernelPicture(QWidget):
    """The result, in its own shape or in the frame's.

    Attributes:
        pointed: emitted with the column and row of the result's pixel under the mouse; −1, −1 where it left.
        resized: the room for pictures is another one.
        reshaped: they want another height.
    """

    pointed = Signal(int, int)
    resized = Signal()
    reshaped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("kernel.picture")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._result, self._frame = QImage(), QImage()
        self._mode = "result"
        self._mark: QRectF | None = None  # the part of the result that is pointed at, 0…1

    def set_pictures(self, result: NDArray[np.uint8], frame: NDArray[np.uint8]) -> None:
        """Both uint8 `(height, width, 3)` RGB; the result may be smaller, or consist of tiles."""
        before, size = self._shape(), self._result.size()
        self._result, self._frame = _image(result), _image(frame)
        if size != self._result.size() and self._mark is not None:  # under the mouse is another pixel now
            self._forget_mark()
        if before != self._shape():
            self.reshaped.emit()
        self.update()

    def set_mode(self, mode: str) -> None:
        """ "result", "beside" or "over"."""
        self._mode = mode
        self.reshaped.emit()
        self.resized.emit()
        self.update()

    @property
    def mode(self) -> str:
        return self._mode

    def room(self) -> int:
        """Pixels of the display that a picture is wide."""
        width = (self.width() - GAP) // 2 if self._mode == "beside" else self.width()
        return round(width * self.devicePixelRatioF())

    def place(self) -> QRectF:
        """Where the result is drawn."""
        room = QRectF(self.rect())
        if self._mode == "beside":
            room.setLeft((self.width() + GAP) / 2)
        return _fitted(self._shape(), room)

    def wanted_height(self, width: int) -> int:
        """Pixels that the pictures are high where they may be `width` wide."""
        shapes = [self._shape()] + [self._frame.size()] * (self._mode == "beside" and not self._frame.isNull())
        wide = (width - GAP) / 2 if self._mode == "beside" else width
        return max(*(round(wide * shape.height() / shape.width()) for shape in shapes), LEAST_HEIGHT)

    def _shape(self) -> QSize:
        """Of what is drawn: the sheet of maps, which over the frame is as that is."""
        if self._frame.isNull():
            return QSize(16, 9)
        return self._frame.size() if self._mode == "over" else self._result.size()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, LEAST_HEIGHT)

    def resizeEvent(self, event: QEvent) -> None:
        self.resized.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.place()
        if self._result.isNull() or not place.contains(event.position()):
            self.leaveEvent(event)
            return
        inside = event.position() - place.topLeft()
        column = min(int(inside.x() / place.width() * self._result.width()), self._result.width() - 1)
        row = min(int(inside.y() / place.height() * self._result.height()), self._result.height() - 1)
        self._mark = QRectF(column, row, 1, 1)
        self.pointed.emit(column, row)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._forget_mark()
        self.update()

    def _forget_mark(self) -> None:
        self._mark = None
        self.pointed.emit(-1, -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        place = self.place()
        if self._result.isNull():
            painter.fillRect(place, self.palette().color(QPalette.ColorRole.AlternateBase))
            return
        if self._mode == "beside":
            room = QRectF(self.rect())
            room.setRight((self.width() - GAP) / 2)
            _draw(painter, _fitted(self._frame.size(), room), self._frame)
        if self._mode == "over":
            _draw(painter, place, self._frame)
            painter.setOpacity(OVER)
        _draw(painter, place, self._result)
        painter.setOpacity(1)
        if self._mark is not None:
            self._paint_mark(painter, place)

    def _paint_mark(self, painter: QPainter, place: QRectF) -> None:
        assert self._mark is not None
        x, y = place.width() / self._result.width(), place.height() / self._result.height()
        pixel = QRectF(place.left() + self._mark.left() * x, place.top() + self._mark.top() * y, x, y)
        for color, room in ((QColor(0, 0, 0, 200), 3.0), (self.palette().color(QPalette.ColorRole.Accent), 2.0)):
            painter.setPen(QPen(color, 1))
            painter.drawRect(pixel.adjusted(-room, -room, room, room))


def _fitted(shape: QSize, room: QRectF) -> QRectF:
    """The largest rectangle of this shape in the middle of the room."""
    size = QSizeF(shape).scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    return QRectF(QPointF(room.center().x() - size.width() / 2, room.center().y() - size.height() / 2), size)


def _draw(painter: QPainter, place: QRectF, image: QImage) -> None:
    """Enlarged pixels stay squares."""
    larger = place.width() * painter.device().devicePixelRatioF() > 1.5 * image.width()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not larger)
    painter.drawImage(place, image)


def _image(picture: NDArray[np.uint8]) -> QImage:
    """A QImage on the array, which it keeps alive."""
    pixels = np.ascontiguousarray(picture)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    image.ndarray = pixels  # type: ignore[attr-defined]
    return image
