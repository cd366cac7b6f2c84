"""A cell of the gallery: the crop, a bar of its label's colour, its split, and badges of what is special about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.core.crop import Crop
from studio.state.crop_list import CropList, ShownCrop
from studio.views.gallery.badges import SPLIT_LETTERS, badge_picture, badges_of
from studio.views.gallery.cell_pictures import ROUND, Chips, ScaledPictures
from studio.views.icons import icon
from studio.views.rows import Index
from studio.views.theme import SPLIT_COLORS, current

BAR = 4  # pixels
WITH_TEXT, WITH_WORDS = 56, 120  # pixels of a cell from which it has texts, and whole words
_SHADE = "#a0000000"  # under a number, on any picture
_FADED = frozenset({"outside", "ignore", "rejected"})


class CropDelegate(QStyledItemDelegate):
    """Draws a `ShownCrop`; what is not decoded yet is a quiet square."""

    def __init__(self, picture: Callable[[Crop], QPixmap | None], parent: object = None) -> None:
        """`picture` gives a crop's picture where it is in memory; it is called while painting."""
        super().__init__()
        self.picture = picture
        self._scaled = ScaledPictures()
        self._chips = Chips()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, CropList)
        shown, rect, ratio = model.shown(index.row()), option.rect, painter.device().devicePixelRatioF()
        self._chips.set_font(option.font, ratio)
        self._draw_picture(painter, rect, shown, ratio)
        self._draw_label(painter, rect, shown)
        self._draw_split(painter, rect, shown.split)
        _draw_badges(painter, rect, shown, ratio)
        if option.state & QStyle.StateFlag.State_Selected:
            _draw_selection(painter, rect)
        elif option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(current().dim), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, ROUND, ROUND)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(96, 96)

    def _draw_picture(self, painter: QPainter, rect: QRect, shown: ShownCrop, ratio: float) -> None:
        picture = self.picture(shown.crop)
        if picture is None or picture.isNull():
            _draw_nothing(painter, rect, picture is not None)
            return
        faded = shown.state in _FADED
        if faded:
            painter.setOpacity(0.35)
        painter.drawPixmap(rect.topLeft(), self._scaled.scaled(picture, rect.width(), ratio))
        if faded:
            painter.setOpacity(1.0)

    def _draw_label(self, painter: QPainter, rect: QRect, shown: ShownCrop) -> None:
        """A bar of the label's colour; above it its key, or its name, and the score, where there is room."""
        color = shown.label.color if shown.label else current().dim
        painter.fillRect(rect.left(), rect.bottom() - BAR + 1, rect.width(), BAR, QColor(color))
        if rect.width() < WITH_TEXT:
            return
        top, right = rect.bottom() - BAR - self._chips.height - 2, rect.right() - 3
        if shown.score is not None:
            picture, width = self._chips.chip(f"{shown.score:.2f}", _SHADE)
            right -= width
            painter.drawPixmap(right, top, picture)
        text = shown.label.key if shown.label is not None else ""
        if shown.label is not None and rect.width() >= WITH_WORDS:
            room = right - rect.left() - 16
            text = self._chips.metrics.elidedText(shown.label.name, Qt.TextElideMode.ElideRight, room)
        if text:
            painter.drawPixmap(rect.left() + 4, top, self._chips.chip(text, color)[0])

    def _draw_split(self, painter: QPainter, rect: QRect, split: str) -> None:
        """In the split's colour its word, or two letters of it, or a spot where there is no room for text."""
        if not split:
            return
        if rect.width() < WITH_TEXT:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(SPLIT_COLORS[split]))
            painter.drawEllipse(QRect(rect.left() + 4, rect.top() + 4, 9, 9))
            return
        word = split if rect.width() >= WITH_WORDS else SPLIT_LETTERS[split]
        painter.drawPixmap(rect.left() + 4, rect.top() + 4, self._chips.chip(word, SPLIT_COLORS[split])[0])


def _draw_nothing(painter: QPainter, rect: QRect, unreadable: bool) -> None:
    theme = current()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.raised))
    painter.drawRoundedRect(rect, ROUND, ROUND)
    if unreadable:
        side = rect.width() // 3
        place = QRect(rect.center().x() - side // 2, rect.center().y() - side // 2, side, side)
        icon("mdi6.link-variant-off", theme.dim).paint(painter, place)


def _draw_badges(painter: QPainter, rect: QRect, shown: ShownCrop, ratio: float) -> None:
    side = 20 if rect.width() >= WITH_WORDS else 18 if rect.width() >= 72 else 15
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
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), ROUND, ROUND)
