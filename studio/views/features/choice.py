"""Layer choice: how good heads are on each stage of the network, what it costs, and which one the next heads use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.core.stages import POOLINGS, TriedStage, split_stage, titled
from studio.state.jobs import Job
from studio.views.elided import ElidedLabel
from studio.views.empty import ActionButton, EmptyState
from studio.views.icons import icon
from studio.views.job_list import JobRow
from studio.views.named import named
from studio.views.theme import current

if TYPE_CHECKING:
    from studio.views.features.choice_plot import ChoicePlot

COLUMNS = ("layer", "pooling", "average\nprecision", "ms")
EMPTY = (
    "Which layer tells your things apart?",
    "A head is trained on every stage of the network, and judged on held-out blocks of time: the earlier a stage, the "
    "faster it is, and some do as well as the last.",
)
LEGEND = "● average   ▲ maximum   ■ 2 × 2   ◆ output   blue: nothing beats it   ring: in use"


class ChoiceView(QWidget):
    """A plot, a table of the same, and a button that takes the chosen one.

    Attributes:
        use_wanted: emitted with the name of the backbone that the next heads should use.
    """

    use_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._tried: tuple[TriedStage, ...] = ()
        self._used = ""
        self._plot: ChoicePlot | None = None
        self._empty = EmptyState("mdi6.chart-scatter-plot", *EMPTY)
        self._job = named(JobRow(), "choice.job")
        self._job.hide()
        self._summary = named(QLabel(wordWrap=True), "choice.summary")
        self._summary.setProperty("role", "dim")
        self._stale = named(QLabel("The examples changed since: compare again.", wordWrap=True), "choice.stale")
        self._stale.setProperty("role", "doubtful")
        self._stale.hide()
        self.table = StageTable()
        self.table.itemSelectionChanged.connect(self._on_selected)
        self.table.itemActivated.connect(self._use)
        self._taken = named(ElidedLabel(), "choice.taken")
        self._use_button = named(QPushButton("Use this"), "choice.use")
        self._use_button.setProperty("primary", True)
        self._use_button.setToolTip("The next heads of this project see crops by this layer")
        self._use_button.clicked.connect(self._use)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._content())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._job)
        column.addLayout(self._stack, 1)
        self._job.setContentsMargins(12, 6, 8, 0)

    def _content(self) -> QWidget:
        self._left = QVBoxLayout()
        self._left.setSpacing(4)
        self._left.addWidget(self._summary)
        self._left.addWidget(self._stale)
        legend = named(QLabel(LEGEND, wordWrap=True), "choice.legend")
        legend.setProperty("role", "dim")
        self._left.addWidget(legend)
        self._buttons = QHBoxLayout()
        self._buttons.addStretch(1)
        self._buttons.addWidget(self._use_button)
        right = QVBoxLayout()
        right.setSpacing(6)
        right.addWidget(self.table, 1)
        right.addWidget(self._taken)
        right.addLayout(self._buttons)
        content = QWidget()
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom, content)
        self._sides.setContentsMargins(12, 8, 12, 10)
        self._sides.setSpacing(8)
        self._sides.addLayout(self._left, 3)
        self._sides.addLayout(right, 2)
        return content

    # What is shown ---------------------------------------------------------------------------------------------------

    def set_actions(self, compare: QAction, draw: QAction) -> None:
        """The comparison, and the first step where there is nothing to compare on."""
        self._compare, self._draw_box = compare, draw
        again = ActionButton(compare)
        again.setObjectName("choice.again")
        self._buttons.insertWidget(1, again)
        self.set_missing(None)

    def set_missing(self, text: str | None) -> None:
        """What is to be done before there is anything to compare on; None: nothing."""
        self._empty.set_text(EMPTY[0], text or EMPTY[1])
        self._empty.set_actions(self._draw_box if text else self._compare)

    def set_job(self, job: Job | None) -> None:
        """Show how far the comparison is; None: none goes on."""
        self._job.set_job(job)
        self._job.setVisible(job is not None)

    def make_plot(self) -> ChoicePlot:
        """The plot, made the first time; before that `choice_plot` should have been imported on a worker."""
        if self._plot is None:
            from studio.views.features.choice_plot import ChoicePlot

            self._plot = ChoicePlot()
            self._plot.picked.connect(self.table.selectRow)
            self._left.insertWidget(2, self._plot, 1)
        return self._plot

    def set_tried(self, tried: Sequence[TriedStage]) -> None:
        """Show what a comparison found."""
        plot = self.make_plot()
        self._tried = tuple(tried)
        network = split_stage(tried[0].name)[0]
        self._summary.setText(
            f"{len(tried)} heads on {network}: average precision on held-out blocks of time, against the time of a crop"
        )
        self._stale.hide()
        plot.set_tried(self._tried)
        self.table.set_tried(self._tried)
        self.set_used(self._used)
        self._stack.setCurrentIndex(1)
        self._on_selected()

    def set_stale(self) -> None:
        """What was learned from is not what it was when the layers were compared."""
        self._stale.show()

    def set_used(self, name: str) -> None:
        """The name of the backbone that the next heads use."""
        self._used = name
        network, stage = split_stage(name)
        self._taken.setText(f"Next heads: {network}, {titled(stage)}")
        number = next((n for n, each in enumerate(self._tried) if each.name == name), -1)
        self.table.mark_used(number)
        if self._plot is not None:
            self._plot.mark_used(number)
        self._enable()

    # What is chosen --------------------------------------------------------------------------------------------------

    def _on_selected(self) -> None:
        if self._plot is not None:
            self._plot.choose(self.table.chosen)
        self._enable()

    def _enable(self) -> None:
        chosen = self.table.chosen
        self._use_button.setEnabled(chosen >= 0 and self._tried[chosen].name != self._used)

    def _use(self) -> None:
        if self._use_button.isEnabled():
            self.use_wanted.emit(self._tried[self.table.chosen].name)

    # Room ------------------------------------------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:
        return QSize(18 * self.fontMetrics().averageCharWidth(), 5 * self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() > 1.4 * self.height() and self.width() > 90 * self.fontMetrics().averageCharWidth()
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if direction != self._sides.direction():
            self._sides.setDirection(direction)


class StageTable(QTableWidget):
    """A row for each stage, from the first layers to the last; those that nothing beats are bold."""

    def __init__(self) -> None:
        self._used = -1  # first: setting up tells of changes
        super().__init__(0, len(COLUMNS))
        self.setObjectName("choice.table")
        self.setHorizontalHeaderLabels(COLUMNS)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setMinimumHeight(4 * self.fontMetrics().height())
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(3 * self.fontMetrics().averageCharWidth())
        for column in range(len(COLUMNS)):
            item = self.horizontalHeaderItem(column)
            if item is not None:
                item.setTextAlignment(_side(column))

    def set_tried(self, tried: Sequence[TriedStage]) -> None:
        """Show these; none is chosen."""
        self.clearSelection()
        self.setRowCount(len(tried))
        for row, each in enumerate(tried):
            layer, pooling = each.stage or ("output", "")
            score = f"{each.score:.3f} ± {each.spread:.3f}"
            texts = (layer, POOLINGS.get(pooling, ""), score, f"{each.milliseconds:.2f}")
            for column, text in enumerate(texts):
                self.setItem(row, column, self._cell(text, column, each))
        self.resizeRowsToContents()

    def _cell(self, text: str, column: int, each: TriedStage) -> QTableWidgetItem:
        cell = QTableWidgetItem(text)
        cell.setTextAlignment(_side(column))
        cell.setToolTip(f"{each.name}: {each.dimensions:,} numbers a crop")
        font = cell.font()
        font.setBold(each.best)
        cell.setFont(font)
        return cell

    def mark_used(self, number: int) -> None:
        """Tick the row of the stage that the next heads use; -1: it is none of them."""
        self._used = number
        tick = icon("mdi6.check", current().good)
        for row in range(self.rowCount()):
            cell = self.item(row, 0)
            if cell is not None:
                cell.setIcon(tick if row == number else QIcon())

    @property
    def chosen(self) -> int:
        """The selected row; -1 for none."""
        rows = self.selectionModel().selectedRows()
        return rows[0].row() if rows else -1

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.mark_used(self._used)


def _side(column: int) -> Qt.AlignmentFlag:
    return (Qt.AlignmentFlag.AlignLeft if column < 2 else Qt.AlignmentFlag.AlignRight) | Qt.AlignmentFlag.AlignVCenter
