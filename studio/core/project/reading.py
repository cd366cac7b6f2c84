"""What can be asked of an open project: its rows at any moment of its history, the history, and what changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from studio.core.errors import InputError
from studio.core.project import database, steps, versions
from studio.core.project.edits import Edit
from studio.core.project.keys import Keys
from studio.core.project.row_checks import printable
from studio.core.project.rows import (
    COLUMNS,
    AreaRow,
    LabelRow,
    MarkRow,
    MediumRow,
    RegionRow,
    SearchRow,
    SplitRow,
    TrackRow,
)

_R = TypeVar("_R", MediumRow, LabelRow, TrackRow, RegionRow, MarkRow, SplitRow, AreaRow, SearchRow)


class HistoryLine(NamedTuple):
    """A step or part of a large one: position from 1, group, what it did, when (ISO 8601, UTC), who asked for it."""

    position: int
    group: int
    text: str
    time: str
    who: str


class Step(NamedTuple):
    """What an undo or redo would do next: its text, how many rows the edits that it is about changed, their group."""

    text: str
    rows: int
    group: int


class Readable:
    """The reading half of `Project`.

    Attributes:
        folder: absolute.
        connection: to its database.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.connection = connection
        self._database = folder / database.NAME

    @property
    def position(self) -> int:
        """The length of the history."""
        with self.reading():
            return versions.last_position(self.connection)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Around every query: what SQLite or a damaged row says becomes one sentence that names the file."""
        with database.readable_errors(self._database):
            yield

    @contextmanager
    def moment(self) -> Iterator[None]:
        """All that is read inside is of one moment, whatever others write meanwhile; inside another, of that one."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("ROLLBACK")

    def media(self, *, at: int | None = None) -> list[MediumRow]:
        return self._rows("media", MediumRow, at=at)

    def labels(self, *, at: int | None = None) -> list[LabelRow]:
        return self._rows("labels", LabelRow, at=at)

    def tracks(self, *, at: int | None = None) -> list[TrackRow]:
        return self._rows("tracks", TrackRow, at=at)

    def marks(self, *, at: int | None = None) -> list[MarkRow]:
        return self._rows("marks", MarkRow, at=at)

    def splits(self, *, at: int | None = None) -> list[SplitRow]:
        return self._rows("splits", SplitRow, at=at)

    def areas(self, *, at: int | None = None) -> list[AreaRow]:
        """The search areas, at most one for each medium."""
        return self._rows("areas", AreaRow, at=at)

    def searches(self, *, at: int | None = None) -> list[SearchRow]:
        """The saved searches."""
        return self._rows("searches", SearchRow, at=at)

    def regions(
        self,
        *,
        medium: int | None = None,
        label: int | None = None,
        track: int | None = None,
        first: int | None = None,
        last: int | None = None,
        at: int | None = None,
    ) -> list[RegionRow]:
        """Regions by medium, frame and id; `first` and `last` are frames, inclusive; `at` is a history position."""
        conditions = {"medium =": medium, "label =": label, "track =": track, "frame >=": first, "frame <=": last}
        return self._rows("regions", RegionRow, conditions, order="medium, frame, id", at=at)

    def label(self, name: str) -> LabelRow:
        """The label called `name`; raises `InputError` that lists those there are."""
        labels = self.labels()
        for label in labels:
            if label.name == name:
                return label
        raise InputError(f"unknown label {name!r}; there are: {', '.join(label.name for label in labels)}")

    def _rows(
        self,
        table: str,
        kind: type[_R],
        conditions: dict[str, int | None] | None = None,
        order: str = "id",
        at: int | None = None,
    ) -> list[_R]:
        given: dict[str, int] = {name: value for name, value in (conditions or {}).items() if value is not None}
        holds: list[str] = ["until IS NULL"] if at is None else ["+since <= ?", "(until IS NULL OR until > ?)"]
        # The + keeps the index over `since` out of it: most rows are older than any position that is asked for.
        where = " AND ".join([*holds, *(f"{name} ?" for name in given)])
        query = f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE {where} ORDER BY {order}"
        with self.reading():
            found = self.connection.execute(query, ([] if at is None else [at, at]) + list(given.values()))
            try:
                return [kind(*values) for values in found]
            except InputError as error:
                raise InputError(f"{self._database} is damaged ({error}); restore it from a copy") from error

    def history(self) -> list[HistoryLine]:
        """All lines, oldest first; the text of an undo or redo names what it took or brought back."""
        named = "CASE kind WHEN 'edit' THEN text ELSE kind || ': ' || text END"
        cells = f"position, group_id, CAST({named} AS TEXT), CAST(time AS TEXT), CAST(who AS TEXT)"
        with self.reading():
            found = self.connection.execute(f"SELECT {cells} FROM history ORDER BY position")
            return [HistoryLine(position, group, *map(printable, words)) for position, group, *words in found]

    # What changed ----------------------------------------------------------------------------------------------------

    def changes_since(self, position: int) -> Keys:
        """The keys of all rows that were added, changed or removed after a position of the history, by whomever."""
        with self.reading():
            return versions.changed_since(self.connection, position)

    def changes_of(self, edit: Edit, since: int) -> Keys:
        """As `changes_since`, after `edit` was applied: told by itself where nobody else wrote, with its `bulk`.

        Rows that held already what it wanted may be among them.
        """
        with self.reading(), self.moment():
            if versions.groups_since(self.connection, since) != 1:
                return versions.changed_since(self.connection, since)
        alone = all(key.table != "regions" for key in edit.changes)
        return Keys.in_tables(edit.ids, edit.bulk if alone else ())

    def next_undo(self) -> Step | None:
        """What `undo` would take back; None where there is nothing."""
        return self._next("undo")

    def next_redo(self) -> Step | None:
        """What `redo` would bring back; None where there is nothing."""
        return self._next("redo")

    def is_undone(self, group: int) -> bool:
        """Whether nothing more can be added to a group, as it was undone."""
        with self.reading():
            return steps.is_undone(self.connection, group)

    def still_holds(self, position: int) -> bool:
        """Whether nothing came after `position`, or a region is still as it was written there."""
        with self.reading():
            query = "SELECT 1 FROM regions WHERE since = ? AND until IS NULL LIMIT 1"
            written = self.connection.execute(query, (position,)).fetchone() is not None
            return written or versions.last_position(self.connection) == position

    def _next(self, kind: str) -> Step | None:
        with self.reading():
            step = steps.next_step(self.connection, kind)
            return Step(printable(step[1]), versions.rows_of_group(self.connection, step[0]), step[0]) if step else None

    def same_moment(self, position: int) -> int:
        """The earliest position known at which all rows held what they hold at `position`: an undo goes back to one."""
        with self.reading():
            return steps.same_moment(self.connection, position)

    def data_version(self) -> int:
        """A number that changes when another connection, of this process or another, wrote to the database."""
        with self.reading():
            return int(self.connection.execute("PRAGMA data_version").fetchone()[0])
