"""One line a label: how many crops, and how good the head is at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QSizePolicy, QTableView

from studio.core.judging import LabelScores
from studio.views.judging.shown import LabelOfProject
from studio.views.named import named

Index = QModelIndex | QPersistentModelIndex
COLUMNS = ("label", "crops", "precision", "recall", "F1", "AP")
TIPS = (
    "",
    "Crops of the label that it is judged by",
    "Of what was taken for it, the share that is it",
    "Of what is it, the share that was taken for it",
    "Harmonic mean of precision and recall; behind it 95 % of what it would be on other tracks",
    "Average precision: the area under the precision–recall curve",
)
SAMPLES = ("", "10,000", "precision", "recall", "0.00", "0.00")  # as wide as the columns
F1 = COLUMNS.index("F1")
MOST_ROWS = 10  # in view
INTERVALS, ALL_NUMBERS = 74, 60  # letters of the table, from which on these are shown
_VALUE = Qt.ItemDataRole.UserRole  # that a column is sorted by


class LabelTable(QTableView):
    """As high as its rows, ten at most; a click on a column's title sorts by it.

    Attributes:
        label_chosen: emitted with the index of the label whose line was gone to.
    """

    label_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        named(self, "runs.labels")
        self._scores = ScoresModel()
        self._sorted = QSortFilterProxyModel()
        self._sorted.setSourceModel(self._scores)
        self._sorted.setSortRole(_VALUE)
        self.setModel(self._sorted)
        self._quiet = False
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setShowGrid(False)
        self.setIconSize(QSize(12, 12))  # of colours
        self.setWordWrap(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSortingEnabled(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.selectionModel().currentRowChanged.connect(self._on_current)
        self._arrange()

    def set_scores(self, scores: Sequence[LabelScores], labels: Mapping[str, LabelOfProject]) -> None:
        """Show these, in the order of the labels or as it was sorted before."""
        self._quiet = True
        self._scores.set_scores(scores, labels)
        self._quiet = False
        self._arrange()
        self.updateGeometry()

    def choose(self, label: int) -> None:
        """Go to the line of a label without saying so."""
        self._quiet = True
        self.selectRow(self._sorted.mapFromSource(self._scores.index(label, 0)).row())
        self._quiet = False

    def sizeHint(self) -> QSize:
        rows = min(self._scores.rowCount(), MOST_ROWS)
        height = self.horizontalHeader().sizeHint().height() + rows * self.verticalHeader().defaultSectionSize()
        return QSize(super().sizeHint().width(), height + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    def _arrange(self) -> None:
        """What there is room for."""
        metrics = self.fontMetrics()
        letters = self.viewport().width() / max(metrics.averageCharWidth(), 1)
        self.verticalHeader().setDefaultSectionSize(round(1.9 * metrics.height()))
        self._scores.set_intervals(letters >= INTERVALS)
        for column, sample in enumerate(SAMPLES[1:], 1):
            text = "0.00 (0.00–0.00)" if column == F1 and letters >= INTERVALS else sample
            self.setColumnWidth(column, metrics.horizontalAdvance(text) + 20)
            self.setColumnHidden(column, column in (2, 3) and letters < ALL_NUMBERS)

    def _on_current(self, index: QModelIndex) -> None:
        if index.isValid() and not self._quiet:
            self.label_chosen.emit(self._sorted.mapToSource(index).row())


class ScoresModel(QAbstractTableModel):
    """A row a label, in the order of the labels."""

    def __init__(self) -> None:
        super().__init__()
        self._scores: Sequence[LabelScores] = ()
        self._labels: Mapping[str, LabelOfProject] = {}
        self._intervals = False

    def set_scores(self, scores: Sequence[LabelScores], labels: Mapping[str, LabelOfProject]) -> None:
        self.beginResetModel()
        self._scores, self._labels = scores, labels
        self.endResetModel()

    def set_intervals(self, shown: bool) -> None:
        """Whether F1 is followed by its interval."""
        if shown != self._intervals:
            self._intervals = shown
            if self._scores:
                self.dataChanged.emit(self.index(0, F1), self.index(len(self._scores) - 1, F1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._scores)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        if not index.isValid():
            return None
        scores, column = self._scores[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(scores, column)
        if role == _VALUE:
            return self._value(scores, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(scores)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role == Qt.ItemDataRole.DecorationRole and column == 0 and scores.label in self._labels:
            return QColor(self._labels[scores.label].color)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[section]
        return _side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _value(self, scores: LabelScores, column: int) -> str | float:
        """What has no score comes last."""
        if column < 2:
            return (scores.label, scores.count)[column]
        value = (scores.precision, scores.recall, scores.f1, scores.average_precision)[column - 2]
        return 2.0 if value is None else value

    def _text(self, scores: LabelScores, column: int) -> str:
        value = self._value(scores, column)
        if isinstance(value, str):
            return value
        if column == 1:
            return f"{value:,}"
        if not scores.count:
            return "–"
        interval = f" ({scores.interval})" if column == F1 and scores.interval and self._intervals else ""
        return f"{value:.2f}{interval}"


def _side(column: int) -> Qt.AlignmentFlag:
    return (Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter


def _tip(scores: LabelScores) -> str:
    if not scores.count:
        return f"{scores.label}: no crop to judge it by; {scores.said:,} others were taken for it"
    sure = f"F1 {scores.f1:.2f} ({scores.interval})" if scores.interval else "too few tracks for an interval"
    return f"{scores.label}: {scores.count:,} crops of {scores.tracks:,} tracks, {scores.said:,} said; {sure}"
