"""The media of a project as a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from studio.core.project import MediumRow
from studio.state.roles import Role

Index = QModelIndex | QPersistentModelIndex
ICONS = {"video": "mdi6.filmstrip", "stills": "mdi6.image-multiple-outline", "camera": "mdi6.webcam"}
_UNITS = {"stills": ("still", "stills")}


class MediaList(QAbstractListModel):
    """Media in the order in which they came, with what is wrong with their files."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[MediumRow] = []
        self._names: list[str] = []
        self._problems: dict[int, str] = {}
        self._seconds: dict[int, float] = {}

    @property
    def rows(self) -> tuple[MediumRow, ...]:
        return tuple(self._rows)

    @property
    def problems(self) -> Mapping[int, str]:
        """A sentence for each medium that cannot be read, by its id."""
        return self._problems

    def set_rows(self, rows: Sequence[MediumRow]) -> None:
        if list(rows) != self._rows:
            self.beginResetModel()
            self._rows, self._names = list(rows), _names(rows)
            self.endResetModel()

    def set_problems(self, problems: Mapping[int, str]) -> None:
        if dict(problems) != self._problems:
            self._problems = dict(problems)
            self._changed()

    def set_seconds(self, seconds: Mapping[int, float]) -> None:
        """How long media are, by their ids; those that have no length are missing."""
        if dict(seconds) != self._seconds:
            self._seconds = dict(seconds)
            self._changed()

    def row_of(self, medium: int | None) -> int:
        """The row of a medium, -1 where there is none."""
        return next((row for row, each in enumerate(self._rows) if each.id == medium), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        problem = self._problems.get(row.id)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._names[index.row()]
            case Qt.ItemDataRole.ToolTipRole:
                pixels = f"{row.width} × {row.height}" if row.width else "pictures of several sizes"
                size = f"{pixels} · {self._length(row)}"
                return "\n".join([row.path, size, *filter(None, [problem])])
            case Role.ID:
                return row.id
            case Role.ICON:
                return "mdi6.link-variant-off" if problem else ICONS[row.kind]
            case Role.SIDE:
                return "missing" if problem else self._length(row)
            case Role.PROBLEM:
                return problem
        return None

    def _length(self, row: MediumRow) -> str:
        one, many = _UNITS.get(row.kind, ("frame", "frames"))
        frames = f"{row.frames:,} {one if row.frames == 1 else many}"
        seconds = self._seconds.get(row.id)
        return frames if seconds is None else f"{_clock(seconds)} · {frames}"

    def _changed(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))


def _clock(seconds: float) -> str:
    """A length as people say it: 0.4 s, 0:24, 1:02:03."""
    if seconds < 1:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _names(rows: Sequence[MediumRow]) -> list[str]:
    """File names, with the folder where two are the same."""
    parts = [row.path.rsplit("/", 2) for row in rows]
    often = Counter(part[-1] for part in parts)
    return [f"{p[-1]} — {p[-2]}" if often[p[-1]] > 1 and len(p) > 1 else p[-1] for p in parts]
