"""Splits: what goes to training, validation and the test; what there is of each label; and what leaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.crop import Crop
from studio.core.project.split_plan import WAYS, SplitWish
from studio.views.empty import EmptyState
from studio.views.gallery.splits_leaks import LeakLine, LeakList
from studio.views.gallery.splits_table import SplitTable
from studio.views.icons import icon
from studio.views.named import named
from studio.views.scroll import scrolling

EMPTY = (
    "What is learned, and what is judged by",
    "A head must be judged on crops that it has not learned from. Label something first: clips, blocks of time or "
    "tracks then go to training, validation and the test, never single frames.",
)
_TITLES = {"auto": "What fits", "clip": "Clips", "time": "Blocks of time", "track": "Tracks"}
_TIPS = {
    "auto": "Clips where there are enough, else blocks of time",
    "clip": "A clip as a whole",
    "time": "Blocks of two seconds and more, with gaps between; tracks stay whole where they can",
    "track": "An object as a whole, also where it is seen beside others",
}
_MOST = 50  # percent


class SplitsView(QWidget):
    """The part.

    Attributes:
        leaks: the pairs that leak.
        wish_changed: emitted with the `SplitWish` that the choices are; None where they are none.
        assign_wanted, clear_wanted, check_wanted: emitted by the buttons.
        looked_at_changed: emitted with whether the part can be seen.
    """

    wish_changed = Signal(object)
    assign_wanted = Signal()
    clear_wanted = Signal()
    check_wanted = Signal()
    looked_at_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._seed = 0
        self._by = named(QComboBox(), "splits.by")
        for way in WAYS:
            self._by.addItem(_TITLES[way], way)
            self._by.setItemData(self._by.count() - 1, _TIPS[way], Qt.ItemDataRole.ToolTipRole)
        self._again = named(QToolButton(), "splits.again")
        self._again.setIcon(icon("mdi6.dice-5-outline"))
        self._again.setToolTip("Another draw that is as good")
        self._val, self._test = _Share("val"), _Share("test")
        self._plan = named(QLabel(wordWrap=True), "splits.plan")
        self._plan.setProperty("role", "dim")
        self._assign = named(QPushButton("Assign"), "splits.assign")
        self._assign.setProperty("primary", True)
        self._assign.setEnabled(False)
        self._clear = named(QPushButton("Clear"), "splits.clear")
        self._clear.setToolTip("No crop is in a split any more")
        self.table = SplitTable()
        self._check = named(QPushButton("Look for leaks"), "splits.check")
        self._check.setToolTip("Pairs of two splits that are neighbours in time, one track, or look the same")
        self._found = named(QLabel(wordWrap=True), "splits.found")
        self.leaks = LeakList()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState("mdi6.call-split", *EMPTY))
        self._stack.addWidget(scrolling(self._compose()))
        self._connect()

    def set_looked_at(self, looked_at: bool) -> None:
        """Whether the part can be seen."""
        self.looked_at_changed.emit(looked_at)

    @property
    def wish(self) -> SplitWish | None:
        """What is chosen; None where both shares are 0."""
        val, test = self._val.share, self._test.share
        return SplitWish(val, test, self._by.currentData(), self._seed) if val + test > 0 else None

    def set_picture_of(self, picture_of: Callable[[Crop], QPixmap | None]) -> None:
        """Where the pictures of crops come from."""
        self.leaks.set_picture_of(picture_of)

    def set_counts(self, rows: Sequence[tuple[str, str, Sequence[int]]]) -> None:
        """What is in which split: name and colour of each label with its numbers, in the order of `SPLITS`."""
        self._stack.setCurrentIndex(1 if rows else 0)
        self.table.set_rows(rows)
        assigned = any(sum(numbers[1:]) for *_, numbers in rows)
        self._clear.setEnabled(assigned)
        self._check.setEnabled(assigned)

    def set_plan(self, sentence: str, possible: bool) -> None:
        """What assigning would give, or why it cannot be done."""
        self._plan.setText(sentence)
        self._assign.setEnabled(possible)

    def set_leaks(self, summary: str, level: str, lines: Sequence[LeakLine] = ()) -> None:
        """What was found; `level` is the role of the summary's colour: "good", "bad", "doubtful" or "dim"."""
        self._found.setText(summary)
        self._found.setProperty("role", level)
        self._found.style().polish(self._found)
        self.leaks.set_lines(lines)

    def set_checking(self, checking: bool) -> None:
        self._check.setText("Looking…" if checking else "Look for leaks")
        self._check.setDisabled(checking)

    def _connect(self) -> None:
        self._by.currentIndexChanged.connect(self._tell)
        self._again.clicked.connect(self._draw_again)
        for share, other in ((self._val, self._test), (self._test, self._val)):
            share.slider.valueChanged.connect(other.leave)
            share.slider.valueChanged.connect(self._tell)
        self._assign.clicked.connect(lambda: self.assign_wanted.emit())
        self._clear.clicked.connect(lambda: self.clear_wanted.emit())
        self._check.clicked.connect(lambda: self.check_wanted.emit())

    def _draw_again(self) -> None:
        self._seed += 1
        self._tell()

    def _tell(self, _: object = None) -> None:
        self.wish_changed.emit(self.wish)

    def _compose(self) -> QWidget:
        inside = QWidget()
        form = QGridLayout()
        form.setHorizontalSpacing(8)
        form.setVerticalSpacing(6)
        form.setColumnStretch(1, 1)
        form.addWidget(QLabel("Split by"), 0, 0)
        form.addWidget(self._by, 0, 1)
        form.addWidget(self._again, 0, 2)
        for row, (title, share) in enumerate((("Validation", self._val), ("Test", self._test)), 1):
            form.addWidget(QLabel(title), row, 0)
            form.addWidget(share.slider, row, 1)
            form.addWidget(share.text, row, 2)
        buttons = QHBoxLayout()
        buttons.addWidget(self._assign, 1)
        buttons.addWidget(self._clear)
        column = QVBoxLayout(inside)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(8)
        column.addLayout(form)
        column.addWidget(self._plan)
        column.addLayout(buttons)
        column.addSpacing(4)
        column.addWidget(self.table)
        column.addSpacing(4)
        column.addWidget(self._check)
        column.addWidget(self._found)
        column.addWidget(self.leaks)
        column.addStretch(1)
        return inside


class _Share:
    """A slider for a share, and its number."""

    def __init__(self, name: str) -> None:
        self.slider = named(QSlider(Qt.Orientation.Horizontal), f"splits.{name}")
        self.slider.setRange(0, _MOST)
        self.slider.setPageStep(5)
        self.text = QLabel()
        self.text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.text.setMinimumWidth(self.text.fontMetrics().horizontalAdvance("50 %"))
        self.slider.valueChanged.connect(self._show)
        self.slider.setValue(20)

    @property
    def share(self) -> float:
        return self.slider.value() / 100

    def leave(self, other: int) -> None:
        """Something for training, whatever the other one has."""
        self.slider.setValue(min(self.slider.value(), 90 - other))

    def _show(self, value: int) -> None:
        self.text.setText(f"{value} %")
