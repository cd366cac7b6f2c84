"""Beside the grid: the parts of the gallery, one at a time, or none."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from studio.views.icons import icon


class SidePanel(QWidget):
    """A column of buttons; the one that is pressed shows its part, and pressed again hides it.

    Attributes:
        shown: emitted with the name of the part that is shown now, "" for none.
    """

    shown = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._parts: dict[str, QWidget] = {}
        self._buttons: dict[str, QToolButton] = {}
        self._looked_at = True
        self.pages = QStackedWidget()
        self.pages.setVisible(False)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(4, 6, 4, 6)
        self._column.setSpacing(2)
        self._column.addStretch(1)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.VLine)
        line.setProperty("role", "line")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.pages, 1)
        row.addWidget(line)
        row.addLayout(self._column)

    @property
    def part(self) -> str:
        """The name of the part that is shown; "" for none."""
        return next((name for name, button in self._buttons.items() if button.isChecked()), "")

    def add_part(self, name: str, title: str, picture: str, part: QWidget) -> None:
        """A button `title` for `part`, which is called `gallery.NAME`."""
        part.setObjectName(f"gallery.{name}")
        button = QToolButton()
        button.setObjectName(f"gallery.show_{name}")
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setIcon(icon(picture))
        button.setToolTip(title)
        button.setAccessibleName(title)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda on, name=name: self.show_part(name if on else ""))
        self._column.insertWidget(len(self._parts), button)
        self._parts[name], self._buttons[name] = part, button
        self.pages.addWidget(part)

    def show_part(self, name: str) -> None:
        """Bring the part called `name` forward; "" hides them all."""
        for each, button in self._buttons.items():
            button.setChecked(each == name)
        self.pages.setVisible(bool(name))
        if name:
            self.pages.setCurrentWidget(self._parts[name])
        self._tell()
        self.shown.emit(name)

    def set_looked_at(self, looked_at: bool) -> None:
        """Whether the dock can be seen, and so the part that is shown."""
        self._looked_at = looked_at
        self._tell()

    def _tell(self) -> None:
        for name, part in self._parts.items():
            part.set_looked_at(self._looked_at and name == self.part)  # type: ignore[attr-defined]
