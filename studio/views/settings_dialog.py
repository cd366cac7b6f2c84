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
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studio.core.settings import Settings
from studio.views.dialogs import choose_path
from studio.views.elided import ElidedLabel

DEVICES = ("auto", "cpu", "cuda", "mps")
NAMED = (
    "device", "threads", "tracker", "cache_gb", "cache_size", "cache_place", "choose_place", "clean", "theme", "keys",
    "problem",
)  # fmt: skip
THEMES = (("system", "As the system"), ("light", "Light"), ("dark", "Dark"))


@dataclass(frozen=True, slots=True)
class CachePlace:
    """Where caches are.

    Attributes:
        default: of fetched networks, where the user chooses nothing.
        fixed: of fetched networks, where the environment decides; else None.
        project: None without an open project.
    """

    default: Path
    fixed: Path | None
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
        self.cache_place = QLineEdit(str(place.fixed or settings.cache_place), placeholderText=str(place.default))
        self.choose_place = QPushButton("Choose…", autoDefault=False)
        for widget in (self.cache_place, self.choose_place):
            widget.setEnabled(place.fixed is None)
        self.cache_size = QLabel("counting …" if place.project else "")
        self.clean = QPushButton("Clean up", autoDefault=False)
        self.clean.setEnabled(False)
        self.clean.setVisible(place.project is not None)
        self.theme = _choices(THEMES, settings.theme)
        self.keys = QPushButton("Change keys…", autoDefault=False)
        self.problem = QLabel(wordWrap=True)
        self.problem.setProperty("role", "bad")
        self.problem.hide()
        self._settings = settings
        for name in NAMED:
            getattr(self, name).setObjectName(f"settings.{name}")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setObjectName("settings.ok")
        self._compose(place)
        self.buttons.accepted.connect(self._want)
        self.buttons.rejected.connect(self.reject)
        self.choose_place.clicked.connect(self._choose_place)
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
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.cache_place, 1)
        row.addWidget(self.choose_place)
        form.addRow("Fetched networks", row)
        fixed = "the environment variable STUDIO_CACHE decides"
        form.addRow("", _dim(fixed if place.fixed else "from the next start on; what was fetched before is not moved"))
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

    def _choose_place(self) -> None:
        start = Path(self.cache_place.text() or self.cache_place.placeholderText())
        choose_path(
            self,
            "settings.place_dialog",
            "The folder for fetched networks",
            start,
            lambda folder: self.cache_place.setText(str(folder)),
            "folder",
        )

    def _place(self) -> str:
        return self.cache_place.text().strip() if self.cache_place.isEnabled() else self._settings.cache_place

    def _want(self) -> None:
        self.wanted.emit(
            {
                "device": self.device.currentText().strip(),
                "threads": self.threads.value(),
                "tracker": self.tracker.currentData(),
                "cache_gb": self.cache_gb.value(),
                "cache_place": self._place(),
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
