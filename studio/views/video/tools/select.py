"""Choose, move and resize boxes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen

from studio.core.geometry import Box
from studio.views.video.overlay import ShownBox, ShownDetection
from studio.views.video.tools.base import Modifiers, Stage, Tool

REACH = 6.0  # widget points around a handle or an edge that count as it
SLACK = 3.0  # widget points that a click may wander before it is a drag
SMALLEST = 1.0  # pixels
# Which edges a handle moves: left, top, right, bottom.
HANDLES: tuple[tuple[int, int], ...] = ((-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1))
_CURSORS = {
    (-1, -1): Qt.CursorShape.SizeFDiagCursor,
    (1, 1): Qt.CursorShape.SizeFDiagCursor,
    (1, -1): Qt.CursorShape.SizeBDiagCursor,
    (-1, 1): Qt.CursorShape.SizeBDiagCursor,
    (0, -1): Qt.CursorShape.SizeVerCursor,
    (0, 1): Qt.CursorShape.SizeVerCursor,
    (-1, 0): Qt.CursorShape.SizeHorCursor,
    (1, 0): Qt.CursorShape.SizeHorCursor,
}
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class SelectTool(Tool):
    """A click selects a box (Shift or Ctrl: one more) or a detection; a drag moves, a handle resizes.

    Alt and an arrow moves the selected box by a pixel, with Shift it resizes, with Ctrl by ten pixels.

    Attributes:
        box_clicked: emitted with the id of a `ShownBox` and whether the others stay selected.
        detection_clicked: emitted with the index of a `ShownDetection`.
        nothing_clicked: emitted where there is neither.
        changed: emitted with the id of a box and its new `Box`, once the mouse is up.
    """

    box_clicked = Signal(object, bool)
    detection_clicked = Signal(int)
    nothing_clicked = Signal()
    changed = Signal(object, object)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._held: ShownBox | None = None
        self._handle: tuple[int, int] | None = None
        self._start = QPointF()
        self._box: Box | None = None  # as it is dragged

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        self._start, self._box = point, None
        self._handle = self._handle_at(point)
        if self._handle is not None:
            self._held = self.stage.overlay.selected
            return
        found = self._found(point)
        self._held = found if isinstance(found, ShownBox) else None
        if isinstance(found, ShownBox):
            more = bool(modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))
            self.box_clicked.emit(found.id, more)
        elif found is not None:
            self.detection_clicked.emit(found.index)
        else:
            self.nothing_clicked.emit()

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        if self._held is None:
            return
        way = point - self._start
        if self._box is None and way.manhattanLength() * self.stage.viewport.zoom < SLACK:
            return
        if self._handle is None:
            self._box = self._moved(self._held.box, way)
        else:
            self._box = self._resized(self._held.box, self._handle, self.snapped(point))
        self.stage.update()

    def release(self, point: QPointF, modifiers: Modifiers) -> None:
        self.move(point, modifiers)
        held, box = self._held, self._box
        self.cancel()
        if held is not None and box is not None and box != held.box:
            self.changed.emit(held.id, box)

    def key(self, event: QKeyEvent) -> bool:
        way = _ARROWS.get(Qt.Key(event.key()))
        selected = self.stage.overlay.selected
        modifiers = event.modifiers()
        if way is None or selected is None or not modifiers & Qt.KeyboardModifier.AltModifier:
            return False
        by = 10.0 if modifiers & Qt.KeyboardModifier.ControlModifier else 1.0
        right, down = way[0] * by, way[1] * by
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            box = selected.box
            corner = self.snapped(QPointF(box.x + box.width + right, box.y + box.height + down))
            changed = self._resized(box, (abs(way[0]), abs(way[1])), corner)
        else:
            changed = self._moved(selected.box, QPointF(right, down))
        if changed != selected.box:
            self.changed.emit(selected.id, changed)
        return True

    def cancel(self) -> bool:
        begun = self._box is not None
        self._held = self._box = self._handle = None
        self.stage.update()
        return begun

    def cursor(self, point: QPointF) -> Qt.CursorShape:
        handle = self._handle or self._handle_at(point)
        if handle is not None:
            return _CURSORS[handle]
        found = self._found(point)
        if found is None:
            return Qt.CursorShape.ArrowCursor
        return Qt.CursorShape.SizeAllCursor if isinstance(found, ShownBox) else Qt.CursorShape.PointingHandCursor

    def paint(self, painter: QPainter) -> None:
        if self._box is not None and self._held is not None:
            painter.setPen(QPen(QColor(self._held.color), 2, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.stage.viewport.rect(self._box))

    def _found(self, point: QPointF) -> ShownBox | ShownDetection | None:
        """What lies at `point`: the smallest box around it, as larger ones can be clicked elsewhere."""
        slack = REACH / self.stage.viewport.zoom / 2
        boxes, detections = self.stage.overlay.boxes, self.stage.overlay.detections
        groups: tuple[list[ShownBox | ShownDetection], ...] = (
            [*(each for each in boxes if each.kind != "background"), *(each for each in detections if not each.below)],
            [*detections, *boxes],  # negatives, and detections that have a box to click on
        )
        for group in groups:
            inside = [each for each in group if _holds(each.box, point, slack)]
            if inside:
                return min(inside, key=lambda each: each.box.width * each.box.height)
        return None

    def _handle_at(self, point: QPointF) -> tuple[int, int] | None:
        selected = self.stage.overlay.selected
        if selected is None:
            return None
        place = self.stage.viewport.to_widget(point)
        rect = self.stage.viewport.rect(selected.box)
        near = {handle: (place - at).manhattanLength() for handle, at in handles_of(rect).items()}
        best = min(near, key=lambda handle: near[handle])
        inside = max(min(rect.width(), rect.height()) / 3, REACH / 2)  # of a small box something is left to drag
        return best if near[best] <= min(1.5 * REACH, inside) else None

    def _moved(self, box: Box, way: QPointF) -> Box:
        """Moved, as a whole inside the frame where it fits."""
        width, height = self.stage.frame_size
        x = min(max(box.x + way.x(), 0.0), max(width - box.width, 0.0))
        y = min(max(box.y + way.y(), 0.0), max(height - box.height, 0.0))
        return Box(round(x, 1), round(y, 1), box.width, box.height)

    def _resized(self, box: Box, handle: tuple[int, int], point: QPointF) -> Box:
        left, right = _edges(box.x, box.x + box.width, handle[0], point.x())
        top, bottom = _edges(box.y, box.y + box.height, handle[1], point.y())
        return Box(round(left, 1), round(top, 1), round(right - left, 1), round(bottom - top, 1))


def handles_of(rect: QRectF) -> dict[tuple[int, int], QPointF]:
    """The middles of the handles of a box that is `rect` in the widget; a small one has them at its corners alone."""
    centre, small = rect.center(), min(rect.width(), rect.height()) < 6 * REACH
    return {
        (x, y): QPointF(centre.x() + x * rect.width() / 2, centre.y() + y * rect.height() / 2)
        for x, y in HANDLES
        if x * y or not small
    }


def _edges(low: float, high: float, side: int, value: float) -> tuple[float, float]:
    """Both edges after that of `side` (−1, 0: none, 1) went to `value`; dragged past the other they change places."""
    if side < 0:
        low = value
    elif side > 0:
        high = value
    low, high = min(low, high), max(low, high)
    return low, max(high, low + SMALLEST)


def _holds(box: Box, point: QPointF, slack: float) -> bool:
    return (
        box.x - slack <= point.x() <= box.x + box.width + slack
        and box.y - slack <= point.y() <= box.y + box.height + slack
    )
