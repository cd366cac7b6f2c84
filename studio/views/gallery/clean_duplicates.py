"""Near-duplicates: a slider from similar to exact, what it finds, and the sharpest of each group kept."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from studio.views.gallery.crop_lines import CropLines
from studio.views.gallery.run_bar import RunBar
from studio.views.gallery.short_button import ShortButton
from studio.views.named import named

STEPS = 200  # of the slider
LEAST, USUAL = 0.9, 0.97  # cosines


class DuplicatesPage(QWidget):
    """The section.

    Attributes:
        list: the groups, the largest first, the crop that stays ringed.
        bar: starts the comparison.
        threshold_changed: emitted with a cosine, while the slider moves.
        flag_wanted, remove_wanted, show_wanted: emitted by the buttons.
    """

    threshold_changed = Signal(float)
    flag_wanted = Signal()
    remove_wanted = Signal()
    show_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        name = "clean.duplicates"
        self.bar = RunBar(name, "Look again", "Compares all crops of each label with each other")
        self.list = CropLines(f"{name}.list", {}, wide=True)
        self._slider = named(QSlider(Qt.Orientation.Horizontal), f"{name}.slider")
        self._slider.setRange(0, STEPS)
        self._slider.setPageStep(STEPS // 20)
        self._slider.setValue(round((USUAL - LEAST) / (1 - LEAST) * STEPS))
        self._slider.setAccessibleName("How alike crops of a group are")
        self._slider.valueChanged.connect(self._on_slider)
        self._value = QLabel()
        self._value.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.count = named(QLabel(wordWrap=True), f"{name}.count")
        self.plan = named(QLabel(wordWrap=True), f"{name}.plan")
        self.plan.setProperty("role", "dim")
        self._flag = named(ShortButton("Skip the others"), f"{name}.flag")
        self._flag.setToolTip("Training skips all crops of a group but the sharpest; nothing is removed")
        self._flag.setProperty("primary", True)
        self._remove = named(ShortButton("Remove them"), f"{name}.remove")
        self._remove.setToolTip("All crops of a group but the sharpest are removed")
        self._show = named(QPushButton("Show all"), f"{name}.show")
        self._show.setToolTip("All groups in the grid")
        for button, signal in (
            (self._flag, self.flag_wanted),
            (self._remove, self.remove_wanted),
            (self._show, self.show_wanted),
        ):
            button.clicked.connect(lambda _=False, signal=signal: signal.emit())
        self._compose()
        self._show_value()
        self.set_found("", "", 0, False)

    @property
    def threshold(self) -> float:
        """The cosine from which crops are alike; 1: the same pixels."""
        return LEAST + (1 - LEAST) * self._slider.value() / STEPS

    def set_found(self, count: str, plan: str, groups: int, possible: bool) -> None:
        """What the slider finds, what could be done with it, and whether anything can be."""
        self.count.setText(count)
        self.count.setVisible(bool(count))
        self.plan.setText(plan)
        self.plan.setVisible(bool(plan))
        self.list.setVisible(groups > 0)
        for button in (self._flag, self._remove):
            button.setEnabled(possible and groups > 0)
        self._show.setEnabled(groups > 0)

    def set_outdated(self, outdated: bool) -> None:
        """Whether crops changed since they were compared, so that it should be done again."""
        self.bar.setVisible(outdated or self.bar.running)

    def _on_slider(self, _: int) -> None:
        self._show_value()
        self.threshold_changed.emit(self.threshold)

    def _show_value(self) -> None:
        self._value.setText("same pixels" if self._slider.value() == STEPS else f"{self.threshold:.4f}".rstrip("0"))

    def _compose(self) -> None:
        ends = QHBoxLayout()
        for text, stretch in (("similar", 0), ("", 1), ("exact", 0)):
            label = self._value if not text else QLabel(text)
            if text:
                label.setProperty("role", "dim")
            ends.addWidget(label, stretch)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self._flag, 3)
        buttons.addWidget(self._remove, 2)
        above = QHBoxLayout()
        above.addWidget(self.count, 1)
        above.addWidget(self._show, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(self._slider)
        column.addLayout(ends)
        column.addWidget(self.bar)
        column.addLayout(above)
        column.addWidget(self.list, 1)
        column.addWidget(self.plan)
        column.addLayout(buttons)
        column.addStretch(0)
