"""What this is, and under which licences its parts stand."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from studio.views.start import PROMISE


class About(QDialog):
    """Shows the version and texts that it is given."""

    def __init__(self, parent: QWidget, version: str, licences: str) -> None:
        super().__init__(parent)
        self.setObjectName("about")
        self.setWindowTitle("About")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        title = QLabel("Repurpose Studio")
        title.setProperty("role", "title")
        promise = QLabel(f"{PROMISE}\nVersion {version} · Apache-2.0 · everything runs on this machine")
        promise.setProperty("role", "dim")
        promise.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text = QPlainTextEdit(licences, readOnly=True)
        text.setObjectName("about.licences")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 12)
        column.setSpacing(10)
        for widget in (title, promise, text, buttons):
            column.addWidget(widget)
        self.resize(84 * self.fontMetrics().averageCharWidth(), 30 * self.fontMetrics().height())
