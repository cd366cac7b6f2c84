"""The settings of this machine as a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studio.core.settings import Settings
from studio.views.elided import ElidedLabel

DEVICES = ("auto", "cpu", "cuda", "mps")
THEMES = (("system", "As the system"), ("light", "Light"), ("dark", "Dark"))


@dataclass(frozen=True, slots=True)
class CachePlace:
    """Where caches are; `project` is None without an open project."""

    user: Path
    project: Path | None


class SettingsDialog(QDialog):
    """Shows settings, and emits what the user made of them.

    Attributes:
        wanted: emitted with a dict of the settings by name; the dialog stays until `accept` or `set_problem`.
        clean_wanted: the project's cache should be emptied.
        keys_wanted: the keys should be changed.
    """

    wanted = Signal(object)
    clean_wanted = Signal()
    keys_wanted = Signal()

    def __init__(
        self, parent: QWidget, settings: Settings, trackers: Sequence[tuple[str, str]], place: CachePlace
    ) -> None:
        super().__init__(parent)
        self.setObjectName("settings")
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.device = QComboBox(editable=True)
        self.device.addItems(DEVICES)
        self.device.setCurrentText(settings.device)
        self.threads = QSpinBox(minimum=0, maximum=256, value=settings.threads)
        self.threads.setSpecialValueText("all but one")
        self.tracker = _choices(trackers, settings.tracker)
        self.cache_gb = QDoubleSpinBox(minimum=0.1, maximum=1000, decimals=1, value=settings.cache_gb, suffix=" GB")
        self.cache_size = QLabel("counting …" if place.project else "")
        self.clean = QPushButton("Clean up", autoDefault=False)
        self.clean.setEnabled(False)
        self.clean.setVisible(place.project is not None)
        self.theme = _choices(THEMES, settings.theme)
        self.keys = QPushButton("Change keys…", autoDefault=False)
        self.problem = QLabel(wordWrap=True)
        self.problem.setProperty("role", "bad")
        self.problem.hide()
        for name in ("device", "threads", "tracker", "cache_gb", "cache_size", "clean", "theme", "keys", "problem"):
            getattr(self, name).setObjectName(f"settings.{name}")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setObjectName("settings.ok")
        self._compose(place)
        self.buttons.accepted.connect(self._want)
        self.buttons.rejected.connect(self.reject)
        self.clean.clicked.connect(self.clean_wanted)
        self.keys.clicked.connect(self.keys_wanted)

    def _compose(self, place: CachePlace) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(10)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Device", self.device)
        form.addRow("", _dim("auto takes a GPU where one works; cuda:1 names the second one"))
        form.addRow("Processor cores", self.threads)
        form.addRow("Tracker", self.tracker)
        form.addRow("Colours", self.theme)
        form.addRow("Keys", self.keys)
        form.addRow("Cache of a project", self.cache_gb)
        if place.project is not None:
            form.addRow("", _where(place.project))
            row = QHBoxLayout()
            row.addWidget(self.cache_size, 1)
            row.addWidget(self.clean)
            form.addRow("", row)
        form.addRow("Fetched networks", _where(place.user))
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 12)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self.problem)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.resize(76 * self.fontMetrics().averageCharWidth(), self.sizeHint().height())

    def set_size(self, text: str, cleanable: bool) -> None:
        """Say how large the project's cache is."""
        self.cache_size.setText(text)
        self.clean.setEnabled(cleanable)

    def set_problem(self, text: str) -> None:
        """Say why the settings cannot be taken."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def set_theme(self, theme: str) -> None:
        self.theme.setCurrentIndex(self.theme.findData(theme))

    def _want(self) -> None:
        self.wanted.emit(
            {
                "device": self.device.currentText().strip(),
                "threads": self.threads.value(),
                "tracker": self.tracker.currentData(),
                "cache_gb": self.cache_gb.value(),
                "theme": self.theme.currentData(),
            }
        )


def _choices(offered: Sequence[tuple[str, str]], chosen: str) -> QComboBox:
    box = QComboBox()
    for name, title in offered:
        box.addItem(title, name)
    box.setCurrentIndex(max(box.findData(chosen), 0))
    return box


def _dim(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "dim")
    return label


def _where(folder: Path) -> QLabel:
    label = ElidedLabel(str(folder), Qt.TextElideMode.ElideMiddle)
    label.setProperty("role", "dim")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
