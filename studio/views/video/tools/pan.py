"""Move the picture about."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from studio.views.video.tools.base import Modifiers, Stage, Tool


class PanTool(Tool):
    """Drags the picture; the canvas uses it for the middle button too."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._held: QPointF | None = None

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        self._held = point

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        if self._held is not None:
            self.stage.viewport.move((point - self._held) * self.stage.viewport.zoom)
            self.stage.update()

    def release(self, point: QPointF, modifiers: Modifiers) -> None:
        self._held = None

    def cancel(self) -> bool:
        self._held = None
        return False

    def cursor(self, point: QPointF) -> Qt.CursorShape:
        return Qt.CursorShape.OpenHandCursor if self._held is None else Qt.CursorShape.ClosedHandCursor
