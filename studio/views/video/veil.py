"""Paints a `Veil` between the picture and the boxes."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from studio.state.veil import Veil
from studio.views.video.viewport import Viewport

_SOLID, _DASHED = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine  # no label's box is dashed white
SMOOTH = 24.0  # widget points of a cell from which cells are shown as squares


def paint_veil(painter: QPainter, viewport: Viewport, veil: Veil) -> None:
    """The map inside the picture, and a mark with a dark line beneath, so that it is seen on any picture."""
    if veil.pixels is not None and veil.opacity > 0:
        _paint_pixels(painter, viewport, veil)
    if veil.mark is not None:
        rect = viewport.rect(veil.mark)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width, style in ((QColor(0, 0, 0, 170), 3.4, _SOLID), (QColor(255, 255, 255), 1.8, _DASHED)):
            painter.setPen(QPen(color, width, style))
            painter.drawRect(rect)


def _paint_pixels(painter: QPainter, viewport: Viewport, veil: Veil) -> None:
    assert veil.pixels is not None
    height, width = veil.pixels.shape
    format_ = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(veil.pixels.data, width, height, veil.pixels.strides[0], format_)
    target = viewport.rect(veil.box)
    painter.save()
    painter.setClipRect(viewport.picture_rect)
    painter.setOpacity(veil.opacity)
    cell = target.width() / max(width, 1)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, cell < SMOOTH)
    painter.drawImage(target, image, QRectF(image.rect()))
    painter.restore()
