"""A cell of the gallery: the crop, a bar of its label's colour, and badges that say what is special about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.core.crop import Crop
from studio.state.crop_list import CropList, ShownCrop
from studio.views.icons import icon
from studio.views.rows import Index
from studio.views.theme import current

BAR = 4  # pixels
_BADGES = (  # of a keyframe, a near-duplicate, and of states
    ("keyframe", "mdi6.rhombus"),
    ("near_duplicate", "mdi6.content-duplicate"),
    ("occluded", "mdi6.eye-minus"),
    ("outside", "mdi6.arrow-expand-right"),
    ("ignore", "mdi6.eye-off"),
    ("rejected", "mdi6.close-thick"),
)
_FADED = frozenset({"outside", "ignore", "rejected"})


class CropDelegate(QStyledItemDelegate):
    """Draws a `ShownCrop`; what is not decoded yet is a quiet square."""

    def __init__(self, picture: Callable[[Crop], QPixmap | None], parent: object = None) -> None:
        """`picture` gives a crop's picture where it is in memory; it is called while painting."""
        super().__init__()
        self._picture = picture

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, CropList)
        shown = model.shown(index.row())
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(option.rect), 4, 4)
        painter.setClipPath(outline)
        self._draw_picture(painter, option.rect, shown)
        _draw_label(painter, option.rect, shown)
        _draw_badges(painter, option.rect, shown)
        painter.setClipping(False)
        if selected:
            _draw_selection(painter, option.rect)
        elif option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(current().dim), 1, Qt.PenStyle.DotLine))
            painter.drawPath(outline)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(96, 96)

    def _draw_picture(self, painter: QPainter, rect: QRect, shown: ShownCrop) -> None:
        theme = current()
        painter.fillRect(rect, QColor(theme.raised))
        picture = self._picture(shown.crop)
        if picture is None:
            return
        if picture.isNull():
            side = rect.width() // 3
            place = QRect(rect.center().x() - side // 2, rect.center().y() - side // 2, side, side)
            icon("mdi6.link-variant-off", theme.dim).paint(painter, place)
            return
        painter.setOpacity(0.35 if shown.state in _FADED else 1.0)
        painter.drawPixmap(rect, picture)
        painter.setOpacity(1.0)


def _draw_label(painter: QPainter, rect: QRect, shown: ShownCrop) -> None:
    """A bar of the label's colour with its key and the score on it, where there is room."""
    color = QColor(shown.label.color if shown.label else current().dim)
    painter.fillRect(QRect(rect.left(), rect.bottom() - BAR + 1, rect.width(), BAR), color)
    if rect.width() < 56:
        return
    font = painter.font()
    font.setPointSizeF(max(font.pointSizeF() * 0.8, 6.0))
    painter.setFont(font)
    line = QRect(rect.left() + 4, rect.bottom() - BAR - painter.fontMetrics().height() - 3, rect.width() - 8, 0)
    line.setHeight(painter.fontMetrics().height() + 2)
    if shown.label and shown.label.key:
        _draw_chip(painter, line, shown.label.key, color, Qt.AlignmentFlag.AlignLeft)
    if shown.score is not None:
        _draw_chip(painter, line, f"{shown.score:.2f}", QColor(0, 0, 0, 150), Qt.AlignmentFlag.AlignRight)


def _draw_chip(painter: QPainter, line: QRect, text: str, ground: QColor, side: Qt.AlignmentFlag) -> None:
    width = painter.fontMetrics().horizontalAdvance(text) + 8
    left = line.left() if side == Qt.AlignmentFlag.AlignLeft else line.right() - width + 1
    place = QRect(left, line.top(), width, line.height())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(place, 3, 3)
    dark = ground.alpha() < 255 or ground.lightnessF() < 0.5
    painter.setPen(QColor("#ffffff" if dark else "#000000"))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def _draw_badges(painter: QPainter, rect: QRect, shown: ShownCrop) -> None:
    side = 14 if rect.width() >= 72 else 11
    right = rect.right() - 4
    on = {"keyframe": shown.keyframe, "near_duplicate": shown.near_duplicate, shown.state: True}
    for name, picture in _BADGES:
        if on.get(name):
            disc = QRectF(right - side - 3, rect.top() + 4, side + 4, side + 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(0, 0, 0, 150))
            painter.drawEllipse(disc)
            place = QRect(0, 0, side - 2, side - 2)
            place.moveCenter((disc.center() - QPointF(0.5, 0.5)).toPoint())
            icon(picture, "#ff8b84" if name == "rejected" else "#ffffff").paint(painter, place)
            right -= side + 7


def _draw_selection(painter: QPainter, rect: QRect) -> None:
    accent = QColor(current().accent)
    veil = QColor(accent)
    veil.setAlpha(60)
    painter.setPen(QPen(accent, 3))
    painter.setBrush(veil)
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
