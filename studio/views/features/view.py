"""The features dock: what the network sees, one part per tab."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget


class FeaturesView(QWidget):
    """Holds the parts; each tells by its own show and hide events whether anybody looks.

    Qt moves a dock that is behind others out of the window and leaves it visible: `set_looked_at` hides the parts then.
    """

    def __init__(self) -> None:
        super().__init__()
        self._tabs = QTabWidget()
        self._tabs.setObjectName("features.parts")
        self._tabs.setDocumentMode(True)
        self._tabs.setUsesScrollButtons(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._tabs)

    def add_part(self, name: str, title: str, part: QWidget) -> None:
        """A tab `title` with `part`, which is called `features.NAME`."""
        part.setObjectName(f"features.{name}")
        self._tabs.addTab(part, title)

    def set_looked_at(self, looked_at: bool) -> None:
        """Whether the dock can be seen, and so the part in front."""
        self._tabs.setVisible(looked_at)

    def show_part(self, name: str) -> None:
        """Bring the part called `name` forward."""
        part = self._tabs.findChild(QWidget, f"features.{name}")
        if part is not None:
            self._tabs.setCurrentWidget(part)
