"""The tracks that a run over whole clips counted, as a table that can be sorted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from studio.core.clip_found import FoundInMedium
from studio.core.counting import CountedTrack
from studio.core.found_table import FoundTrack, clock
from studio.state.roles import Role

Index = QModelIndex | QPersistentModelIndex
_GREY = "#8b929c"


@dataclass(frozen=True, eq=False)
class FoundLine:
    """A line of the table: one track of one medium."""

    found: FoundInMedium
    track: CountedTrack
    row: FoundTrack


@dataclass(frozen=True)
class _Column:
    title: str
    tip: str
    value: Callable[[FoundLine], Any]
    text: Callable[[FoundLine], str]


def _short(seconds: float) -> str:
    return clock(seconds).removeprefix("00:")


COLUMNS = (
    _Column("Label", "What was found", lambda line: line.row.label, lambda line: line.row.label),
    _Column("From", "Time of the first frame", lambda line: line.row.start, lambda line: _short(line.row.start)),
    _Column("To", "Time of the last frame", lambda line: line.row.end, lambda line: _short(line.row.end)),
    _Column("Seconds", "From the first frame to the last", lambda line: line.row.end - line.row.start,
            lambda line: f"{line.row.end - line.row.start:,.2f}"),
    _Column("First", "First frame", lambda line: line.row.first, lambda line: f"{line.row.first:,}"),
    _Column("Last", "Last frame", lambda line: line.row.last, lambda line: f"{line.row.last:,}"),
    _Column("Frames", "Frames on which it was found; on some between it may have been missed",
            lambda line: line.row.detections, lambda line: f"{line.row.detections:,}"),
    _Column("Score", "The best score", lambda line: line.row.best_score, lambda line: f"{line.row.best_score:.2f}"),
    _Column("Medium", "Where it was found", lambda line: line.found.name, lambda line: line.found.name),
)  # fmt: skip
TEXTS = frozenset({0, len(COLUMNS) - 1})  # columns of words
MEDIUM = len(COLUMNS) - 1


class FoundModel(QAbstractTableModel):
    """Only the cells in view are asked for, so that 100,000 tracks cost no more than 100."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[FoundLine] = []
        self._colors: Mapping[str, str] = {}
        self._sorting: tuple[int, Qt.SortOrder] = (1, Qt.SortOrder.AscendingOrder)
        self._playhead: tuple[int, int] = (0, 0)
        self._media = self._firsts = self._lasts = np.zeros(0, np.int64)
        self._here: NDArray[np.bool_] = np.zeros(0, np.bool_)

    @property
    def lines(self) -> Sequence[FoundLine]:
        """In the order in which they are shown."""
        return self._lines

    def set_found(self, found: Sequence[FoundInMedium]) -> None:
        """Show the tracks of these media."""
        self.beginResetModel()
        lines = [
            FoundLine(each, track, row)
            for each in found
            for track, row in zip(each.report.tracks, each.report.table, strict=True)
        ]
        self._lines = self._sorted(lines)
        self._index()
        self.endResetModel()

    def set_colors(self, colors: Mapping[str, str]) -> None:
        """Colours "#rrggbb" of labels by name."""
        self._colors = colors
        self._changed(0, len(self._lines) - 1)

    def set_playhead(self, medium: int, frame: int) -> None:
        """Mark the tracks that are there on a frame."""
        self._playhead = medium, frame
        before, self._here = self._here, self._covering()
        if len(rows := np.flatnonzero(before != self._here)):
            self._changed(int(rows[0]), int(rows[-1]))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        if orientation != Qt.Orientation.Horizontal:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return COLUMNS[section].title
            case Qt.ItemDataRole.ToolTipRole:
                return COLUMNS[section].tip
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        if not index.isValid():
            return None
        line, column = self._lines[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return COLUMNS[column].text(line)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case Qt.ItemDataRole.DecorationRole if column == 0:
                return QColor(self._colors.get(line.row.label, _GREY))
            case Qt.ItemDataRole.ToolTipRole if column in TEXTS:
                return COLUMNS[column].text(line)
            case Role.HERE:
                return bool(self._here[index.row()])
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Lines of equal value stay as they were; what is selected stays selected."""
        self.layoutAboutToBeChanged.emit()
        self._sorting = column, order
        old, before = self.persistentIndexList(), self._lines
        self._lines = self._sorted(before)
        place = {id(line): row for row, line in enumerate(self._lines)}
        moved = [self.index(place[id(before[index.row()])], index.column()) for index in old]
        self.changePersistentIndexList(old, moved)
        self._index()
        self.layoutChanged.emit()

    def _sorted(self, lines: list[FoundLine]) -> list[FoundLine]:
        column, order = self._sorting
        return sorted(lines, key=COLUMNS[column].value, reverse=order == Qt.SortOrder.DescendingOrder)

    def _index(self) -> None:
        self._media = np.array([line.found.medium.id for line in self._lines], np.int64)
        self._firsts = np.array([line.row.first for line in self._lines], np.int64)
        self._lasts = np.array([line.row.last for line in self._lines], np.int64)
        self._here = self._covering()

    def _covering(self) -> NDArray[np.bool_]:
        medium, frame = self._playhead
        return np.asarray((self._media == medium) & (self._firsts <= frame) & (frame <= self._lasts))

    def _changed(self, first: int, last: int) -> None:
        if self._lines:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in TEXTS else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
