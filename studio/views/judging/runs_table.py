"""The runs of a project below each other: what was trained, on what, how good and how fast it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QItemSelectionModel, QSize, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableWidget, QTableWidgetItem

from studio.views.named import named
from studio.views.theme import current

# title, letters of the table from which on it is shown, whether it gives way to others by eliding, tip
COLUMNS: tuple[tuple[str, int, bool, str], ...] = (
    ("run", 0, True, "The recipe, and when it was run"),
    ("validation", 0, False, "Accuracy on the validation crops, and 95 % of what it would be on other tracks"),
    ("test", 66, False, "Accuracy on the test crops, and 95 % of what it would be on other tracks"),
    ("ms", 80, False, "Milliseconds that a crop takes in network and head"),
    ("data", 100, True, "How the regions changed since"),
    ("parameters", 122, True, "Those that are not as shipped"),
    ("head", 140, True, "The name it is kept under"),
)


@dataclass(frozen=True)
class RunRow:
    """A line of the table; a text for each column.

    Attributes:
        name: of the run.
        texts: beside `COLUMNS`.
        tip: all of it.
        dim: whether nothing came of it.
    """

    name: str
    texts: tuple[str, ...]
    tip: str
    dim: bool = False


class RunsTable(QTableWidget):
    """One or two lines can be selected.

    Attributes:
        run_chosen: emitted with the name of the run whose line alone is selected.
        pair_chosen: emitted with the names of two, the older first.
    """

    run_chosen = Signal(str)
    pair_chosen = Signal(str, str)

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        named(self, "runs.table")
        self._rows: Sequence[RunRow] = ()
        self.setHorizontalHeaderLabels([title for title, *_ in COLUMNS])
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setWordWrap(False)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, (_, _, elides, tip) in enumerate(COLUMNS):
            mode = QHeaderView.ResizeMode.Stretch if elides else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, mode)
            if (item := self.horizontalHeaderItem(column)) is not None:
                item.setToolTip(tip)
        self.itemSelectionChanged.connect(self._on_selected)

    def set_rows(self, rows: Sequence[RunRow]) -> None:
        """Show these; what was selected stays selected."""
        before = self.selected
        self._rows = rows
        self.blockSignals(True)
        header = self.horizontalHeader()
        modes = [header.sectionResizeMode(column) for column in range(len(COLUMNS))]
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)  # else each cell that is set measures all others
        self.setRowCount(len(rows))
        for line, row in enumerate(rows):
            for column, text in enumerate(row.texts):
                item = QTableWidgetItem(text)
                item.setToolTip(row.tip)
                if row.dim:
                    item.setForeground(QColor(current().dim))
                self.setItem(line, column, item)
        for column, mode in enumerate(modes):
            header.setSectionResizeMode(column, mode)
        self.resizeRowsToContents()
        self.select(before)
        self.blockSignals(False)
        self.setMaximumHeight(self.sizeHint().height())
        self.updateGeometry()

    @property
    def selected(self) -> list[str]:
        """Names of the selected runs, the newest first."""
        lines = {index.row() for index in self.selectionModel().selectedRows()}
        return [row.name for line, row in enumerate(self._rows) if line in lines]

    def select(self, names: Sequence[str]) -> None:
        """Select the lines of these runs."""
        model = self.selectionModel()
        model.clearSelection()
        for line, row in enumerate(self._rows):
            if row.name in names:
                flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
                model.select(self.model().index(line, 0), flags)

    def sizeHint(self) -> QSize:
        rows = sum(self.rowHeight(row) for row in range(self.rowCount()))
        return QSize(super().sizeHint().width(), self.horizontalHeader().sizeHint().height() + rows + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, min(self.sizeHint().height(), 5 * self.fontMetrics().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        letters = self.viewport().width() / max(self.fontMetrics().averageCharWidth(), 1)
        for column, (_, least, _, _) in enumerate(COLUMNS):
            self.setColumnHidden(column, letters < least)
        others = letters >= COLUMNS[4][1]  # of those that give way is shown
        mode = QHeaderView.ResizeMode.ResizeToContents if others else QHeaderView.ResizeMode.Stretch
        self.horizontalHeader().setSectionResizeMode(0, mode)

    def _on_selected(self) -> None:
        selected = self.selected
        if len(selected) == 1:
            self.run_chosen.emit(selected[0])
        elif len(selected) == 2:
            self.pair_chosen.emit(selected[1], selected[0])
