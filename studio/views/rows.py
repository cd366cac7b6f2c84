"""Rows of lists: an icon, a text that elides, and a short dim text at the right."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.state.roles import Role
from studio.views.icons import icon
from studio.views.theme import current

Index = QModelIndex | QPersistentModelIndex
GAP, EDGE = 8, 10  # pixels


class RowDelegate(QStyledItemDelegate):
    """Draws `Role.ICON`, the text and `Role.SIDE`; greyed where `Role.DIM`, warning where there is a `Role.PROBLEM`."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        height = option.fontMetrics.height()
        return QSize(8 * height, round(1.6 * height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.initStyleOption(option, index)
        text, option.text = option.text, ""
        style = option.widget.style() if option.widget else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        painter.save()
        rect: QRect = option.rect.adjusted(EDGE, 0, -EDGE, 0)
        main, side = _colours(option, index)
        rect.setLeft(_draw_icon(painter, rect, str(index.data(Role.ICON) or ""), main))
        free = rect.width() - painter.fontMetrics().horizontalAdvance(text) - GAP
        rect.setRight(_draw_side(painter, rect, str(index.data(Role.SIDE) or ""), side, free))
        painter.setPen(main)
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)
        painter.restore()


def _colours(option: QStyleOptionViewItem, index: Index) -> tuple[QColor, QColor]:
    """Of the text and of what stands at its right."""
    theme = current()
    if option.state & QStyle.StateFlag.State_Selected:
        return QColor(theme.on_accent), QColor(theme.on_accent)
    if index.data(Role.PROBLEM):
        return QColor(theme.dim), QColor(theme.bad)
    return QColor(theme.dim if index.data(Role.DIM) else theme.text), QColor(theme.dim)


def _draw_icon(painter: QPainter, rect: QRect, name: str, color: QColor) -> int:
    """Returns where the text begins."""
    side = round(1.1 * painter.fontMetrics().height())
    if name:
        place = QRect(rect.left(), rect.center().y() - side // 2 + 1, side, side)
        icon(name, color.name()).paint(painter, place)
    return rect.left() + side + GAP


def _draw_side(painter: QPainter, rect: QRect, text: str, color: QColor, free: int) -> int:
    """Returns where the text ends; what would take most of the row, or more than what is `free` beside the main text,
    gives way to its last part, or altogether."""
    room = max(0.4 * rect.width(), free)
    if (width := painter.fontMetrics().horizontalAdvance(text)) > room:
        text = text.rsplit(" · ", 1)[-1]
        width = painter.fontMetrics().horizontalAdvance(text)
    if not text or width > max(0.6 * rect.width(), free):
        return rect.right()
    painter.setPen(color)
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
    return rect.right() - width - GAP
