"""What every tool of the canvas is: it hears the mouse in pixels of the frame and emits wishes."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QPainter

from studio.core.geometry import Box
from studio.views.video.overlay import Overlay
from studio.views.video.viewport import Viewport

SNAP = 5.0  # widget points from the frame's border within which an edge goes to it

Modifiers = Qt.KeyboardModifier


class Stage(Protocol):
    """What a tool sees of the canvas."""

    @property
    def viewport(self) -> Viewport: ...
    @property
    def overlay(self) -> Overlay: ...
    @property
    def frame_size(self) -> tuple[int, int]: ...
    def update(self) -> None: ...


class Tool(QObject):
    """Points are in pixels of the frame; presses of the left button alone come here."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage

    def press(self, point: QPointF, modifiers: Modifiers) -> None:
        """The button went down."""

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        """The mouse moved while the button was down."""

    def release(self, point: QPointF, modifiers: Modifiers) -> None:
        """The button went up."""

    def hover(self, point: QPointF) -> None:
        """The mouse moved without a button."""

    def key(self, event: QKeyEvent) -> bool:
        """A key was pressed; returns whether it meant something."""
        return False

    def cancel(self) -> bool:
        """Forget what was begun; returns whether there was something."""
        return False

    def cursor(self, point: QPointF) -> Qt.CursorShape:
        return Qt.CursorShape.ArrowCursor

    def paint(self, painter: QPainter) -> None:
        """Draw what is being made, in points of the widget."""

    def snapped(self, point: QPointF) -> QPointF:
        """`point` inside the frame, on its border where it is near."""
        width, height = self.stage.frame_size
        near = SNAP / self.stage.viewport.zoom
        return QPointF(_snap(point.x(), width, near), _snap(point.y(), height, near))


def _snap(value: float, extent: int, near: float) -> float:
    if value < near:
        return 0.0
    return float(extent) if value > extent - near else value


def box_of(first: QPointF, second: QPointF) -> Box:
    """The box between two corners, to a tenth of a pixel."""
    left, right = sorted((round(first.x(), 1), round(second.x(), 1)))
    top, bottom = sorted((round(first.y(), 1), round(second.y(), 1)))
    return Box(left, top, round(right - left, 1), round(bottom - top, 1))
