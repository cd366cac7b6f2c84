"""The bar of a live camera under its picture: live or frozen, what it delivers, freeze, record, close."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from studio.state.camera import ShownCamera
from studio.views.actions import Actions
from studio.views.elided import ElidedLabel
from studio.views.named import named
from studio.views.video.transport import clock, tool_button

BUTTONS = ("camera.freeze", "camera.record", "camera.close")


class CameraBar(QWidget):
    """Hidden as long as no camera is open."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("camera")
        self._state = named(QLabel(), "camera.state")
        self._name = named(ElidedLabel(), "camera.name")
        self._delivers = named(QLabel(), "camera.delivers")
        self._delivers.setProperty("role", "dim")
        self._recorded = named(QLabel(), "camera.recorded")
        self._recorded.setProperty("role", "bad")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 2, 8, 2)
        self._row.setSpacing(10)
        for widget in (self._state, self._name, self._delivers):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        self._row.addWidget(self._recorded)
        self.hide()

    def set_actions(self, actions: Actions) -> None:
        """Put the buttons of the table's actions in."""
        for name in BUTTONS:
            button = tool_button(actions[name])
            if name != "camera.close":
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self._row.addWidget(button)

    def set_camera(self, camera: ShownCamera | None, live: bool, following: bool = False) -> None:
        """Show what is known of the open camera; None: there is none."""
        self.setVisible(camera is not None)
        if camera is None:
            return
        self._name.setText(camera.name)
        self._delivers.setText(camera.delivers)
        if camera.problem:
            self._say("● Gone", "bad", camera.problem)
        elif live:
            self._say("● Live", "good", "What the camera sees now")
        elif following:
            self._say(f"● Following, {camera.behind:.1f} s behind", "good", "It catches up with the camera")
        else:
            self._say(f"● Frozen, {camera.behind:.1f} s back", "doubtful", "A frame of the buffer; Space goes on live")
        self._recorded.setVisible(camera.recorded is not None)
        self._recorded.setText(f"● {clock(camera.recorded or 0.0)[:-3]}")

    def _say(self, text: str, role: str, tip: str) -> None:
        self._state.setText(text)
        self._state.setToolTip(tip)
        if self._state.property("role") != role:
            self._state.setProperty("role", role)
            self._state.style().polish(self._state)
