"""Paints an `Overlay`. Everything is in points of the widget, so lines and words keep their size at any zoom."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen

from studio.core.geometry import Box, Window
from studio.views.theme import BAD, DOUBTFUL, GOOD
from studio.views.video.overlay import LINES, Line, Overlay, ShownBox, ShownDetection
from studio.views.video.tools.select import handles_of
from studio.views.video.viewport import Viewport

_STYLES: dict[Line, tuple[Qt.PenStyle, float]] = {
    "solid": (Qt.PenStyle.SolidLine, 2.2),
    "thin": (Qt.PenStyle.SolidLine, 1.2),
    "dashed": (Qt.PenStyle.DashLine, 1.4),
    "dotted": (Qt.PenStyle.DotLine, 1.6),
}
_HANDLE = 7.0
_SHADE = QColor(0, 0, 0, 130)  # around the search area, and behind words


@lru_cache(maxsize=256)
def readable_on(color: str) -> QColor:
    """Black or white, whichever has more contrast on `color`."""
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in QColor(color).getRgbF()[:3]  # type: ignore[index]
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return QColor("#000000") if luminance > 0.179 else QColor("#ffffff")


def paint_overlay(painter: QPainter, viewport: Viewport, overlay: Overlay) -> None:
    """Paint all of it but the badges, which belong to the widget and not to the picture."""
    _paint_area(painter, viewport, overlay.area)
    for box, color in overlay.ghosts:
        ghost = QColor(color)
        ghost.setAlpha(70)
        _outline(painter, viewport.rect(box), QPen(ghost, 1))
    _paint_windows(painter, viewport, overlay.negatives, BAD, 150, Qt.PenStyle.SolidLine)
    _paint_windows(painter, viewport, overlay.positives, GOOD, 255, Qt.PenStyle.SolidLine)
    for each in overlay.boxes:
        _paint_box(painter, viewport, each)
    for found in overlay.detections:
        _paint_detection(painter, viewport, found)
    selected = overlay.selected
    if selected is not None:
        _paint_handles(painter, viewport.rect(selected.box), selected.color)


def paint_badges(painter: QPainter, overlay: Overlay, width: int) -> None:
    """What holds for the whole frame at the upper left, the age of detections at the upper right."""
    metrics = QFontMetricsF(painter.font())
    y = 8.0
    for text in overlay.badges:
        _chip(painter, QRectF(8, y, metrics.horizontalAdvance(text) + 16, metrics.height() + 6), text, _SHADE)
        y += metrics.height() + 10
    if overlay.age:
        wide = metrics.horizontalAdvance(overlay.age) + 16
        _chip(painter, QRectF(width - wide - 8, 8, wide, metrics.height() + 6), overlay.age, _SHADE)


def paint_grid(painter: QPainter, viewport: Viewport, visible: QRectF) -> None:
    """Lines between the pixels of the `visible` part of the widget."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(QColor(128, 128, 128, 110), 1))
    shown = viewport.picture_rect.intersected(visible)
    first, last = viewport.to_picture(shown.topLeft()), viewport.to_picture(shown.bottomRight())
    for column in range(int(first.x()), int(last.x()) + 2):
        x = viewport.to_widget(QPointF(column, 0)).x()
        painter.drawLine(QPointF(x, shown.top()), QPointF(x, shown.bottom()))
    for row in range(int(first.y()), int(last.y()) + 2):
        y = viewport.to_widget(QPointF(0, row)).y()
        painter.drawLine(QPointF(shown.left(), y), QPointF(shown.right(), y))


