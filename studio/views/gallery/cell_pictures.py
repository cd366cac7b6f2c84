"""What cells are painted with, drawn once: pictures in the size of the cells, and words on a colour."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPixmap

ROUND = 4  # pixels of a cell's corners
_SCALED_BYTES = 48 << 20  # of pictures in the size of the cells: a screen of 4K takes 32 MB
_CHIPS = 1024  # words that are kept


class ScaledPictures:
    """Pictures in the size they are drawn with rounded corners: scaling them anew at each painting would be felt."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int], QPixmap] = OrderedDict()
        self._side = 0  # device pixels

    def scaled(self, picture: QPixmap, side: int, ratio: float) -> QPixmap:
        """`picture` as a square of `side` pixels on a screen of `ratio` device pixels each."""
        pixels = round(side * ratio)
        if pixels != self._side:
            self._kept.clear()
            self._side = pixels
        key = picture.cacheKey(), pixels
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = _rounded(picture, pixels, ratio)
            while len(self._kept) * pixels * pixels * 4 > _SCALED_BYTES:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return found


def _rounded(picture: QPixmap, pixels: int, ratio: float) -> QPixmap:
    made = QPixmap(pixels, pixels)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    outline = QPainterPath()
    outline.addRoundedRect(QRectF(0, 0, pixels, pixels), ROUND * ratio, ROUND * ratio)
    painter.setClipPath(outline)
    painter.drawPixmap(QRect(0, 0, pixels, pixels), picture)
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


class Chips:
    """Words on a colour; there are few, and writing them anew in each cell would take longer than all the rest."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], QPixmap] = {}
        self._font, self._ratio = QFont(), 0.0
        self.height = 0  # pixels of a chip

    def set_font(self, font: QFont, ratio: float) -> None:
        """For a screen of `ratio` device pixels each; the words are a little smaller than the rest."""
        if font == self._font and ratio == self._ratio:
            return
        self._kept.clear()
        self._font, self._ratio = QFont(font), ratio  # a copy: the option's goes with it
        self._small = QFont(font)
        self._small.setPointSizeF(max(font.pointSizeF() * 0.8, 6.0))
        self.metrics = QFontMetrics(self._small)
        self.height = self.metrics.height() + 2

    def chip(self, text: str, ground: str) -> tuple[QPixmap, int]:
        """The picture of a word on `ground` ("#rrggbb"), and its width."""
        found = self._kept.get((text, ground))
        if found is None:
            if len(self._kept) >= _CHIPS:
                self._kept.clear()
            found = self._kept[text, ground] = self._drawn(text, QColor(ground))
        return found, round(found.width() / self._ratio)

    def _drawn(self, text: str, ground: QColor) -> QPixmap:
        place = QRect(0, 0, self.metrics.horizontalAdvance(text) + 8, self.height)
        picture = QPixmap(place.size() * self._ratio)
        picture.setDevicePixelRatio(self._ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._small)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(place, 3, 3)
        painter.setPen(QColor("#ffffff" if ground.alpha() < 255 or ground.lightnessF() < 0.5 else "#000000"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
        return picture
