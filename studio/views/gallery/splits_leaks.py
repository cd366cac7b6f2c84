"""Pairs of crops that leak, beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.crop import Crop
from studio.views.named import named
from studio.views.theme import SPLIT_COLORS, current

SIDE = 52  # pixels of a picture
_EDGE = 3
_ROWS = 4  # lines of text, the last for the place
_BAND = 4  # of the split's colour, under a picture


@dataclass(frozen=True)
class LeakLine:
    """A pair.

    Attributes:
        regions: their ids.
        crops: their pixels.
        splits: of `SPLITS`.
        words: what is wrong.
        place: where they are.
    """

    regions: tuple[int, int]
    crops: tuple[Crop, Crop]
    splits: tuple[str, str]
    words: str
    place: str


class LeakList(QWidget):
    """A line for each pair; keys go from one to the next.

    Attributes:
        chosen: emitted with the number of the line that was clicked or gone to.
        opened: emitted with the number of a line that was double-clicked, or on which Enter was pressed.
        wanted: emitted with the crops in view.
    """

    chosen = Signal(int)
    opened = Signal(int)
    wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        named(self, "splits.leaks")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.lines: tuple[LeakLine, ...] = ()
        self._at = -1
        self._asked: tuple[int, int] | None = None
        self._picture_of: Callable[[Crop], QPixmap | None] = lambda crop: None

    def set_picture_of(self, picture_of: Callable[[Crop], QPixmap | None]) -> None:
        """Where pictures come from."""
        self._picture_of = picture_of

    def set_lines(self, lines: Iterable[LeakLine]) -> None:
        """Show these instead."""
        self.lines = tuple(lines)
        self._at, self._asked = -1, None
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, len(self.lines) * self._line)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    @property
    def _line(self) -> int:
        return max(SIDE + _BAND, _ROWS * self.fontMetrics().height()) + 4 * _EDGE

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        shown = event.rect()
        first, last = shown.top() // self._line, min(shown.bottom() // self._line + 1, len(self.lines))
        for number in range(first, last):
            self._draw(painter, number)
        self._ask(first, last)

    def _ask(self, first: int, last: int) -> None:
        crops = [crop for line in self.lines[first:last] for crop in line.crops]
        if any(self._picture_of(crop) is None for crop in crops) and self._asked != (first, last):
            self._asked = first, last
            self.wanted.emit(crops)

    def _draw(self, painter: QPainter, number: int) -> None:
        line, top = self.lines[number], number * self._line
        row = QRect(0, top, self.width(), self._line)
        if number == self._at:
            painter.fillRect(row, self.palette().color(QPalette.ColorRole.Midlight))
            painter.fillRect(QRect(0, top, 2, self._line), self.palette().color(QPalette.ColorRole.Accent))
        left = 2 + _EDGE
        for crop, split in zip(line.crops, line.splits, strict=True):
            place = QRect(left, top + _EDGE, SIDE, SIDE)
            picture = self._picture_of(crop)
            if picture is None or picture.isNull():
                painter.fillRect(place, self.palette().color(QPalette.ColorRole.AlternateBase))
            else:
                painter.drawPixmap(place, picture)
            painter.fillRect(QRect(left, place.bottom() + 1, SIDE, _BAND), QColor(SPLIT_COLORS.get(split, "#8b929c")))
            left += SIDE + _EDGE
        words = QRect(left + _EDGE, top + _EDGE, self.width() - left - 2 * _EDGE, self._line - 2 * _EDGE)
        self._write(painter, words, line)

    def _write(self, painter: QPainter, room: QRect, line: LeakLine) -> None:
        metrics, flags = self.fontMetrics(), Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        painter.setPen(QColor(current().text))
        upper = QRect(room.left(), room.top(), room.width(), (_ROWS - 1) * metrics.height())
        painter.drawText(upper, int(flags), line.words)
        painter.setPen(QColor(current().dim))
        below = painter.boundingRect(upper, int(flags), line.words).bottom() + 1
        lower = QRect(room.left(), below, room.width(), metrics.height())
        where = metrics.elidedText(line.place, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(lower, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), where)

    # Events ----------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(int(event.position().y()) // self._line)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if 0 <= self._at < len(self.lines):
            self.opened.emit(self._at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._choose(min(max(self._at + (1 if key == Qt.Key.Key_Down else -1), 0), len(self.lines) - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._at >= 0:
            self.opened.emit(self._at)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def refresh(self) -> None:
        """There are new pictures."""
        self._asked = None
        self.update()

    def _choose(self, number: int) -> None:
        if 0 <= number < len(self.lines):
            self._at = number
            self.update()
            self.chosen.emit(number)
