"""What the training dock is made of: buttons of actions, and a quiet line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from studio.views.icons import icon
from studio.views.named import named


class FitButton(QPushButton):
    """The primary button; says its key."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("training.fit")
        self.setProperty("primary", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._action: QAction | None = None
        self._busy = False

    def set_action(self, action: QAction) -> None:
        self._action = action
        self.clicked.connect(action.trigger)
        action.changed.connect(self._show)
        self._show()

    def set_busy(self, busy: bool) -> None:
        self._busy = busy
        self._show()

    def _show(self) -> None:
        if self._action is None:
            return
        key = self._action.shortcut().toString()
        self.setText("Fitting…" if self._busy else f"Fit   {key}" if key else "Fit")
        self.setToolTip(self._action.toolTip())
        self.setEnabled(self._action.isEnabled())


class ActionTool(QToolButton):
    """A small button of an action: its icon, or its text where it has none."""

    def __init__(self, name: str, text: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self._text = text

    def set_action(self, action: QAction) -> None:
        self.setDefaultAction(action)
        style = Qt.ToolButtonStyle.ToolButtonTextOnly if self._text else Qt.ToolButtonStyle.ToolButtonIconOnly
        self.setToolButtonStyle(style)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            side = round(1.2 * self.fontMetrics().height())
            self.setIconSize(QSize(side, side))


class MoreTool(ActionTool):
    """A small button with a menu of actions for which there is no room."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__(name)
        self.setIcon(icon("mdi6.dots-vertical"))
        self.setToolTip(tip)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = named(QMenu(self), f"{name}_menu")
        self.setMenu(self._menu)

    def set_actions(self, actions: Sequence[QAction]) -> None:
        self._menu.addActions(list(actions))


class Divider(QWidget):
    """A quiet line between two sections."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Mid))
