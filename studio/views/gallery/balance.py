"""Balance: how many crops there are of each label, what will harm a head, and hard negatives from the videos."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from studio.core.gallery.balance import REJECTED, LabelCrops
from studio.views.empty import EmptyState
from studio.views.gallery.balance_meter import BalanceMeter
from studio.views.gallery.crop_lines import SIDE, CropLines
from studio.views.gallery.run_bar import RunBar
from studio.views.gallery.short_button import ShortButton
from studio.views.named import named
from studio.views.scroll import scrolling

EMPTY = (
    "Nothing to weigh yet",
    "A head needs enough different crops of each label, and of what is none. Draw a box (W) and follow it (T): how "
    "many there are of each is shown here.",
)
MINING = (
    "Hard negatives are what the head takes for its objects and is none. They come from frames on which every object "
    "is marked, and teach it most."
)
_LINES = 5  # suggestions in view


class BalanceView(QWidget):
    """The part.

    Attributes:
        meter: the bars.
        bar: starts the mining.
        list: the suggestions.
        label_chosen: emitted with a label whose crops should be seen; "" for what was rejected.
        done: emitted with what is said of the chosen suggestion, "no", "yes" or "skip"; "all": none of them is one.
        looked_at_changed: emitted with whether the part can be seen.
    """

    label_chosen = Signal(str)
    done = Signal(str)
    looked_at_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.meter = BalanceMeter()
        self.meter.chosen.connect(self._on_label)
        self._warnings = named(QLabel(wordWrap=True), "balance.warnings")
        self._warnings.setTextFormat(Qt.TextFormat.PlainText)
        self._warnings.setProperty("role", "doubtful")
        self.bar = RunBar("balance.mine", "Mine hard negatives", f"{MINING} (B)")
        self._unlabelled = named(QCheckBox("Suggest from other frames too"), "balance.unlabelled")
        self._unlabelled.setToolTip("What is found on frames that nobody labelled is listed, and not stored by itself")
        self._found = named(QLabel(wordWrap=True), "balance.found")
        self._found.setTextFormat(Qt.TextFormat.PlainText)
        self._found.setProperty("role", "dim")
        keys = {Qt.Key.Key_X: "no", Qt.Key.Key_C: "yes", Qt.Key.Key_I: "skip"}
        self.list = CropLines("balance.list", keys)
        self.list.key_pressed.connect(self.done)
        self._suggested = QWidget()
        self._buttons = {name: named(ShortButton(), f"balance.{name}") for name in ("no", "yes", "skip", "all")}
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState("mdi6.scale-balance", *EMPTY))
        self._stack.addWidget(scrolling(self._compose()))
        self.set_found("")
        self.set_suggested(0, "")

    @property
    def unlabelled(self) -> bool:
        """Whether frames of which nobody said anything should give suggestions."""
        return self._unlabelled.isChecked()

    def set_looked_at(self, looked_at: bool) -> None:
        """Whether the part can be seen."""
        self.looked_at_changed.emit(looked_at)

    def set_labels(self, labels: Sequence[LabelCrops], warnings: Sequence[str]) -> None:
        """What there is; without anything the first step is said."""
        self._stack.setCurrentIndex(1 if labels else 0)
        self.meter.set_labels(labels)
        self._warnings.setText("\n".join(f"• {text}" for text in warnings))
        self._warnings.setVisible(bool(warnings))

    def set_found(self, text: str) -> None:
        """What was mined; "" for nothing yet, which explains it."""
        self._found.setText(text or MINING)

    def set_suggested(self, count: int, label: str) -> None:
        """How many suggestions there are, and the label of the chosen one, "" where none is."""
        self._suggested.setVisible(count > 0)
        self.list.setFixedHeight(min(count, _LINES) * (SIDE + 10) + 2)
        self._buttons["no"].setText(f"No {label} (X)" if label else "It is none (X)")
        self._buttons["yes"].setText(f"It is a {label} (C)" if label else "It is one (C)")
        self._buttons["all"].setText(f"None of {count:,}")
        for name in ("no", "yes", "skip"):
            self._buttons[name].setEnabled(bool(label))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 0)

    def _on_label(self, number: int) -> None:
        each = self.meter.labels[number]
        self.label_chosen.emit("" if each.name == REJECTED and each.negative else each.name)

    def _compose(self) -> QWidget:
        tips = {
            "no": "A negative from now on (X in the list)",
            "yes": "It becomes a region of its label (C in the list)",
            "skip": "Nothing is said about it (I in the list)",
            "all": "All of them become negatives, as one step",
        }
        self._buttons["skip"].setText("Skip (I)")
        grid = QGridLayout(self._suggested)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        grid.addWidget(self.list, 0, 0, 1, 2)
        for number, (name, button) in enumerate(self._buttons.items()):
            button.setToolTip(tips[name])
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, name=name: self.done.emit(name))
            grid.addWidget(button, 1 + number // 2, number % 2)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(8)
        for widget in (self.meter, self._warnings, self.bar, self._unlabelled, self._found, self._suggested):
            column.addWidget(widget)
        column.addStretch(1)
        return inside
