"""What an empty panel shows: what it is for, and the first step."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QPushButton, QStyle, QStyleOptionButton, QStylePainter, QVBoxLayout, QWidget

from studio.views.icons import icon


class EmptyState(QWidget):
    """A dim icon, a title, a sentence and a button for each action, in the middle of the panel.

    Buttons follow their action: text, enabled, and the first one is the primary button; each is called
    "empty.ACTION_ID", so that tests can click it.
    """

    def __init__(self, icon_name: str, title: str, text: str, *actions: QAction) -> None:
        super().__init__()
        self.setObjectName("empty")
        self._icon_name = icon_name
        self._picture = QLabel(alignment=Qt.AlignmentFlag.AlignHCenter)
        self._title = QLabel(title, alignment=Qt.AlignmentFlag.AlignHCenter, wordWrap=True)
        self._text = QLabel(text, alignment=Qt.AlignmentFlag.AlignHCenter, wordWrap=True)
        self._text.setProperty("role", "dim")
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._buttons = QVBoxLayout()
        self._buttons.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addStretch(2)
        for widget in (self._picture, self._title, self._text):
            column.addWidget(widget)
        column.addLayout(self._buttons)
        column.addStretch(3)
        self._draw_icon()
        self.set_actions(*actions)

    def set_text(self, title: str, text: str) -> None:
        """Say something else."""
        self._title.setText(title)
        self._text.setText(text)

    def set_actions(self, *actions: QAction) -> None:
        """Offer these instead of what was offered."""
        while (item := self._buttons.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.setParent(None)
                old.deleteLater()
        for action in actions:
            button = ActionButton(action)
            button.setProperty("primary", self._buttons.count() == 0)
            self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icon()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)  # a small dock may cut it off, it must not widen the window

    def _draw_icon(self) -> None:
        side = 2 * self.fontMetrics().height()
        dim = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText).name()
        self._picture.setPixmap(icon(self._icon_name, dim).pixmap(QSize(side, side), self.devicePixelRatioF()))


class ActionButton(QPushButton):
    """A button that triggers `action` and shows its text; called "empty.ACTION_ID"."""

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self.setObjectName(f"empty.{action.objectName()}")
        self._action = action
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.width() - 2 * self.fontMetrics().averageCharWidth()
        option.text = self.fontMetrics().elidedText(option.text, Qt.TextElideMode.ElideRight, room)
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)

    def _follow(self) -> None:
        self.setText(self._action.text())
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())
