"""The runs dock: the table, what two selected runs differ in, and the run that is looked at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from studio.views.empty import EmptyState
from studio.views.judging.run_view import RunView
from studio.views.judging.runs_table import RunRow, RunsTable
from studio.views.named import named

EMPTY = (
    "Nothing was trained by a recipe yet",
    "Choose a recipe in the training dock and train it: how good it is, what it confuses and its worst mistakes are "
    "shown here, and whether the next one is better or only luckier.",
)
TWO = "Select two runs (Ctrl and click) to see whether one is better."
LINES = 5  # of the table, in view
BESIDE = 150  # letters, from which on the run is beside the table, unless the dock is higher than wide


class RunsView(QWidget):
    """The dock.

    Attributes:
        table: the runs.
        run: the one that is looked at.
        looked_at_changed: emitted with whether the dock can be seen.
    """

    looked_at_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.table, self.run = RunsTable(), RunView()
        self._difference = named(QLabel(TWO, wordWrap=True), "runs.difference")
        self._difference.setTextFormat(Qt.TextFormat.PlainText)
        self._difference.setProperty("role", "dim")
        self._difference.setContentsMargins(12, 4, 12, 6)
        self._difference.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._empty = EmptyState("mdi6.chart-timeline-variant", *EMPTY)
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        column.addWidget(self._difference)
        column.addStretch()
        self._parts = named(QSplitter(Qt.Orientation.Vertical), "runs.parts")
        self._parts.addWidget(above)
        self._parts.addWidget(self.run)
        self._parts.setChildrenCollapsible(False)
        self._parts.setStretchFactor(1, 1)
        self._parts.splitterMoved.connect(self._on_moved)
        self._moved = False  # by hand
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._parts)

    def set_actions(self, train: QAction, delete: QAction) -> None:
        """The first step, where nothing was trained, and how the chosen runs are deleted."""
        self._empty.set_actions(train)
        self.run.headline.delete.set_action(delete)
        self.table.addAction(delete)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def set_runs(self, rows: Sequence[RunRow]) -> None:
        """All runs, the newest first."""
        self.table.set_rows(rows)
        self._stack.setCurrentIndex(1 if rows else 0)
        self._share()

    def set_difference(self, text: str, role: str = "dim") -> None:
        """What two runs differ in, "good", "bad", "doubtful" or "dim"; "" says how to ask for it."""
        self._difference.setText(text or TWO)
        self._difference.setProperty("role", role)
        self._difference.style().polish(self._difference)
        self._share()

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.looked_at_changed.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.looked_at_changed.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = max(self.height(), BESIDE * self.fontMetrics().averageCharWidth()) <= self.width()
        orientation = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
        if self._parts.orientation() != orientation:
            self._parts.setOrientation(orientation)
            self._moved = False
        self._share()

    def _on_moved(self, _: int, __: int) -> None:
        self._moved = True

    def _share(self) -> None:
        """Give the table what its lines need, and the rest to the run, unless somebody gave it another share."""
        if self._moved:
            return
        if self._parts.orientation() == Qt.Orientation.Horizontal:
            self._parts.setSizes([2 * self.width() // 5, 3 * self.width() // 5])
            return
        lines = min(max(self.table.rowCount(), 1), LINES)
        words = self._difference.heightForWidth(self.width())
        table = min((lines + 1) * (self.table.rowHeight(0) + 1) + words, 2 * self.height() // 5)
        self._parts.setSizes([table, self.height() - table])
