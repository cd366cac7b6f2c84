"""The video panel: tools, picture, transport, time line."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.views.actions import Actions
from studio.views.camera_bar import CameraBar
from studio.views.empty import EmptyState
from studio.views.named import named
from studio.views.video.canvas import Canvas
from studio.views.video.strip import Strip
from studio.views.video.tools import AreaTool, DrawTool, IgnoreTool, SelectTool
from studio.views.video.transport import Transport, tool_button

TOOL_ACTIONS = {
    "select": "tool.select",
    "draw": "label.draw_box",
    "ignore": "tool.ignore",
    "area": "tool.area",
    "pan": "tool.pan",
}
_WELCOME = (
    "No video yet",
    "Open a video or a folder of pictures, draw a box around a thing, and press T to follow it.",
)


class VideoView(QWidget):
    """Puts the parts together and emits what the user wishes.

    Attributes:
        box_drawn, ignore_drawn, area_drawn: emitted with a `Box`.
        area_cleared: the search area goes.
        drawing_begun: the first corner of a box was placed.
        box_changed: emitted with the id of a `ShownBox` and its new `Box`.
        box_clicked: emitted with the id of a `ShownBox` and whether the others stay selected.
        detection_clicked: emitted with the index of a `ShownDetection`.
        nothing_clicked: emitted for a click beside everything.
        canvas, camera, transport, strip: the parts.
    """

    box_drawn = Signal(object)
    ignore_drawn = Signal(object)
    area_drawn = Signal(object)
    area_cleared = Signal()
    drawing_begun = Signal()
    box_changed = Signal(object, object)
    box_clicked = Signal(object, bool)
    detection_clicked = Signal(int)
    nothing_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("video")
        self.canvas, self.camera, self.transport, self.strip = Canvas(), CameraBar(), Transport(), Strip()
        self._tools = QHBoxLayout()
        self._tools.setContentsMargins(8, 3, 8, 3)
        self._tools.setSpacing(2)
        self._zoom = named(QLabel(), "video.zoom")
        self._zoom.setProperty("role", "dim")
        self._empty = EmptyState("mdi6.filmstrip", *_WELCOME)
        self._problem = named(QLabel(), "video.problem")
        self._problem.setProperty("role", "bad")
        self._problem.setWordWrap(True)
        self._problem.setMargin(6)
        self._problem.hide()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.canvas)
        self._stack.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._tools)
        column.addWidget(self._stack, 1)
        for widget in (self._problem, self.camera, self.transport, self.strip):
            column.addWidget(widget)
        self._connect()
        self.setFocusProxy(self.canvas)

    def _connect(self) -> None:
        tools = self.canvas.tools
        for name, kind, wish in (
            ("draw", DrawTool, self.box_drawn),
            ("ignore", IgnoreTool, self.ignore_drawn),
            ("area", AreaTool, self.area_drawn),
        ):
            tool = tools[name]
            assert isinstance(tool, kind)
            tool.drawn.connect(wish)
            tool.begun.connect(self.drawing_begun)
        area, select = tools["area"], tools["select"]
        assert isinstance(area, AreaTool) and isinstance(select, SelectTool)
        area.cleared.connect(self.area_cleared)
        select.changed.connect(self.box_changed)
        select.box_clicked.connect(self.box_clicked)
        select.detection_clicked.connect(self.detection_clicked)
        select.nothing_clicked.connect(self.nothing_clicked)
        self.canvas.zoomed.connect(self._show_zoom)
        self.transport.left.connect(self.canvas.setFocus)

    def set_actions(self, actions: Actions) -> None:
        """Put the buttons of the table's actions in."""
        for name in TOOL_ACTIONS.values():
            self._tools.addWidget(tool_button(actions[name]))
        self._tools.addSpacing(8)
        self._tools.addWidget(tool_button(actions["view.fit"]))
        self._tools.addWidget(self._zoom)
        self._tools.addStretch(1)
        for name in ("view.ghosts", "view.grid"):
            self._tools.addWidget(tool_button(actions[name]))
        self.camera.set_actions(actions)
        self.transport.set_actions(actions)
        self._welcome_actions = (actions["media.open"], actions["camera.open"])
        self._missing_action = actions["media.relink"]
        self._empty.set_actions(*self._welcome_actions)

    def show_welcome(self) -> None:
        """There is no medium: say what this is for."""
        self._say(*_WELCOME, *self._welcome_actions)

    def show_opening(self, name: str) -> None:
        """A medium is being opened, which may take a while for a long one that was never opened before."""
        self._say(f"Opening {name} …", "A video's frames are found once, so that every one can be gone to exactly.")

    def show_failure(self, name: str, why: str) -> None:
        """A medium could not be opened."""
        self._say(f"{name} cannot be opened", why, self._missing_action)

    def _say(self, title: str, text: str, *actions: QAction) -> None:
        self._empty.set_text(title, text)
        self._empty.set_actions(*actions)
        self._stack.setCurrentWidget(self._empty)
        self.canvas.set_picture(None)
        self._zoom.setText("")
        self.set_problem("")

    def show_canvas(self) -> None:
        """Show the picture; it gets the keys, unless somebody is typing."""
        if self._stack.currentWidget() is not self.canvas:
            self._stack.setCurrentWidget(self.canvas)
            if not isinstance(QApplication.focusWidget(), (QLineEdit, QAbstractSpinBox)):
                self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_problem(self, text: str) -> None:
        """A line under the picture about a frame that cannot be read; "" for none."""
        self._problem.setText(text)
        self._problem.setVisible(bool(text))

    def _show_zoom(self, zoom: float) -> None:
        self._zoom.setText(f"{100 * zoom:.0f} %")
