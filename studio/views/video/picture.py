"""A frame in a widget: zoom, place, pixels and the grid between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.views.video.painting import paint_grid
from studio.views.video.viewport import STEP, Viewport

SHARP = 4.0  # zoom from which pixels are squares
GRID = 8.0  # zoom from which lines between the pixels can be seen


class PictureWidget(QWidget):
    """Shows a frame through a `Viewport`; whoever inherits paints over it.

    The picture is drawn once for each frame and place and then copied, so that what is drawn over it costs little.

    Attributes:
        zoomed: emitted with the zoom when it changed.
        stepped: the wheel was turned: emitted with −1 or 1, a frame back or on.
    """

    zoomed = Signal(float)
    stepped = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(8 * self.fontMetrics().height(), 6 * self.fontMetrics().height())
        self._viewport = Viewport()
        self._picture: NDArray[np.uint8] | None = None
        self._small: NDArray[np.uint8] | None = None
        self._rendered: QImage | None = None
        self._grid = True
        self._wheel = 0

    @property
    def viewport(self) -> Viewport:
        return self._viewport

    @property
    def frame_size(self) -> tuple[int, int]:
        """Width and height of the picture; 0, 0 without one."""
        return (0, 0) if self._picture is None else (self._picture.shape[1], self._picture.shape[0])

    # What is shown ---------------------------------------------------------------------------------------------------

    def set_picture(self, picture: NDArray[np.uint8] | None, small: NDArray[np.uint8] | None = None) -> None:
        """Show uint8 `(height, width, 3)` RGB, or nothing; `small` is the same with fewer pixels."""
        self._picture = None if picture is None else np.ascontiguousarray(picture)
        self._small = None if small is None else np.ascontiguousarray(small)
        self._fit_sizes()
        self._redraw()

    def set_grid(self, shown: bool) -> None:
        self._grid = shown
        self.update()

    def fit(self) -> None:
        self._viewport.fit()
        self._moved()

    def zoom_to(self, zoom: float) -> None:
        self._viewport.zoom_to(zoom)
        self._moved()

    def zoom_by(self, factor: float) -> None:
        self.zoom_to(self._viewport.zoom * factor)

    def paint_over(self, painter: QPainter) -> None:
        """Paint what belongs over the picture, in points of the widget; called only where there is one."""

    # Events ----------------------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta().y() or event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._viewport.zoom_at(event.position(), STEP ** (turn / 120))
            self._moved()
        else:
            self._wheel += turn  # touchpads send small parts of a notch
            notches = int(self._wheel / 120)
            self._wheel -= 120 * notches
            for _ in range(abs(notches)):
                self.stepped.emit(-1 if notches > 0 else 1)
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_sizes()
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._picture is None:
            painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.Base))
            return
        painter.drawImage(QPointF(), self._render())
        if self._grid and self._viewport.zoom >= GRID:
            paint_grid(painter, self._viewport, QRectF(self.rect()))
        self.paint_over(painter)

    # Inside ----------------------------------------------------------------------------------------------------------

    def _moved(self) -> None:
        self._redraw()
        self.zoomed.emit(self._viewport.zoom)

    def _fit_sizes(self) -> None:
        before = self._viewport.zoom
        self._viewport.set_sizes(QSizeF(*self.frame_size), QSizeF(self.size()))
        if before != self._viewport.zoom:
            self.zoomed.emit(self._viewport.zoom)

    def _redraw(self) -> None:
        self._rendered = None
        self.update()

    def _render(self) -> QImage:
        """The widget's ground and picture, in pixels of the display."""
        ratio = self.devicePixelRatioF()
        if self._rendered is None or self._rendered.devicePixelRatio() != ratio:
            image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
            image.setDevicePixelRatio(ratio)
            image.fill(self.palette().color(QPalette.ColorRole.Base))
            painter = QPainter(image)
            self._paint_picture(painter, self.rect())
            painter.end()
            self._rendered = image
        return self._rendered

    def _paint_picture(self, painter: QPainter, area: QRect) -> None:
        """Only the pixels that can be seen: far in, a frame would be larger than memory."""
        assert self._picture is not None
        source, zoom = self._picture, self._viewport.zoom
        if self._small is not None:
            shrunk = self._small.shape[1] / self._picture.shape[1]
            if zoom * self.devicePixelRatioF() <= shrunk:
                source, zoom = self._small, zoom / shrunk
        height, width = source.shape[:2]
        picture = QImage(source.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        origin = self._viewport.origin
        seen = self._viewport.picture_rect.intersected(QRectF(area))
        low, high = (seen.topLeft() - origin) / zoom, (seen.bottomRight() - origin) / zoom
        corners = QPoint(int(low.x()), int(low.y())), QPoint(int(high.x()) + 1, int(high.y()) + 1)
        pixels = QRect(*corners) & picture.rect()
        target = QRectF(pixels.topLeft().toPointF() * zoom + origin, QSizeF(pixels.size()) * zoom)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom < SHARP)
        painter.drawImage(target, picture, QRectF(pixels))
