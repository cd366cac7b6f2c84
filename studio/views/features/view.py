"""The features dock: what the network sees, one part per tab."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget


class FeaturesView(QWidget):
    """Holds the parts; each tells by its own show and hide events whether anybody looks."""

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

    def show_part(self, name: str) -> None:
        """Bring the part called `name` forward."""
        part = self._tabs.findChild(QWidget, f"features.{name}")
        if part is not None:
            self._tabs.setCurrentWidget(part)
