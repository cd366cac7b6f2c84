"""Everything that can be wrong with a project, as a list of sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.media.recording import recording_problems
from studio.core.project.heads import head_problems
from studio.core.project.kernels import kernel_problems
from studio.core.project.media import place_of
from studio.core.project.opening import trouble_with
from studio.core.project.project import Project
from studio.core.project.rows import COLUMNS, TABLES
from studio.core.project.versions import references

_MOST = 20  # sentences of one kind


def problems(project: Project) -> list[str]:
    """What is wrong with the database, the rows, the media files, the heads and the kernels; nothing: an empty list."""
    try:
        with project.reading():
            found = [*_database(project.connection), *_history(project.connection)]
            for table in TABLES:
                found += [*_versions(project.connection, table), *_unreadable(project.connection, table)]
            found += _dangling(project.connection)
            if found:
                return found  # what damaged rows say about files means nothing
        found += _media(project)
    except StudioError as error:
        return [str(error)]
    return found + head_problems(project) + kernel_problems(project)


def _database(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute(f"PRAGMA integrity_check({_MOST})"):
        if line != "ok":
            yield f"the database is damaged: {line}"


def _history(connection: sqlite3.Connection) -> Iterator[str]:
    count, first, last = connection.execute("SELECT count(*), min(position), max(position) FROM history").fetchone()
    if count and (first, last) != (1, count):
        yield f"the history has {count} lines from {first} to {last}; some are missing"
    odd = connection.execute(
        "SELECT count(*) FROM history h WHERE kind NOT IN ('edit', 'undo', 'redo') OR (kind = 'edit') <> (target ="
        " group_id) OR NOT EXISTS (SELECT 1 FROM history t WHERE t.group_id = h.target AND t.kind = 'edit')"
    ).fetchone()[0]
    if odd:
        yield f"{odd} lines of the history take back or bring back what was never done"


def _versions(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    length = connection.execute("SELECT coalesce(max(position), 0) FROM history").fetchone()[0]
    tests = {
        "end before they begin": ("until <= since", {}),
        "hold from or to a position that the history does not have": (
            "typeof(since) <> 'integer' OR typeof(until) NOT IN ('integer', 'null')"
            " OR since NOT BETWEEN 0 AND :length OR until > :length",
            {"length": length},
        ),
        "overlap another version of the same row": (
            f"EXISTS (SELECT 1 FROM {table} o WHERE o.id = r.id AND o.version <> r.version AND o.since >= r.since"
            " AND (r.until IS NULL OR o.since < r.until))",
            {},
        ),
    }
    for what, (condition, values) in tests.items():
        ids = connection.execute(f"SELECT id FROM {table} r WHERE {condition} LIMIT {_MOST}", values).fetchall()
        if ids:
            yield f"versions in {table} {what}: {', '.join(str(row_id) for (row_id,) in ids)}"


def _unreadable(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    bad = 0
    for values in connection.execute(f"SELECT {', '.join(COLUMNS[table])} FROM {table}"):
        try:
            TABLES[table](*values)
        except StudioError as error:
            bad += 1
            if bad <= _MOST:
                yield f"{table}, id {values[0]!r}: {error}"
    if bad > _MOST:
        yield f"{table}: {bad - _MOST} more rows like these"


def _dangling(connection: sqlite3.Connection) -> Iterator[str]:
    for table, column, target in references():
        query = (
            f"SELECT id, {column} FROM {table} r WHERE until IS NULL AND {column} IS NOT NULL AND NOT EXISTS"
            f" (SELECT 1 FROM {target} t WHERE t.id = r.{column} AND t.until IS NULL) LIMIT {_MOST}"
        )
        for row_id, missing in connection.execute(query):
            yield f"{table}, id {row_id}: its {column} {missing} is not there"


def _media(project: Project) -> Iterator[str]:
    for row in project.media():
        try:
            if trouble := trouble_with(project, row):
                yield trouble
            elif row.kind == "camera" and (path := place_of(project, row)).is_dir():
                yield from recording_problems(path)
        except StudioError as error:
            yield str(error)
        except OSError as error:
            yield f"the medium {Path(row.path)} cannot be read: {error.strerror or error}"
