"""Row versions in the database: closing and opening them.

Works on the cells of rows, which were checked when they were made and are checked again when read as rows: an undo of
100,000 regions copies them without a look at each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, groupby, islice
from typing import Any, NamedTuple

from studio.core.errors import InputError
from studio.core.project.keys import Keys
from studio.core.project.rows import BACKGROUND, COLUMNS, REFERENCES, TABLES, Key

_MANY = 5000  # rows of a table that are counted at most: a menu asks this often
Cells = tuple[Any, ...]  # of a row, in the order of its table's columns
Changes = Mapping[Key, Cells | None]


class Line(NamedTuple):
    """The line of the history that a transaction appends; `kind` is "edit", "undo" or "redo" of the group `target`."""

    group: int
    text: str
    who: str
    kind: str
    target: int


def last_position(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(position), 0) FROM history").fetchone()[0])


def write(connection: sqlite3.Connection, changes: Changes, line: Line) -> dict[Key, Cells | None]:
    """Close and open row versions at the next position and append `line`; the caller opened the transaction.

    Returns:
        What the changed keys held before. Keys that already hold what was wanted are left alone.

    Raises:
        InputError: the result would refer to rows that are not there, or use a label's name or a file twice.
    """
    position = last_position(connection) + 1
    before: dict[Key, Cells | None] = {}
    for table in TABLES:
        wanted = {key.id: row for key, row in changes.items() if key.table == table}
        if wanted:
            before.update(_write_table(connection, table, wanted, position, line.text))
    if before or line.kind != "edit":
        _refuse_broken(connection, position, line.text)
        append_line(connection, position, line)
    return before


def append_line(connection: sqlite3.Connection, position: int, line: Line) -> None:
    """Write `line` as that of `position`, whose rows are written by the same transaction."""
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    connection.execute(
        "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)",
        (position, line.group, line.text, time, line.who, line.kind, line.target),
    )


def _write_table(
    connection: sqlite3.Connection, table: str, wanted: Mapping[int, Cells | None], position: int, text: str
) -> dict[Key, Cells | None]:
    now = _present(connection, table, wanted)
    changed = {row_id: row for row_id, row in wanted.items() if now.get(row_id) != row}
    closed = [(position, row_id) for row_id in changed if row_id in now]
    opened = [(position, *row) for row in changed.values() if row]
    columns = COLUMNS[table]
    connection.executemany(f"UPDATE {table} SET until = ? WHERE id = ? AND until IS NULL", closed)
    marks = ", ".join("?" * (len(columns) + 1))
    try:
        connection.executemany(f"INSERT INTO {table} (since, {', '.join(columns)}) VALUES ({marks})", opened)
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_UNIQUE:
            raise
        what = {
            "labels": "a label of that name",
            "media": "that medium",
            "areas": "a search area of that medium",
            "searches": "a search of that name",
        }.get(table, f"such a row in {table}")
        raise InputError(f"{text!r} cannot be done: there is already {what}") from error
    return {Key(table, row_id): now.get(row_id) for row_id in changed}


def _portions(ids: Iterable[int]) -> Iterator[tuple[str, list[int]]]:
    """`ids` a few hundred at a time (older SQLite takes 999 parameters), each with its question marks."""
    numbers = iter(ids)
    while some := list(islice(numbers, 500)):
        yield ", ".join("?" * len(some)), some


def _present(connection: sqlite3.Connection, table: str, ids: Iterable[int]) -> dict[int, Cells]:
    columns = ", ".join(COLUMNS[table])
    return {
        row[0]: row
        for marks, some in _portions(ids)
        for row in connection.execute(f"SELECT {columns} FROM {table} WHERE until IS NULL AND id IN ({marks})", some)
    }


def references() -> Iterator[tuple[str, str, str]]:
    """Each column that refers to another table: table, column, the table referred to."""
    for table, columns in COLUMNS.items():
        for column in columns:
            if column in REFERENCES:
                yield table, column, REFERENCES[column]


def _refuse_broken(connection: sqlite3.Connection, position: int, text: str) -> None:
    """Rows opened at `position` must refer to rows that hold, and rows closed there must not be referred to."""
    for table, column, target in references():
        broken = connection.execute(
            f"SELECT 1 FROM {table} r WHERE r.since = :p AND r.until IS NULL AND r.{column} IS NOT NULL"
            f" AND NOT EXISTS (SELECT 1 FROM {target} t WHERE t.id = r.{column} AND t.until IS NULL)"
            f" UNION ALL SELECT 1 FROM {target} t JOIN {table} r ON r.{column} = t.id WHERE t.until = :p"
            f" AND r.until IS NULL AND NOT EXISTS (SELECT 1 FROM {target} n WHERE n.id = t.id AND n.until IS NULL)"
            " LIMIT 1",
            {"p": position},
        ).fetchone()
        if broken:
            raise InputError(f"{text!r} cannot be done: {table} would refer to {target} that are not there")
    if not connection.execute("SELECT 1 FROM labels WHERE name = ? AND until IS NULL", (BACKGROUND,)).fetchone():
        raise InputError(f"the label {BACKGROUND!r} is reserved and keeps its name")


def changed_by_persons(connection: sqlite3.Connection, keys: Iterable[Key], seen: int, group: int) -> set[Key]:
    """Those of `keys` that a person changed after position `seen`, but for edits of `group` itself."""
    query = "SELECT position FROM history WHERE position > ? AND who = 'human' AND group_id <> ?"
    positions = {position for (position,) in connection.execute(query, (seen, group))}
    if not positions:
        return set()
    wanted = sorted(keys)
    return {
        Key(table, row_id)
        for table, of_table in groupby(wanted, key=lambda key: key.table)
        for marks, some in _portions(key.id for key in of_table)
        for row_id, since, until in connection.execute(
            f"SELECT id, since, until FROM {table} WHERE id IN ({marks}) AND (since > ? OR until > ?)",
            [*some, seen, seen],
        )
        if since in positions or until in positions
    }


def changed_since(connection: sqlite3.Connection, position: int) -> Keys:
    """Keys of the rows of which a version was opened or closed after `position`."""
    query = "SELECT id FROM {0} WHERE since > ? UNION ALL SELECT id FROM {0} WHERE until > ?"
    found = {table: connection.execute(query.format(table), (position, position)) for table in TABLES}
    return Keys.in_tables({table: set(chain.from_iterable(rows)) for table, rows in found.items()})


def groups_since(connection: sqlite3.Connection, position: int) -> int:
    """How many groups have lines after `position`."""
    query = "SELECT count(DISTINCT group_id) FROM history WHERE position > ?"
    return int(connection.execute(query, (position,)).fetchone()[0])


def rows_of_group(connection: sqlite3.Connection, group: int) -> int:
    """How many rows the edits of a group changed; of very many, at least so many."""
    return sum(_rows_of_group(connection, table, group) for table in TABLES)


def _rows_of_group(connection: sqlite3.Connection, table: str, group: int) -> int:
    positions = "(SELECT position FROM history WHERE group_id = :group)"
    opened, closed = (
        _first(
            connection, f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {end} IN {positions} LIMIT {_MANY})", group
        )
        for end in ("since", "until")
    )
    if not (opened and closed):  # all are different rows, and the indexes alone could tell
        return opened + closed
    if max(opened, closed) >= _MANY:
        return _MANY
    either = (
        f"SELECT id FROM {table} WHERE since IN {positions} UNION SELECT id FROM {table} WHERE until IN {positions}"
    )
    return _first(connection, f"SELECT count(*) FROM ({either})", group)


def _first(connection: sqlite3.Connection, query: str, group: int) -> int:
    return int(connection.execute(query, {"group": group}).fetchone()[0])
