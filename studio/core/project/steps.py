"""Steps back and forth through the history: which group comes next, and what its rows hold afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby

from studio.core.project.rows import COLUMNS, TABLES, Key
from studio.core.project.versions import Cells

# Conditions on a line h of the history: it is the last about its target; the target is undone.
_LAST = "NOT EXISTS (SELECT 1 FROM history n WHERE n.target = h.target AND n.position > h.position)"
_UNDONE = f"h.kind = 'undo' AND {_LAST}"
_NEXT = {
    "undo": f"SELECT target, text FROM history h WHERE h.kind <> 'undo' AND {_LAST} ORDER BY position DESC LIMIT 1",
    "redo": f"SELECT target, text FROM history h WHERE {_UNDONE}"
    " AND position > (SELECT coalesce(max(position), 0) FROM history WHERE kind = 'edit')"
    " ORDER BY position DESC LIMIT 1",
}


def next_step(connection: sqlite3.Connection, kind: str) -> tuple[int, str] | None:
    """The group that "undo" or "redo" acts on next, and its text; None where there is none."""
    found = connection.execute(_NEXT[kind]).fetchone()
    return (found[0], str(found[1])) if found else None


def changes_of_step(connection: sqlite3.Connection, kind: str, target: int) -> dict[Key, Cells | None]:
    """What the rows concerned hold after the "undo" or "redo" of the group `target`."""
    return _undo_of(connection, target) if kind == "undo" else _redo_of(connection, target)


def is_undone(connection: sqlite3.Connection, target: int) -> bool:
    found = connection.execute(f"SELECT 1 FROM history h WHERE target = ? AND {_UNDONE}", (target,)).fetchone()
    return found is not None


def same_moment(connection: sqlite3.Connection, position: int) -> int:
    """The earliest position known at which all rows held what they hold at `position`.

    An undo of what alone was done since some moment is a return to it, and so is a redo of what alone was undone; see
    `studio.core.project.bulk.take_back`.
    """
    while (earlier := _returned_to(connection, position)) is not None:
        position = earlier
    return position


def _returned_to(connection: sqlite3.Connection, position: int) -> int | None:
    """The moment that the undo or redo at `position` went back to; None where it did not, or is none."""
    line = connection.execute("SELECT kind, target FROM history WHERE position = ?", (position,)).fetchone()
    which = {"undo": "min", "redo": "max"}.get(line[0]) if line else None
    if which is None:
        return None
    query = f"SELECT {which}(position) FROM history WHERE target = ? AND position < ?"
    began = connection.execute(query, (line[1], position)).fetchone()[0]
    others = "SELECT 1 FROM history WHERE position > ? AND position < ? AND target <> ? LIMIT 1"
    if began is None or connection.execute(others, (began, position, line[1])).fetchone():
        return None
    return int(began) - 1


def _undo_of(connection: sqlite3.Connection, target: int) -> dict[Key, Cells | None]:
    """What the rows that the group `target` changed would hold without it.

    That is what the last change left that still counts: not one of `target`, nor of a group that is undone. So a row
    that somebody else changed after `target` did stays as it is, and goes back beyond `target` once that is undone too.
    """
    lines = connection.execute("SELECT position, target FROM history WHERE kind <> 'undo'")
    targets: dict[int, int] = dict(lines)
    gone = {target, *(undone for (undone,) in connection.execute(f"SELECT target FROM history h WHERE {_UNDONE}"))}
    counts = {position for position, by in targets.items() if by not in gone} | {0}  # 0: made with the project
    positions = "(SELECT position FROM history WHERE target = ?)"
    return {
        Key(table, row_id): next(
            (left[position] for position in sorted(left, reverse=True) if position in counts), None
        )
        for table in TABLES
        for row_id, versions in _changed_at(connection, table, positions, target)
        for left in [_left_by(versions)]
    }


def _redo_of(connection: sqlite3.Connection, target: int) -> dict[Key, Cells | None]:
    """What the rows held before the last undo of the group `target`, which nothing but other undos came after."""
    position = connection.execute("SELECT max(position) FROM history WHERE target = ?", (target,)).fetchone()[0]
    return {
        Key(table, row_id): next((version[2:] for version in versions if version[1] == position), None)
        for table in TABLES
        for row_id, versions in _changed_at(connection, table, "(?)", position)
    }


def _left_by(versions: list[Cells]) -> dict[int, Cells | None]:
    """What each change of a row left, by position; None where it removed the row."""
    left: dict[int, Cells | None] = {}
    for since, until, *row in versions:
        left[since] = tuple(row)
        if until is not None:
            left[until] = None  # until the next version says otherwise
    return left


def _changed_at(
    connection: sqlite3.Connection, table: str, positions: str, value: int
) -> Iterator[tuple[int, list[Cells]]]:
    """All versions (since, until, cells of the row), oldest first, of each row of `table` changed at `positions`."""
    found = connection.execute(
        f"SELECT CAST(since AS INTEGER), CAST(until AS INTEGER), {', '.join(COLUMNS[table])} FROM {table} WHERE id IN"
        f" (SELECT id FROM {table} WHERE since IN {positions} UNION SELECT id FROM {table} WHERE until IN {positions})"
        " ORDER BY id, since",
        (value, value),
    )
    for row_id, versions in groupby(found, key=lambda version: version[2]):
        yield row_id, list(versions)
