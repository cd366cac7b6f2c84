"""Crops beside what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.views.named import named

_LEAST, _MOST, _GAP, _EDGE = 64, 144, 10, 10  # pixels: a picture's side, between pairs, around them


class Pair(NamedTuple):
    """A crop and what became of it: the region's id, the two pictures, its label's name and colour."""

    region: int
    original: QImage
    varied: QImage
    label: str
    color: str


class PairGrid(QWidget):
    """As many pairs beside each other as fit.

    Attributes:
        picked: emitted with the region of the pair that was clicked.
    """

    picked = Signal(object)  # ids do not fit Qt's int

    def __init__(self) -> None:
        super().__init__()
        named(self, "batch.pairs")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.pairs: tuple[Pair, ...] = ()

    def set_pairs(self, pairs: Sequence[Pair]) -> None:
        """Show these instead."""
        again = len(pairs) == len(self.pairs)
        self.pairs = tuple(pairs)
        if not again:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, self.heightForWidth(280))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def heightForWidth(self, width: int) -> int:
        across, side = self._layout_for(width)
        return -(-len(self.pairs) // across) * (side + _GAP) + _EDGE

    def cell(self, place: int) -> QRect:
        """Where a pair is drawn: two pictures that touch."""
        across, side = self._layout_for(self.width())
        row, column = divmod(place, across)
        return QRect(_EDGE + column * (2 * side + _GAP), _EDGE // 2 + row * (side + _GAP), 2 * side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for place, pair in enumerate(self.pairs):
            at = self.cell(place)
            if not at.intersects(event.rect()):
                continue
            half = at.width() // 2
            painter.drawImage(QRect(at.left(), at.top(), half, half), pair.original)
            painter.drawImage(QRect(at.left() + half, at.top(), half, half), pair.varied)
            painter.setPen(self.palette().color(QPalette.ColorRole.Window))
            painter.drawLine(at.left() + half, at.top(), at.left() + half, at.bottom())
            painter.fillRect(QRect(at.left(), at.bottom() + 1, at.width(), 3), QColor(pair.color))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().toPoint())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(self.pairs[place].region)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._place_at(event.pos())
            label = "" if place is None else self.pairs[place].label
            QToolTip.showText(event.globalPos(), f"{label}: as it is, and varied" if label else "", self)
            return True
        return super().event(event)

    def _place_at(self, point: QPoint) -> int | None:
        return next((place for place in range(len(self.pairs)) if self.cell(place).contains(point)), None)

    def _layout_for(self, width: int) -> tuple[int, int]:
        """How many pairs are beside each other, and the side of a picture."""
        room = max(width - 2 * _EDGE + _GAP, 2 * _LEAST + _GAP)
        across = max(1, room // (2 * _LEAST + _GAP))
        return across, min(max((room // across - _GAP) // 2, _LEAST), _MOST)
