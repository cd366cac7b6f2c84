"""Where the pixels of a frame are in a widget: zoom and place, plain numbers."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF

from studio.core.geometry import Box

LEAST, MOST = 0.02, 64.0  # zoom
STEP = 2**0.25  # of the wheel


class Viewport:
    """Maps points of a picture to points of a widget and back.

    Attributes:
        zoom: widget points for a pixel of the picture.
        origin: where the picture's upper left corner is in the widget.
        fitted: the whole picture is kept in view when the widget or the picture changes its size.
    """

    def __init__(self) -> None:
        self.zoom = 1.0
        self.origin = QPointF()
        self.fitted = True
        self._picture = QSizeF(0, 0)
        self._widget = QSizeF(1, 1)

    def set_sizes(self, picture: QSizeF, widget: QSizeF) -> None:
        """Sizes changed: fit again, or keep the middle where it was."""
        if picture == self._picture and widget == self._widget:
            return
        shift = QPointF(widget.width() - self._widget.width(), widget.height() - self._widget.height()) / 2
        self._picture, self._widget = picture, widget
        if self.fitted:
            self.fit()
        else:
            self.origin += shift
            self._keep_in_sight()

    def fit(self) -> None:
        """Show the whole picture, as large as it fits."""
        self.fitted = True
        if self._picture.isEmpty():
            return
        wide, high = self._picture.width(), self._picture.height()
        self.zoom = min(max(min(self._widget.width() / wide, self._widget.height() / high), LEAST), MOST)
        self.origin = QPointF(
            (self._widget.width() - wide * self.zoom) / 2, (self._widget.height() - high * self.zoom) / 2
        )

    def zoom_at(self, place: QPointF, factor: float) -> None:
        """Zoom so that the pixel at the widget's `place` stays there."""
        zoom = min(max(self.zoom * factor, LEAST), MOST)
        pixel = self.to_picture(place)
        self.zoom = zoom
        self.origin = place - pixel * zoom
        self.fitted = False
        self._keep_in_sight()

    def zoom_to(self, zoom: float) -> None:
        """Zoom around the middle of the widget."""
        self.zoom_at(QPointF(self._widget.width() / 2, self._widget.height() / 2), zoom / self.zoom)

    def move(self, by: QPointF) -> None:
        """Move the picture by widget points; a part of it stays in sight."""
        self.origin += by
        self.fitted = False
        self._keep_in_sight()

    def to_picture(self, place: QPointF) -> QPointF:
        return (place - self.origin) / self.zoom

    def to_widget(self, pixel: QPointF) -> QPointF:
        return pixel * self.zoom + self.origin

    def rect(self, box: Box) -> QRectF:
        """A box of the picture in the widget."""
        corner = self.to_widget(QPointF(box.x, box.y))
        return QRectF(corner.x(), corner.y(), box.width * self.zoom, box.height * self.zoom)

    @property
    def picture_rect(self) -> QRectF:
        """The whole picture in the widget."""
        return QRectF(self.origin, self._picture * self.zoom)

    def _keep_in_sight(self) -> None:
        size = self._picture * self.zoom
        least = min(40.0, size.width(), size.height())
        self.origin = QPointF(
            min(max(self.origin.x(), least - size.width()), self._widget.width() - least),
            min(max(self.origin.y(), least - size.height()), self._widget.height() - least),
        )
