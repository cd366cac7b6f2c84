"""Crops as dots: wheel and middle button move the map, the left button picks one or draws around many."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from studio.views.gallery.map_card import Card, draw_card
from studio.views.gallery.map_dots import DotCloud, Dots
from studio.views.gallery.map_picture import MARGIN, Pixels
from studio.views.named import named
from studio.views.theme import current
from studio.views.video.viewport import STEP

_HOW = {Qt.KeyboardModifier.ShiftModifier: "add", Qt.KeyboardModifier.ControlModifier: "toggle"}


class MapPlot(QWidget):
    """The map.

    Attributes:
        cloud: the dots, and which part of them is seen.
        picked: emitted with rows (intp `(m,)`, maybe none) and how they are selected: "replace", "add" or "toggle".
        opened: emitted with the row that was double-clicked.
        hovered: emitted with the row under the mouse, -1 for none.
        key_pressed: emitted with the id of an action given to `take_keys` when its key was pressed here.
    """

    picked = Signal(object, str)
    opened = Signal(int)
    hovered = Signal(int)
    key_pressed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        named(self, "map.plot")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Map of the crops")
        self.cloud = DotCloud()
        self._drawn: Pixels | None = None
        self._lasso: list[QPointF] = []
        self._pan: QPointF | None = None
        self._hover = -1
        self._card: Card | None = None
        self._taken: tuple[QAction, ...] = ()

    def set_dots(self, dots: Dots) -> None:
        """Show these; none of them is selected."""
        if len(dots.points) != len(self.cloud.dots.points):
            self._set_hover(-1)
        self.cloud.set_dots(dots)
        self._redraw()

    def set_selection(self, selected: NDArray[np.bool_]) -> None:
        """Which of the dots `(n,)` are selected."""
        self.cloud.selected = selected
        self._redraw()

    def set_card(self, card: Card | None) -> None:
        """What is said beside the mouse."""
        self._card = card
        self.update()

    def take_keys(self, actions: Iterable[QAction]) -> None:
        """Here the keys of these actions mean the map and what is selected, whatever they do elsewhere."""
        self._taken = tuple(actions)

    def fit(self) -> None:
        """Show the whole map."""
        self.cloud.viewport.fit()
        self._redraw()

    def sizeHint(self) -> QSize:
        return QSize(380, 340)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 120)

    # Painting --------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, ratio = QPainter(self), self.devicePixelRatioF()
        if self._drawn is None:
            self._drawn = self.cloud.picture(ratio)
        height, width = self._drawn.shape
        image = QImage(self._drawn.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        seen = QRectF(MARGIN, MARGIN, width - 2 * MARGIN, height - 2 * MARGIN)
        painter.drawImage(QRectF(0, 0, seen.width() / ratio, seen.height() / ratio), image, seen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = QColor(current().accent)
        if len(self._lasso) > 1:
            painter.setPen(QPen(accent, 1.5))
            painter.setBrush(QColor(accent.red(), accent.green(), accent.blue(), 40))
            painter.drawPolygon(QPolygonF(self._lasso))
        if self._hover >= 0:
            painter.setPen(QPen(QColor(current().text), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self.cloud.place(self._hover), self.cloud.radius + 4, self.cloud.radius + 4)
        if self._card is not None and self._hover >= 0:
            draw_card(painter, self._card, self.cloud.place(self._hover), self.rect())

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.cloud.set_size(self.size())
        self._redraw()

    # Mouse -----------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._set_hover(-1)
        if event.button() == Qt.MouseButton.LeftButton:
            self._lasso = [event.position()]
        elif event.button() == Qt.MouseButton.MiddleButton:
            self._pan = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._pan is not None:
            self.cloud.viewport.move(place - self._pan)
            self._pan = place
            self._redraw()
        elif self._lasso:
            if (place - self._lasso[-1]).manhattanLength() >= 3:
                self._lasso.append(place)
                self.update()
        else:
            self._set_hover(self.cloud.nearest(place))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton and self._pan is not None:
            self._pan = None
            self.unsetCursor()
        elif event.button() == Qt.MouseButton.LeftButton and self._lasso:
            lasso, self._lasso = QPolygonF(self._lasso), []
            how = next((name for key, name in _HOW.items() if event.modifiers() & key), "replace")
            self._pick(lasso, how)
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self.cloud.nearest(event.position())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.opened.emit(row)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.cloud.viewport.zoom_at(event.position(), STEP ** (event.angleDelta().y() / 120))
        self._redraw()
        self._set_hover(self.cloud.nearest(event.position()))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(-1)

    def _pick(self, lasso: QPolygonF, how: str) -> None:
        size = lasso.boundingRect().size()
        if max(size.width(), size.height()) >= QApplication.startDragDistance() / 2:
            rows = np.flatnonzero(self.cloud.inside(lasso))
        else:
            row = self.cloud.nearest(lasso.first())
            rows = np.array([row] if row >= 0 else [], np.intp)
        self.picked.emit(rows, how)

    def _set_hover(self, row: int) -> None:
        if row != self._hover:
            self._hover, self._card = row, None
            self.hovered.emit(row)
            self.update()

    # Keys ------------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            lasso = event.key() == Qt.Key.Key_Escape and bool(self._lasso)
            if lasso or event.matches(QKeySequence.StandardKey.SelectAll) or self._action_of(event):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._lasso:
            self._lasso = []
            self.update()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.picked.emit(np.flatnonzero(self.cloud.dots.found), "replace")
        elif name := self._action_of(event):
            self.key_pressed.emit(name)
        else:
            super().keyPressEvent(event)

    def _action_of(self, event: QKeyEvent) -> str:
        """The id of the taken action whose key was pressed; "" for none."""
        pressed = QKeySequence(event.keyCombination())
        return next((action.objectName() for action in self._taken if pressed in action.shortcuts()), "")
