"""The labels of a project as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from studio.core.project import BACKGROUND, LabelRow
from studio.state.roles import Role

Index = QModelIndex | QPersistentModelIndex
KEY, NAME, THRESHOLD, COUNT = range(4)  # columns
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class LabelList(QAbstractTableModel):
    """Labels by age, the background last. Editing a cell is a wish: the new value comes from the project.

    Attributes:
        renaming: emitted with a label's id and its wanted name.
        threshold_wanted: emitted with a label's id and the least score 0…1 of detections to be shown.
    """

    renaming = Signal(object, str)
    threshold_wanted = Signal(object, float)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[LabelRow] = []
        self._counts: dict[str, int] = {}

    @property
    def rows(self) -> tuple[LabelRow, ...]:
        return tuple(self._rows)

    def set_rows(self, rows: Iterable[LabelRow]) -> None:
        wanted = sorted(rows, key=lambda row: (row.name == BACKGROUND, row.id))
        if [row.id for row in wanted] == [row.id for row in self._rows]:
            changed = [number for number, row in enumerate(wanted) if row != self._rows[number]]
            self._rows = wanted
            for number in changed:  # the others may be in an editor, which `dataChanged` fills anew
                self.dataChanged.emit(self.index(number, KEY), self.index(number, COUNT))
        else:
            self.beginResetModel()
            self._rows = wanted
            self.endResetModel()

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """How many regions each label has, by name."""
        if dict(counts) != self._counts:
            self._counts = dict(counts)
            if self._rows:
                self.dataChanged.emit(self.index(0, COUNT), self.index(len(self._rows) - 1, COUNT))

    def row_of(self, label: int | None) -> int:
        """The row of a label, -1 where there is none."""
        return next((row for row, each in enumerate(self._rows) if each.id == label), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 4

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.isValid() and index.column() in (NAME, THRESHOLD) and self._rows[index.row()].name != BACKGROUND:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(row, column)
            case Qt.ItemDataRole.EditRole:
                return row.threshold if column == THRESHOLD else row.name
            case Qt.ItemDataRole.ToolTipRole:
                return _tip(row, self._counts.get(row.name, 0))
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if column in (THRESHOLD, COUNT) else None
            case Role.COLOR:
                return QColor(row.color)
            case Role.ID:
                return row.id
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: ANN401
        if not index.isValid() or role != Qt.ItemDataRole.EditRole:
            return False
        row = self._rows[index.row()]
        if index.column() == NAME and str(value).strip() not in ("", row.name):
            self.renaming.emit(row.id, str(value).strip())
        elif index.column() == THRESHOLD and round(float(value), 2) != round(row.threshold, 2):
            self.threshold_wanted.emit(row.id, round(float(value), 2))
        return False

    def _text(self, row: LabelRow, column: int) -> str:
        if column == THRESHOLD:
            return "" if row.name == BACKGROUND else f"≥ {row.threshold:.2f}"
        return {KEY: row.key, NAME: row.name, COUNT: f"{self._counts.get(row.name, 0):,}"}[column]


def _tip(row: LabelRow, count: int) -> str:
    if row.name == BACKGROUND:
        return f"{row.name}: what is no object; {count:,} negatives\nkey 0"
    key = f"key {row.key}" if row.key else "no key"
    return f"{row.name}: {count:,} regions\n{key}; detections are shown from a score of {row.threshold:.2f} on"
