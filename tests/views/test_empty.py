"""What an empty panel shows and offers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton

from studio.views.empty import EmptyState


def action(name: str, text: str) -> QAction:
    made = QAction(text)
    made.setObjectName(name)
    return made


def test_buttons_trigger_and_follow_their_actions(qtbot):
    first, second = action("media.open", "Open…"), action("camera.open", "Camera…")
    empty = EmptyState("mdi6.filmstrip", "No media", "Open one.", first, second)
    qtbot.addWidget(empty)
    button = empty.findChild(QPushButton, "empty.media.open")
    assert button.property("primary") and not empty.findChild(QPushButton, "empty.camera.open").property("primary")
    with qtbot.waitSignal(first.triggered):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    first.setEnabled(False)
    first.setText("Open another…")
    assert not button.isEnabled() and button.text() == "Open another…"


def test_actions_outlive_the_panel(qtbot):
    lasting = action("media.open", "Open…")
    empty = EmptyState("mdi6.filmstrip", "No media", "Open one.", lasting)
    qtbot.addWidget(empty)
    empty.set_actions()
    qtbot.wait(10)  # the button is deleted by now
    lasting.setText("Open another…")
    assert not empty.findChildren(QPushButton)
