"""Many rows changed in one sweep of the database: taken through Python, 100,000 of them would take seconds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from studio.core.errors import InputError
from studio.core.project.edits import BulkChange
from studio.core.project.row_checks import FIELD_CHECKS
from studio.core.project.rows import COLUMNS, OPTIONAL, REFERENCES, TABLES
from studio.core.project.versions import Line, append_line, last_position

_PORTION = 100_000  # ids in one question: as text far less than the longest that SQLite takes here
_ROOM = "PRAGMA cache_size = -65536"  # 64 MB while there is much to change; SQLite's 2 MB would be written twice over


def change(connection: sqlite3.Connection, bulk: BulkChange, line: Line) -> None:
    """Close the present versions of the regions and open others with the new cells; the caller opened the transaction.

    Regions that hold the cells already are left alone. Where no other is there, no line is appended.

    Raises:
        InputError: a cell cannot be what is wanted, or refers to a row that is not there.
    """
    cells = None if bulk.cells is None else _checked(connection, bulk.cells, line.text)
    connection.execute(_ROOM)
    position = last_position(connection) + 1
    differs = f" AND NOT ({' AND '.join(f'{name} IS :{name}' for name in cells)})" if cells else ""
    closing = (
        f"UPDATE regions SET until = :at WHERE until IS NULL AND id IN (SELECT value FROM json_each(:ids)){differs}"
    )
    closed = sum(
        connection.execute(closing, {**(cells or {}), "at": position, "ids": ids}).rowcount
        for ids in as_text(bulk.regions)
    )
    if not closed:
        return
    if cells is not None:
        names = COLUMNS["regions"]
        taken = ", ".join(f":{name}" if name in cells else name for name in names)
        connection.execute(
            f"INSERT INTO regions (since, {', '.join(names)}) SELECT :at, {taken} FROM regions WHERE until = :at",
            {**cells, "at": position},
        )
    append_line(connection, position, line)


def take_back(connection: sqlite3.Connection, target: int, line: Line) -> bool:
    """Append the undo of the group `target` as a return to the moment before it; the caller opened the transaction.

    Returns:
        False, and nothing is done, where anything but `target` itself was done, undone or redone since it began.
    """
    began = connection.execute("SELECT min(position) FROM history WHERE target = ?", (target,)).fetchone()[0]
    return _return_to(connection, int(began), target, line)


def bring_back(connection: sqlite3.Connection, target: int, line: Line) -> bool:
    """Append the redo of the group `target` likewise, as a return to the moment before its last undo."""
    undone = connection.execute("SELECT max(position) FROM history WHERE target = ?", (target,)).fetchone()[0]
    return _return_to(connection, int(undone), target, line)


def _return_to(connection: sqlite3.Connection, began: int, target: int, line: Line) -> bool:
    """Let all rows hold again what they held just before the position `began`, if `target` alone changed them since."""
    others = "SELECT 1 FROM history WHERE position > ? AND target <> ? LIMIT 1"
    if connection.execute(others, (began, target)).fetchone():
        return False
    connection.execute(_ROOM)
    position = last_position(connection) + 1
    for table in TABLES:
        names = ", ".join(COLUMNS[table])
        connection.execute(f"UPDATE {table} SET until = ? WHERE until IS NULL AND since >= ?", (position, began))
        connection.execute(
            f"INSERT INTO {table} (since, {names}) SELECT ?, {names} FROM {table} WHERE until >= ? AND +since < ?",
            (position, began, began),
        )
    append_line(connection, position, line)
    return True


def as_text(ids: Iterable[int]) -> Iterator[str]:
    """Numbers for `json_each`, some at a time."""
    numbers = iter(ids)
    while some := list(islice(numbers, _PORTION)):
        yield json.dumps(some)


def _checked(connection: sqlite3.Connection, cells: Mapping[str, object], text: str) -> dict[str, object]:
    """The cells as SQLite keeps them."""
    checked: dict[str, object] = {}
    for name, value in cells.items():
        held = None if value is None and name in OPTIONAL else FIELD_CHECKS[name](value)
        if held is None and not (value is None and name in OPTIONAL):
            raise InputError(f"the {name} of a region cannot be {value!r}")
        checked[name] = held
        target = REFERENCES.get(name)
        there = f"SELECT 1 FROM {target} WHERE id = ? AND until IS NULL"
        if target and held is not None and not connection.execute(there, (held,)).fetchone():
            raise InputError(f"{text!r} cannot be done: regions would refer to {target} that are not there")
    return checked