def _paint_area(painter: QPainter, viewport: Viewport, area: Box | None) -> None:
    if area is None:
        return
    whole, inside = viewport.picture_rect, viewport.rect(area)
    for rect in (
        QRectF(whole.topLeft(), QPointF(whole.right(), inside.top())),
        QRectF(QPointF(whole.left(), inside.bottom()), whole.bottomRight()),
        QRectF(QPointF(whole.left(), inside.top()), inside.bottomLeft()),
        QRectF(inside.topRight(), QPointF(whole.right(), inside.bottom())),
    ):
        painter.fillRect(rect, _SHADE)
    painter.setPen(QPen(QColor(255, 255, 255, 150), 1, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(inside)


def _paint_windows(
    painter: QPainter, viewport: Viewport, windows: tuple[Window, ...], color: str, alpha: int, style: Qt.PenStyle
) -> None:
    line = QColor(color)
    line.setAlpha(alpha)
    for x, y, side in windows:
        _outline(painter, viewport.rect(Box(x, y, side, side)), QPen(line, 1.4, style))


def _paint_box(painter: QPainter, viewport: Viewport, each: ShownBox) -> None:
    rect, color = viewport.rect(each.box), QColor(each.color)
    if each.kind == "background":
        color.setAlpha(230 if each.selected else 120)
    if each.kind == "rejected":
        color = QColor(BAD)
    if each.kind == "ignore":
        hatch = QColor(each.color)
        hatch.setAlpha(120)
        painter.fillRect(rect, QBrush(hatch, Qt.BrushStyle.BDiagPattern))
    style, width = _STYLES[LINES[each.kind]]
    _outline(painter, rect, QPen(color, width + 0.6 * each.selected, style))
    if each.kind != "background" or each.selected:
        _paint_name(painter, rect, each.name, color, each.kind in ("keyframe", "followed"))


def _paint_detection(painter: QPainter, viewport: Viewport, found: ShownDetection) -> None:
    rect = viewport.rect(found.box)
    color = QColor(DOUBTFUL if found.doubtful else found.color)
    if found.picked:
        glow = QColor(color)
        glow.setAlpha(45)
        painter.fillRect(rect, glow)
    _outline(painter, rect, QPen(color, 3.0 if found.picked else 1.8, Qt.PenStyle.DashLine))
    _paint_name(painter, rect, found.text, color, found.picked or not found.doubtful, found.below)


def _outline(painter: QPainter, rect: QRectF, pen: QPen) -> None:
    """A line with a dark one beneath, so that it is seen on any picture."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    beneath = QColor(0, 0, 0, pen.color().alpha() * 2 // 5)
    painter.setPen(QPen(beneath, pen.widthF() + 1.6, pen.style()))
    painter.drawRect(rect)
    painter.setPen(pen)
    painter.drawRect(rect)


def _paint_name(painter: QPainter, rect: QRectF, name: str, color: QColor, filled: bool, below: bool = False) -> None:
    """The name above the box, or inside it where the widget ends above."""
    metrics = QFontMetricsF(painter.font())
    wide, high = metrics.horizontalAdvance(name) + 10, metrics.height() + 2
    place = QRectF(rect.left() - 1, rect.top() - high - 1, wide, high)
    if below:
        place.moveTop(rect.bottom() + 1)
    elif place.top() < 0:
        place.moveTop(rect.top() + 1 if rect.height() > 3 * high else rect.bottom() + 1)
    if place.left() < 0 < rect.right() - 20:
        place.moveLeft(0)
    if filled:
        _chip(painter, place, name, color)
    else:
        _chip(painter, place, name, _SHADE, color)


def _chip(painter: QPainter, rect: QRectF, text: str, ground: QColor, color: QColor | None = None) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(rect, 3, 3)
    if color is None:
        color = QColor("#ffffff") if ground.alpha() < 255 else readable_on(ground.name())
    else:
        color = color.lighter(125)
    painter.setPen(color)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


def _paint_handles(painter: QPainter, rect: QRectF, color: str) -> None:
    painter.setPen(QPen(QColor(color), 1.5))
    painter.setBrush(QColor("#ffffff"))
    for place in handles_of(rect).values():
        painter.drawRect(QRectF(place.x() - _HANDLE / 2, place.y() - _HANDLE / 2, _HANDLE, _HANDLE))
