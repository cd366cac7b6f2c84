"""A few pictures in rows, each with the value that a channel puts out for it; a double click opens one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.core.top_places import Exciter
from studio.views.features.numbers import short
from studio.views.theme import Theme, current

GAP = 6  # pixels between cells
LEAST_CELL = 78  # pixels of a cell's width
FEW_PIXELS = 20  # up to so many across, the pixels are shown as they are
_STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


@dataclass(frozen=True)
class _Cell:
    """One picture: its pixels, the strongest cell's place in it as fractions (or None), and what is said of it."""

    image: QImage
    spot: tuple[float, float] | None
    value: str
    tip: str


class ExciterGrid(QWidget):
    """As high as its cells need at its width.

    Attributes:
        opened: emitted with the number of the picture whose frame is to be shown.
    """

    opened = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._cells: list[_Cell] = []
        self._shown: tuple[Exciter, ...] = ()
        self._current = -1
        self._arrange()

    def set_exciters(self, exciters: Sequence[Exciter], tips: Sequence[str]) -> None:
        """Show these, in this order; `tips` say of each where it is."""
        shown = tuple(exciters)
        if [(id(each.picture), each.value) for each in shown] != [(id(e.picture), e.value) for e in self._shown]:
            self._cells = [_cell(each, tip) for each, tip in zip(shown, tips, strict=True)]
            self._current = min(self._current, len(shown) - 1)
            self._shown = shown
            self._arrange()
            self.update()

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return len(self._cells)

    def cell(self, number: int) -> QRect:
        """Where a picture is drawn, with its line."""
        columns, size = self._layout()
        row, column = divmod(number, columns)
        return QRect(QPoint(column * (size.width() + GAP), row * (size.height() + GAP)), size)

    def _layout(self) -> tuple[int, QSize]:
        columns = max((self.width() + GAP) // (LEAST_CELL + GAP), 1)
        width = max((self.width() + GAP) // columns - GAP, 8)
        return columns, QSize(width, width + self.fontMetrics().height() + 4)

    def _arrange(self) -> None:
        columns, size = self._layout()
        rows = -(-len(self._cells) // columns)
        self.setFixedHeight(max(rows * (size.height() + GAP) - GAP, 0))

    def resizeEvent(self, event: QEvent) -> None:
        self._arrange()

    # Painting --------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, cell in enumerate(self._cells):
            place = self.cell(number)
            if place.intersects(event.rect()):
                square = QRect(place.left(), place.top(), place.width(), place.width())
                self._paint_picture(painter, square, cell, theme)
                line = QRect(place.left() + 2, square.bottom() + 2, place.width() - 4, self.fontMetrics().height())
                painter.setPen(QColor(theme.text))
                painter.drawText(line, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, cell.value)
                if number == self._current and self.hasFocus():
                    painter.setPen(QPen(QColor(theme.accent), 2))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRoundedRect(QRectF(square).adjusted(1, 1, -1, -1), 4, 4)

    def _paint_picture(self, painter: QPainter, square: QRect, cell: _Cell, theme: Theme) -> None:
        painter.save()
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(square), 4, 4)
        painter.setClipPath(outline)
        painter.fillRect(square, QColor(theme.raised))
        size = cell.image.size().scaled(square.size(), Qt.AspectRatioMode.KeepAspectRatio)
        corner = square.center() - QPoint(size.width() // 2, size.height() // 2)
        place = QRect(corner + QPoint(1, 1) * (1 if size.width() % 2 == 0 else 0), size).intersected(square)
        smooth = max(cell.image.width(), cell.image.height()) > FEW_PIXELS
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(place, cell.image)
        if cell.spot is not None:
            spot = QPointF(place.left() + cell.spot[0] * place.width(), place.top() + cell.spot[1] * place.height())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for color, width in (("#000000", 3.5), ("#ffffff", 1.5)):  # seen on dark and bright pictures
                painter.setPen(QPen(QColor(color), width))
                painter.drawEllipse(spot, 5.0, 5.0)
        painter.restore()

    # What the user does ----------------------------------------------------------------------------------------------

    def _at(self, point: QPoint) -> int:
        return next((n for n in range(len(self._cells)) if self.cell(n).contains(point)), -1)

    def _choose(self, number: int) -> None:
        self._current = number
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(self._at(event.position().toPoint()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        number = self._at(event.position().toPoint())
        if number >= 0:
            self.opened.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEPS and self._cells:
            across, down = _STEPS[key]
            moved = max(self._current, 0) + across + down * self._layout()[0]
            if 0 <= moved < len(self._cells):
                self._choose(moved if self._current >= 0 else 0)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self._current < len(self._cells):
            self.opened.emit(self._current)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QEvent) -> None:
        if self._current < 0 and self._cells:
            self._current = 0
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self._at(event.pos())
            if number >= 0:
                QToolTip.showText(event.globalPos(), self._cells[number].tip, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)


def _cell(each: Exciter, tip: str) -> _Cell:
    spot = None
    if each.spot is not None:
        spot = (each.spot[0] - each.box.x) / each.box.width, (each.spot[1] - each.box.y) / each.box.height
    height, width = each.picture.shape[:2]
    image = QImage(each.picture.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    return _Cell(image, spot, short(each.value), tip)
