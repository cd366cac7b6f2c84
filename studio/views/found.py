"""The found dock: what runs of a head over whole clips counted, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.state.found_model import COLUMNS, MEDIUM, TEXTS, FoundModel
from studio.state.jobs import Job
from studio.state.roles import Role
from studio.views.elided import ElidedLabel
from studio.views.empty import EmptyState
from studio.views.icons import icon
from studio.views.job_list import JobRow
from studio.views.named import named
from studio.views.theme import current

_EMPTY = (
    "No clip searched yet",
    "Run the head over a whole clip: when, where and how many things there are comes here as a table.",
)
_WIDEST = ("", "00:00.000 0", "00:00.000 0", "Seconds 00", "000,000", "000,000", "Frames 00", "Score 00", "0" * 18)
_HERE_ALPHA = 46  # of 255: the rows that are there on the shown frame


class FoundView(QWidget):
    """A line that sums up, a table of tracks, and buttons.

    Attributes:
        went_to: emitted with the row that was clicked, or opened by Enter.
        chosen_changed: other rows are selected.
        accept_wanted: emitted with whether of the selected rows alone.
        csv_wanted, video_wanted, clear_wanted: the buttons.
        model: of the table.
    """

    went_to = Signal(int)
    chosen_changed = Signal()
    accept_wanted = Signal(bool)
    csv_wanted = Signal()
    video_wanted = Signal()
    clear_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("found")
        self.model = FoundModel()
        self._summary = named(ElidedLabel(), "found.summary")
        font = self._summary.font()
        font.setBold(True)
        self._summary.setFont(font)
        self._source = named(ElidedLabel(), "found.source")
        self._source.setProperty("role", "dim")
        self._notes = named(QLabel(wordWrap=True), "found.notes")
        self._notes.setProperty("role", "doubtful")
        self._notes.setTextFormat(Qt.TextFormat.PlainText)
        self._notes.hide()
        self._job = named(JobRow(), "found.job")
        self._job.setContentsMargins(12, 6, 8, 0)
        self._job.hide()
        self.table = named(QTableView(), "found.table")
        self._set_up_table()
        self._empty = EmptyState("mdi6.movie-search-outline", *_EMPTY)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._content())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._job)
        column.addWidget(self._stack, 1)

    # What is shown ---------------------------------------------------------------------------------------------------

    def set_action(self, run: QAction) -> None:
        """What runs a head over a clip."""
        self._empty.set_actions(run)
        self._run.clicked.connect(run.trigger)
        self._run.setToolTip(run.toolTip())

    def set_job(self, job: Job | None) -> None:
        """Show how far the run is; None: nothing runs."""
        self._job.set_job(job)
        self._job.setVisible(job is not None)

    def show_nothing(self) -> None:
        """There is no result."""
        self._stack.setCurrentIndex(0)

    def show_found(self, summary: str, source: str, several: bool) -> None:
        """Say what the table holds and what it is of; `several`: of more than one medium."""
        self._summary.setText(summary)
        self._source.setText(source)
        self.table.setColumnHidden(MEDIUM, not several)
        self._stack.setCurrentIndex(1)
        self._enable()

    def set_notes(self, notes: Sequence[str]) -> None:
        """Sentences about the result: that it is not whole, or no longer the newest."""
        self._notes.setText("\n".join(notes).replace("/", "/\u200b"))  # long paths may break there
        self._notes.setVisible(bool(notes))

    def chosen(self) -> list[int]:
        """The selected rows, from above."""
        return sorted(index.row() for index in self.table.selectionModel().selectedRows())

    def minimumSizeHint(self) -> QSize:
        return QSize(18 * self.fontMetrics().averageCharWidth(), 5 * self.fontMetrics().height())

    # Parts -----------------------------------------------------------------------------------------------------------

    def _set_up_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setItemDelegate(HereDelegate(table))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setSortingEnabled(True)
        table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
        line = self.fontMetrics().height()
        side = round(0.7 * line)
        table.setIconSize(QSize(side, side))
        rows = table.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(round(1.6 * line))
        self._set_up_columns(table.horizontalHeader())
        table.selectionModel().selectionChanged.connect(self._on_selection)
        self.model.modelReset.connect(self._enable)
        table.clicked.connect(lambda index: self.went_to.emit(index.row()))
        table.activated.connect(lambda index: self.went_to.emit(index.row()))

    def _set_up_columns(self, header: QHeaderView) -> None:
        header.setHighlightSections(False)
        header.setMinimumSectionSize(4 * self.fontMetrics().averageCharWidth())
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for number, widest in enumerate(_WIDEST):
            if widest:
                wide = self.fontMetrics().horizontalAdvance(max(widest, f"{COLUMNS[number].title} 0", key=len))
                header.resizeSection(number, wide + 2 * self.fontMetrics().averageCharWidth() + 8)

    def _content(self) -> QWidget:
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (self._summary, self._source):
            words.addWidget(label)
        first = QHBoxLayout()
        first.setSpacing(4)
        first.addLayout(words, 1)
        for tool in self._tools():
            first.addWidget(tool, 0, Qt.AlignmentFlag.AlignTop)
        top = QVBoxLayout()
        top.setContentsMargins(12, 8, 8, 6)
        top.setSpacing(2)
        top.addLayout(first)
        top.addWidget(self._notes)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addLayout(self._buttons())
        return content

    def _tools(self) -> tuple[QToolButton, ...]:
        self._csv = _tool("csv", "mdi6.file-delimited-outline", "Save the tables as CSV…")
        self._csv.clicked.connect(self.csv_wanted)
        self._video = _tool("video", "mdi6.movie-open-outline", "Save a video with the boxes…")
        self._video.clicked.connect(self.video_wanted)
        self._run = _tool("run", "mdi6.movie-search-outline", "")
        self._clear = _tool("clear", "mdi6.close", "Clear the table; what was accepted stays")
        self._clear.clicked.connect(self.clear_wanted)
        return self._csv, self._video, self._run, self._clear

    def _buttons(self) -> QHBoxLayout:
        self._accept_all = named(QPushButton("Accept all"), "found.accept_all")
        self._accept_all.setToolTip("All of them become regions, as one step that can be undone")
        self._accept_all.setProperty("primary", True)
        self._accept_all.clicked.connect(lambda: self.accept_wanted.emit(False))
        self._accept = named(QPushButton("Accept selected"), "found.accept_selected")
        self._accept.setToolTip("The selected ones become regions, as one step that can be undone")
        self._accept.clicked.connect(lambda: self.accept_wanted.emit(True))
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 8)
        row.setSpacing(6)
        row.addWidget(self._accept_all)
        row.addWidget(self._accept)
        row.addStretch(1)
        return row

    def _on_selection(self, _: QItemSelection, __: QItemSelection) -> None:
        self._enable()
        self.chosen_changed.emit()

    def _enable(self) -> None:
        there = self.model.rowCount() > 0
        self._accept_all.setEnabled(there)
        self._csv.setEnabled(there)
        self._accept.setEnabled(there and self.table.selectionModel().hasSelection())


class HereDelegate(QStyledItemDelegate):
    """Tints the rows that are there on the shown frame, with a line at their left."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if index.data(Role.HERE):
            color = QColor(current().accent)
            if index.column() == 0:
                painter.fillRect(QRect(option.rect.left(), option.rect.top(), 3, option.rect.height()), color)
            if not option.state & QStyle.StateFlag.State_Selected:
                color.setAlpha(_HERE_ALPHA)
                painter.fillRect(option.rect, color)
        edge = 6
        inner = QStyleOptionViewItem(option)
        inner.rect = (
            option.rect.adjusted(edge, 0, 0, 0) if index.column() in TEXTS else option.rect.adjusted(0, 0, -edge, 0)
        )
        super().paint(painter, inner, index)


def _tool(name: str, picture: str, tip: str) -> QToolButton:
    button = named(QToolButton(), f"found.{name}")
    button.setIcon(icon(picture))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
