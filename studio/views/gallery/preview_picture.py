"""A crop in its frame, as large as there is room, with its box drawn."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.crop import CropContext
from studio.views.theme import current

_SHARE = 0.75  # of its width, its height


class PreviewPicture(QWidget):
    """Shows the newest picture until there is another; a sentence where there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self._box = QRectF()
        self._color = ""
        self._problem = ""
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_color(self, color: str) -> None:
        """Of the box, "#rrggbb"."""
        self._color = color
        self.update()

    def set_context(self, context: CropContext) -> None:
        """Show this."""
        height, width = context.picture.shape[:2]
        view = QImage(context.picture.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._image, self._box, self._problem = view.copy(), QRectF(*context.box), ""
        self.update()

    def set_problem(self, text: str) -> None:
        """Say why there is no picture; "": it is on its way."""
        self._image, self._problem = QImage(), text
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(_SHARE * width)

    def sizeHint(self) -> QSize:
        return QSize(280, round(_SHARE * 280))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 80)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.base))
        if self._image.isNull():
            painter.setPen(QColor(theme.dim))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(12, 8, -12, -8), flags, self._problem)
            return
        place = self._place()
        scale = place.width() / self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 3)  # larger pixels are looked at
        painter.drawImage(place, self._image)
        painter.setClipRect(place)
        box = QRectF(self._box.topLeft() * scale, self._box.size() * scale).translated(place.topLeft())
        for color, width in (("#000000", 4), (self._color, 2)):
            painter.setPen(QPen(QColor(color), width))
            painter.drawRect(box)

    def _place(self) -> QRect:
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(0, 0, size.width(), size.height())
        place.moveCenter(self.rect().center())
        return place
