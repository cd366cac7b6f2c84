"""One line a label: how many crops, and how good the head is at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QSizePolicy, QTableWidget, QTableWidgetItem

from studio.core.judging import LabelScores
from studio.views.judging.shown import LabelOfProject
from studio.views.named import named

COLUMNS = ("label", "crops", "precision", "recall", "F1", "AP")
TIPS = {
    1: "Crops of the label that it is judged by",
    2: "Of what was taken for it, the share that is it",
    3: "Of what is it, the share that was taken for it",
    4: "Harmonic mean of precision and recall; behind it 95 % of what it would be on other tracks",
    5: "Average precision: the area under the precision–recall curve",
}
MOST_ROWS = 10  # in view
INTERVALS, ALL_NUMBERS = 74, 60  # letters of the table, from which on these are shown
SAMPLES = ("", "10,000", "precision", "recall", "0.00", "0.00")  # as wide as the columns


class Cell(QTableWidgetItem):
    """Sorts by its number; what has none comes last."""

    def __init__(self, text: str, value: float) -> None:
        super().__init__(text)
        self.value = value
        self.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def __lt__(self, other: QTableWidgetItem) -> bool:
        return isinstance(other, Cell) and self.value < other.value


class LabelTable(QTableWidget):
    """As high as its rows, ten at most.

    Attributes:
        label_chosen: emitted with the index of the label whose line was gone to.
    """

    label_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        named(self, "runs.labels")
        self._scores: Sequence[LabelScores] = ()
        self.setHorizontalHeaderLabels(COLUMNS)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSortingEnabled(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        for column, tip in TIPS.items():
            if (item := self.horizontalHeaderItem(column)) is not None:
                item.setToolTip(tip)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if (first := self.horizontalHeaderItem(0)) is not None:
            first.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.itemSelectionChanged.connect(self._on_selected)

    def set_scores(self, scores: Sequence[LabelScores], labels: Mapping[str, LabelOfProject]) -> None:
        """Show these, in the order of the labels or as it was sorted before."""
        self._scores = scores
        self.blockSignals(True)
        self.setSortingEnabled(False)
        self.setRowCount(len(scores))
        for row, each in enumerate(scores):
            self._fill(row, each, labels.get(each.label))
        self.setSortingEnabled(True)
        self.clearSelection()
        self.blockSignals(False)
        self._fit()

    def choose(self, label: int) -> None:
        """Go to the line of a label without saying so."""
        for row in range(self.rowCount()):
            if self._label_at(row) == label:
                self.blockSignals(True)
                self.selectRow(row)
                self.blockSignals(False)

    def sizeHint(self) -> QSize:
        rows = min(self.rowCount(), MOST_ROWS)
        height = self.horizontalHeader().sizeHint().height() + rows * self.rowHeight(0)
        return QSize(super().sizeHint().width(), height + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _fill(self, row: int, scores: LabelScores, label: LabelOfProject | None) -> None:
        name = QTableWidgetItem(scores.label)
        name.setData(Qt.ItemDataRole.UserRole, row)
        name.setToolTip(_tip(scores))
        if label is not None:
            name.setIcon(_swatch(label.color))
        self.setItem(row, 0, name)
        self.setItem(row, 1, Cell(f"{scores.count:,}", scores.count))
        for column, value in enumerate((scores.precision, scores.recall, scores.f1, scores.average_precision), 2):
            self.setItem(row, column, Cell("–" if value is None else f"{value:.2f}", 2.0 if value is None else value))

    def _arrange(self) -> None:
        """What there is room for."""
        letters = self.viewport().width() / max(self.fontMetrics().averageCharWidth(), 1)
        interval_shown = letters >= INTERVALS
        for column, sample in enumerate(SAMPLES[1:], 1):
            text = "0.00 (0.00–0.00)" if column == 4 and interval_shown else sample
            self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(text) + 20)
            self.setColumnHidden(column, column in (2, 3) and letters < ALL_NUMBERS)
        for row in range(self.rowCount()):
            scores, item = self._scores[self._label_at(row)], self.item(row, 4)
            if scores.f1 is not None and item is not None:
                interval = f" ({scores.interval})" if scores.interval and interval_shown else ""
                item.setText(f"{scores.f1:.2f}{interval}")

    def _label_at(self, row: int) -> int:
        return int(self.model().index(row, 0).data(Qt.ItemDataRole.UserRole))

    def _fit(self) -> None:
        self._arrange()
        self.resizeRowsToContents()
        self.updateGeometry()

    def _on_selected(self) -> None:
        if rows := self.selectionModel().selectedRows():
            self.label_chosen.emit(self._label_at(rows[0].row()))


def _tip(scores: LabelScores) -> str:
    if not scores.count:
        return f"{scores.label}: no crop to judge it by; {scores.said:,} others were taken for it"
    sure = f"F1 {scores.f1:.2f} ({scores.interval})" if scores.interval else "too few tracks for an interval"
    return f"{scores.label}: {scores.count:,} crops of {scores.tracks:,} tracks, {scores.said:,} said; {sure}"


def _swatch(color: str) -> QIcon:
    picture = QPixmap(12, 12)
    picture.fill(QColor(color))
    return QIcon(picture)
