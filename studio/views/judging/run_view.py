"""All that is known of one run: how good it is and how sure that is, by label, by pair of labels, by threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QStackedLayout, QTabBar, QVBoxLayout, QWidget

from studio.core.judging import Judgement
from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.gallery.crop_lines import EDGE, SIDE, CropLine, CropLines
from studio.views.judging.confusion import ConfusionMatrix
from studio.views.judging.curve import CurveView
from studio.views.judging.headline import Headline
from studio.views.judging.label_table import LabelTable
from studio.views.judging.reliability import ReliabilityDiagram
from studio.views.judging.shown import SPLITS, LabelOfProject, ShownRun
from studio.views.named import named
from studio.views.scroll import scrolling

NOTHING = ("No run is chosen", "Choose a run to see how good it is, what it confuses, and its worst mistakes.")
SIDE_BY_SIDE = 100  # letters, from which on there are two columns
_MISTAKES = 6  # in view


class RunView(QWidget):
    """Shows a run.

    Attributes:
        cell_chosen: emitted with two indices of labels: crops of the first that were taken for the second.
        threshold_wanted: emitted with the name of a label and a score 0…1.
        split_chosen: emitted with the split that is looked at now, after it is shown.
        mistakes: the list of the worst; lines come from `set_mistakes`.
    """

    cell_chosen = Signal(int, int)
    threshold_wanted = Signal(str, float)
    split_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._run: ShownRun | None = None
        self._labels: Mapping[str, LabelOfProject] = {}
        self.headline = Headline()
        self.splits = named(QTabBar(), "runs.split")
        self.splits.setDrawBase(False)
        self.splits.setExpanding(False)
        self.splits.currentChanged.connect(self._on_split)
        self.table = LabelTable()
        self.matrix = ConfusionMatrix()
        self._told = named(ElidedLabel(), "runs.confusion.told")
        self._told.setProperty("role", "dim")
        self.curve = CurveView()
        self.reliability = ReliabilityDiagram()
        self._calibrated = named(QLabel(wordWrap=True), "runs.calibration")
        self._calibrated.setProperty("role", "dim")
        self.mistakes = CropLines("runs.mistakes", {})
        self._worst = named(QLabel(wordWrap=True), "runs.mistakes.count")
        self._worst.setProperty("role", "dim")
        self._connect()
        self._empty = EmptyState("mdi6.chart-bell-curve", *NOTHING)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._compose()

    def _connect(self) -> None:
        self.table.label_chosen.connect(self.curve.choose)
        self.curve.label_chosen.connect(self.table.choose)
        self.curve.threshold_wanted.connect(self.threshold_wanted)
        self.matrix.cell_chosen.connect(self.cell_chosen)
        self.matrix.told.connect(self._tell)
        self.matrix.labels_shown.connect(lambda _: self._tell(""))

    def _compose(self) -> None:
        """From outside inwards: whatever gets another parent is looked up in the style sheet again, with all in it."""
        inside, self._judged = QWidget(), QWidget()
        self._stack.addWidget(scrolling(inside))
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 10, 4, 12)
        column.setSpacing(8)
        for part in (self.headline, self.splits, self._judged):
            column.addWidget(part)
        column.addStretch(1)
        self._columns = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._judged)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(18)
        sections = (
            ("By label", self.table, "Worst mistakes, the surest first", self._worst, self.mistakes),
            ("What was taken for what", self.matrix, self._told, "Precision and recall by threshold", self.curve,
             "Are its probabilities true?", self.reliability, self._calibrated),
        )  # fmt: skip
        for parts in sections:
            section = QWidget()
            self._columns.addWidget(section, 1)
            _fill(section, parts)

    # What is shown ---------------------------------------------------------------------------------------------------

    def set_run(self, run: ShownRun | None, labels: Mapping[str, LabelOfProject]) -> None:
        """Show a run, its validation first; None for none. `labels` are those of the project by name."""
        before = self.split
        self._run, self._labels = run, labels
        self._empty.set_text(*NOTHING)
        self._stack.setCurrentIndex(0 if run is None else 1)
        self.splits.blockSignals(True)
        while self.splits.count():
            self.splits.removeTab(0)
        judgements = run.judgements if run else {}
        for split, title in SPLITS.items():
            if split in judgements:
                self.splits.setTabData(self.splits.addTab(f"{title} · {len(judgements[split]):,}"), split)
        self.splits.setCurrentIndex(max(list(judgements).index(before) if before in judgements else 0, 0))
        self.splits.blockSignals(False)
        self.splits.setVisible(bool(judgements))
        self._show_split()

    def set_reading(self) -> None:
        """A run is on its way; what is shown stays until it comes."""
        self._empty.set_text("Reading the run…", "")

    def set_unreadable(self, why: str) -> None:
        """Instead of a run that cannot be read."""
        self.set_run(None, self._labels)
        self._empty.set_text("This run cannot be read", why)

    def set_labels(self, labels: Mapping[str, LabelOfProject]) -> None:
        """The project's labels are others now."""
        self._labels = labels
        if (judgement := self.judgement) is not None:
            self.table.set_scores(judgement.scores, labels)
            self.curve.set_labels(labels)

    def set_mistakes(self, count: int, total: int, line_of: Callable[[int], CropLine]) -> None:
        """The `count` worst of `total` mistakes."""
        self.mistakes.set_lines(count, line_of)
        self.mistakes.setVisible(count > 0)
        self.mistakes.setFixedHeight(min(count, _MISTAKES) * (SIDE + 2 * EDGE) + 2)
        more = f"The {count:,} surest of {total:,}. " if total > count else ""
        self._worst.setText(f"{more}Double click goes to the crop." if total else "It is right about every crop.")

    @property
    def split(self) -> str:
        """The split that is looked at; "" for none."""
        return str(self.splits.tabData(self.splits.currentIndex()) or "")

    @property
    def judgement(self) -> Judgement | None:
        """That of the split that is looked at."""
        return self._run.judgements.get(self.split) if self._run else None

    def _on_split(self, _: int) -> None:
        self._show_split()

    def _show_split(self) -> None:
        judgement = self.judgement
        self.headline.set_run(self._run, judgement)
        self._judged.setVisible(judgement is not None)
        if judgement is not None:
            self.table.set_scores(judgement.scores, self._labels)
            self.matrix.set_judgement(judgement)
            self.curve.set_judgement(judgement, self._labels)
            self.reliability.set_calibration(judgement.calibration)
            self._calibrated.setText(_calibrated(judgement, self.split))
            self._tell("")
        self.split_chosen.emit(self.split)

    def _tell(self, text: str) -> None:
        """Of the cell under the mouse; of the whole where that says nothing."""
        if text or (judgement := self.judgement) is None:
            self._told.setText(text)
            return
        known, shown = int((judgement.confusion.sum(0) + judgement.confusion.sum(1) > 0).sum()), self.matrix.count
        part = f"{shown} of {known} labels, those most often confused. " if shown < known else ""
        self._told.setText(f"{part}A click shows the crops.")

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= SIDE_BY_SIDE * self.fontMetrics().averageCharWidth()
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._columns.direction() != direction:
            self._columns.setDirection(direction)


def _fill(section: QWidget, parts: Sequence[str | QWidget]) -> None:
    """Widgets below each other; texts are titles."""
    column = QVBoxLayout(section)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    for number, part in enumerate(parts):
        if isinstance(part, str):
            title = ElidedLabel(part)
            font = title.font()
            font.setBold(True)
            title.setFont(font)
            if number:
                column.addSpacing(10)
            part = title
        column.addWidget(part)
    column.addStretch(1)


def _calibrated(judgement: Judgement, split: str) -> str:
    error = f"Calibration error {judgement.calibration.error:.2f}: how far they are off, on average."
    flatters = " A temperature may have been fitted on these crops: it flatters." if split == "val" else ""
    return f"{error}{flatters} On the line, what is said is so; below it, it is too sure."
