"""What is said of the crop under the mouse: its picture, its label, where it is from."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPixmap

from studio.views.theme import current

SIDE = 112  # pixels of the picture
_EDGE = 6
_AWAY = 14  # pixels from the dot
_SWATCH = 10


class Card(NamedTuple):
    """A crop in words.

    Attributes:
        picture: of the crop, or None as long as there is none.
        title: its label.
        color: of the label, "#rrggbb".
        lines: what else is known.
    """

    picture: QPixmap | None
    title: str
    color: str
    lines: tuple[str, ...]


def draw_card(painter: QPainter, card: Card, beside: QPointF, room: QRect) -> None:
    """Draw it near the point `beside`, where there is room."""
    theme, metrics = current(), painter.fontMetrics()
    line = metrics.height()
    height = SIDE + (1 + len(card.lines)) * line + 3 * _EDGE
    place = QRectF(0, 0, SIDE + 2 * _EDGE, height)
    right, below = beside.x() + _AWAY, beside.y() + _AWAY
    left = right if right + place.width() <= room.right() else beside.x() - _AWAY - place.width()
    top = below if below + height <= room.bottom() else beside.y() - _AWAY - height
    place.moveTo(max(left, 2), max(min(top, room.bottom() - height), 2))
    painter.setPen(QColor(theme.line))
    painter.setBrush(QColor(theme.raised))
    painter.drawRoundedRect(place, 4, 4)
    picture = QRectF(place.left() + _EDGE, place.top() + _EDGE, SIDE, SIDE)
    if card.picture is None or card.picture.isNull():
        painter.fillRect(picture, QColor(theme.base))
    else:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(picture, card.picture, QRectF(card.picture.rect()))
    words = QRectF(picture.left(), picture.bottom() + _EDGE, SIDE, line)
    _write_title(painter, card, words, metrics)
    painter.setPen(QColor(theme.dim))
    for text in card.lines:
        words.translate(0, line)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, _short(metrics, text, SIDE))


def _write_title(painter: QPainter, card: Card, place: QRectF, metrics: QFontMetrics) -> None:
    swatch = QRectF(place.left(), place.center().y() - _SWATCH / 2, _SWATCH, _SWATCH)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(card.color))
    painter.drawRoundedRect(swatch, 2, 2)
    painter.setPen(QColor(current().text))
    words = place.adjusted(_SWATCH + 5, 0, 0, 0)
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, _short(metrics, card.title, words.width()))


def _short(metrics: QFontMetrics, text: str, width: float) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, round(width))
