"""The picture with what is drawn over it; the mouse goes to the tool."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter

from studio.state.veil import Veil
from studio.views.video.guesses import paint_guesses
from studio.views.video.overlay import Overlay
from studio.views.video.painting import paint_badges, paint_overlay
from studio.views.video.picture import PictureWidget
from studio.views.video.tools import TOOLS, PanTool, Tool
from studio.views.video.veil import paint_veil


class Canvas(PictureWidget):
    """A frame with its overlay, and a tool that hears the mouse in pixels of the frame.

    Attributes:
        tools: by name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("video.canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._overlay = Overlay()
        self._veil: Veil | None = None
        self.tools: dict[str, Tool] = {name: kind(self) for name, kind in TOOLS.items()}
        self._tool = self.tools["select"]
        self._panning = PanTool(self)
        self._active: Tool | None = None  # has the mouse while a button is down

    @property
    def overlay(self) -> Overlay:
        return self._overlay

    def set_overlay(self, overlay: Overlay) -> None:
        if overlay != self._overlay:
            self._overlay = overlay
            self.update()

    def set_veil(self, veil: Veil | None) -> None:
        """What lies over the picture, below the overlay."""
        if veil is not self._veil:
            self._veil = veil
            self.update()

    def set_tool(self, name: str) -> None:
        if self.tools[name] is not self._tool:
            self._tool.cancel()
            self._tool = self.tools[name]
            self._show_cursor(self.mapFromGlobal(self.cursor().pos()).toPointF())
            self.update()

    def cancel(self) -> bool:
        """Forget what a tool has begun; returns whether there was something."""
        self._active = None
        return self._tool.cancel()

    def paint_over(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._veil is not None:
            paint_veil(painter, self._viewport, self._veil)
        paint_overlay(painter, self._viewport, self._overlay)
        self._tool.paint(painter)
        paint_badges(painter, self._overlay, self.width())
        if self._overlay.guesses is not None:
            paint_guesses(painter, self._viewport, self._overlay.guesses, self.width(), bool(self._overlay.age))

    # Events ----------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._picture is None or self._active is not None:
            return
        if event.button() == Qt.MouseButton.MiddleButton:
            self._active = self._panning
        elif event.button() == Qt.MouseButton.LeftButton:
            self._active = self._tool
        else:
            return
        self._active.press(self._point(event), event.modifiers())
        self._show_cursor(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._active is not None:
            self._active.move(self._point(event), event.modifiers())
            if isinstance(self._active, PanTool):
                self._redraw()
        elif self._picture is not None:
            self._tool.hover(self._point(event))
            self._show_cursor(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._active is not None and not event.buttons():
            tool, self._active = self._active, None
            tool.release(self._point(event), event.modifiers())
            self._show_cursor(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._show_cursor(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._tool.key(event):
            super().keyPressEvent(event)

    def _point(self, event: QMouseEvent) -> QPointF:
        return self._viewport.to_picture(event.position())

    def _show_cursor(self, place: QPointF) -> None:
        if self._picture is None:
            self.unsetCursor()
        else:
            self.setCursor((self._active or self._tool).cursor(self._viewport.to_picture(place)))
