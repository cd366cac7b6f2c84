"""Cells in rows, one of them chosen by mouse or keys: what the grids of maps and of filters share."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

_PAGES = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}


class CellGrid(QWidget):
    """A page of cells, as high as they need at its width. Whoever derives from it says what they are and paints them.

    Attributes:
        picked: emitted with the number of the cell that was clicked or gone to by keys.
        turned: emitted with −1 or 1 by the page keys: another page is wanted.
    """

    picked = Signal(int)
    turned = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._chosen = -1

    @property
    def numbers(self) -> Sequence[int]:
        """Of the cells, in their order."""
        raise NotImplementedError

    @property
    def across(self) -> int:
        """How many cells are beside each other."""
        raise NotImplementedError

    def cell(self, place: int) -> QRect:
        """Where the `place`-th cell is drawn."""
        raise NotImplementedError

    def choose(self, number: int) -> None:
        """Mark one cell; -1 for none."""
        self._chosen = number
        self.update()

    def place_at(self, point: QPoint) -> int:
        """Of the cell at `point`; -1 for none."""
        return next((place for place in range(len(self.numbers)) if self.cell(place).contains(point)), -1)

    def arrange(self) -> None:
        """As high as its cells."""
        count = len(self.numbers)
        self.setFixedHeight(self.cell(count - 1).bottom() + 1 if count else 0)
        self.update()

    def mark(self, painter: QPainter, at: QRect) -> None:
        """A frame around what is chosen."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self.palette().color(QPalette.ColorRole.Accent))
        painter.drawRect(at.adjusted(0, 0, -1, -1))
        painter.drawRect(at.adjusted(1, 1, -2, -2))

    def resizeEvent(self, event: QEvent) -> None:
        self.arrange()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(self.numbers[place])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, across = Qt.Key(event.key()), self.across
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -across, Qt.Key.Key_Down: across}
        if key in _PAGES:
            self.turned.emit(_PAGES[key])
        elif key in steps and self.numbers:
            place = self.numbers.index(self._chosen) + steps[key] if self._chosen in self.numbers else 0
            if 0 <= place < len(self.numbers):
                self.picked.emit(self.numbers[place])
        else:
            super().keyPressEvent(event)
