"""A cell of the gallery: the crop, a bar of its label's colour, its split, and badges."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.core.crop import Crop
from studio.state.crop_list import CropList, ShownCrop
from studio.views.gallery.badges import badge_picture, badges_of
from studio.views.icons import icon
from studio.views.rows import Index
from studio.views.theme import SPLIT_COLORS, current

BAR = 4  # pixels
WITH_TEXT, WITH_WORDS = 56, 120  # pixels of a cell from which it has texts, and whole words
_FADED = frozenset({"outside", "ignore", "rejected"})
_ROUND = 4  # pixels of a cell's corners
_SCALED_BYTES = 48 << 20  # of pictures in the size of the cells: a screen of 4K takes 32 MB


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
    outline.addRoundedRect(QRectF(0, 0, pixels, pixels), _ROUND * ratio, _ROUND * ratio)
    painter.setClipPath(outline)
    painter.drawPixmap(QRect(0, 0, pixels, pixels), picture)
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


class CropDelegate(QStyledItemDelegate):
    """Draws a `ShownCrop`; what is not decoded yet is a quiet square."""

    def __init__(self, picture: Callable[[Crop], QPixmap | None], parent: object = None) -> None:
        """`picture` gives a crop's picture where it is in memory; it is called while painting."""
        super().__init__()
        self._picture = picture
        self._scaled = ScaledPictures()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, CropList)
        shown, rect = model.shown(index.row()), option.rect
        font = QFont(option.font)
        font.setPointSizeF(max(font.pointSizeF() * 0.8, 6.0))
        painter.setFont(font)
        self._draw_picture(painter, rect, shown)
        _draw_label(painter, rect, shown)
        _draw_split(painter, rect, shown.split)
        _draw_badges(painter, rect, shown)
        if option.state & QStyle.StateFlag.State_Selected:
            _draw_selection(painter, rect)
        elif option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(current().dim), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, _ROUND, _ROUND)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(96, 96)

    def _draw_picture(self, painter: QPainter, rect: QRect, shown: ShownCrop) -> None:
        picture = self._picture(shown.crop)
        if picture is None or picture.isNull():
            theme = current()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(rect, _ROUND, _ROUND)
            if picture is not None:
                side = rect.width() // 3
                place = QRect(rect.center().x() - side // 2, rect.center().y() - side // 2, side, side)
                icon("mdi6.link-variant-off", theme.dim).paint(painter, place)
            return
        faded = shown.state in _FADED
        if faded:
            painter.setOpacity(0.35)
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(rect.topLeft(), self._scaled.scaled(picture, rect.width(), ratio))
        if faded:
            painter.setOpacity(1.0)


def _draw_label(painter: QPainter, rect: QRect, shown: ShownCrop) -> None:
    """A bar of the label's colour; above it its key, or its name, and the score, where there is room."""
    color = QColor(shown.label.color if shown.label else current().dim)
    painter.fillRect(QRect(rect.left(), rect.bottom() - BAR + 1, rect.width(), BAR), color)
    if rect.width() < WITH_TEXT:
        return
    height = painter.fontMetrics().height() + 2
    line = QRect(rect.left() + 4, rect.bottom() - BAR - height - 2, rect.width() - 8, height)
    if shown.score is not None:
        width = _draw_chip(painter, line, f"{shown.score:.2f}", QColor(0, 0, 0, 160), Qt.AlignmentFlag.AlignRight)
        line.setRight(line.right() - width - 4)
    if shown.label is not None:
        text = shown.label.key
        if rect.width() >= WITH_WORDS:
            text = painter.fontMetrics().elidedText(shown.label.name, Qt.TextElideMode.ElideRight, line.width() - 8)
        if text:
            _draw_chip(painter, line, text, color, Qt.AlignmentFlag.AlignLeft)


def _draw_chip(painter: QPainter, line: QRect, text: str, ground: QColor, side: Qt.AlignmentFlag) -> int:
    """Returns its width."""
    width = painter.fontMetrics().horizontalAdvance(text) + 8
    left = line.left() if side == Qt.AlignmentFlag.AlignLeft else line.right() - width + 1
    place = QRect(left, line.top(), width, line.height())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(place, 3, 3)
    dark = ground.alpha() < 255 or ground.lightnessF() < 0.5
    painter.setPen(QColor("#ffffff" if dark else "#000000"))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
    return width


def _draw_split(painter: QPainter, rect: QRect, split: str) -> None:
    """In the split's colour its word, or its first letter, or a spot where there is no room for text."""
    if not split:
        return
    color = QColor(SPLIT_COLORS[split])
    if rect.width() < WITH_TEXT:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(QRect(rect.left() + 4, rect.top() + 4, 9, 9))
        return
    line = QRect(rect.left() + 4, rect.top() + 4, rect.width(), painter.fontMetrics().height() + 2)
    word = split if rect.width() >= WITH_WORDS else split[0].upper()
    _draw_chip(painter, line, word, color, Qt.AlignmentFlag.AlignLeft)


def _draw_badges(painter: QPainter, rect: QRect, shown: ShownCrop) -> None:
    side = 20 if rect.width() >= WITH_WORDS else 18 if rect.width() >= 72 else 15
    ratio = painter.device().devicePixelRatioF()
    right = rect.right() - 3
    for badge in badges_of(shown, rect.width()):
        painter.drawPixmap(right - side + 1, rect.top() + 4, badge_picture(badge, side, ratio))
        right -= side + 2


def _draw_selection(painter: QPainter, rect: QRect) -> None:
    accent = QColor(current().accent)
    veil = QColor(accent)
    veil.setAlpha(60)
    painter.setPen(QPen(accent, 3))
    painter.setBrush(veil)
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), _ROUND, _ROUND)
