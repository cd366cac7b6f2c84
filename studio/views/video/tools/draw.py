"""Tools that make a box: of an object, to be ignored, or to search in."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen

from studio.core.geometry import Box
from studio.views.video.tools.base import Modifiers, Stage, Tool, box_of

LEAST = 3.0  # widget points: a shorter drag is a click by mistake
SMALLEST = 1.0  # pixels of the frame


class DrawTool(Tool):
    """Press, drag, release: a box. Shift keeps it square.

    Attributes:
        begun: emitted when the first corner is placed: the frame should stand still.
        drawn: emitted with the `Box`.
        color: of the box while it is drawn.
    """

    begun = Signal()
    drawn = Signal(object)
    color = "#4c9aff"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._start: QPointF | None = None
        self._end = QPointF()
        self._mouse: QPointF | None = None

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        self._start = self._end = self.snapped(point)
        self.begun.emit()

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        if self._start is None:
            return
        self._mouse = point
        self._end = self._corner(self._start, self.snapped(point), modifiers)
        self.stage.update()

    def release(self, point: QPointF, modifiers: Modifiers) -> None:
        self.move(point, modifiers)
        box, self._start = self._box(), None
        self.stage.update()
        least = max(LEAST / self.stage.viewport.zoom, SMALLEST)
        if box is not None and box.width >= least and box.height >= least:
            self.drawn.emit(box)
        elif box is not None and max(box.width, box.height) < least:
            self.clicked()

    def clicked(self) -> None:
        """The mouse was pressed and hardly moved: a mistake."""

    def hover(self, point: QPointF) -> None:
        self._mouse = point
        self.stage.update()

    def cancel(self) -> bool:
        begun, self._start = self._start is not None, None
        self.stage.update()
        return begun

    def cursor(self, point: QPointF) -> Qt.CursorShape:
        return Qt.CursorShape.CrossCursor

    def paint(self, painter: QPainter) -> None:
        box = self._box()
        if box is None:
            self._paint_cross(painter)
            return
        rect = self.stage.viewport.rect(box)
        painter.setPen(QPen(QColor(self.color), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect)
        text = f"{box.width:.0f} × {box.height:.0f}"
        painter.setPen(QColor("#ffffff"))
        below = QRectF(rect.left(), rect.bottom() + 4, 200, painter.fontMetrics().height())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, text)

    def _paint_cross(self, painter: QPainter) -> None:
        """Lines through the mouse, to place the first corner by."""
        if self._mouse is None:
            return
        place, rect = self.stage.viewport.to_widget(self._mouse), self.stage.viewport.picture_rect
        painter.setPen(QPen(QColor(255, 255, 255, 110), 1))
        painter.drawLine(QPointF(rect.left(), place.y()), QPointF(rect.right(), place.y()))
        painter.drawLine(QPointF(place.x(), rect.top()), QPointF(place.x(), rect.bottom()))

    def _box(self) -> Box | None:
        return None if self._start is None else box_of(self._start, self._end)

    def _corner(self, start: QPointF, end: QPointF, modifiers: Modifiers) -> QPointF:
        if not modifiers & Qt.KeyboardModifier.ShiftModifier:
            return end
        width, height = self.stage.frame_size
        right, down = end.x() >= start.x(), end.y() >= start.y()
        room = min(width - start.x() if right else start.x(), height - start.y() if down else start.y())
        side = min(max(abs(end.x() - start.x()), abs(end.y() - start.y())), room)
        return QPointF(start.x() + (side if right else -side), start.y() + (side if down else -side))


class IgnoreTool(DrawTool):
    """A box that is neither positive nor negative."""

    color = "#8b929c"


class AreaTool(DrawTool):
    """Where to search. A click without a drag takes the search area away.

    Attributes:
        cleared: emitted on such a click.
    """

    cleared = Signal()
    color = "#ffffff"

    def clicked(self) -> None:
        self.cleared.emit()
