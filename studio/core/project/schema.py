"""The tables of `project.db`, and the chain of functions that brings an older one up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache

from studio.core.errors import InputError
from studio.core.project.ids import new_id
from studio.core.project.rows import BACKGROUND

APPLICATION_ID = 0x52505354  # "RPST", at a fixed place in the file's header
_BACKGROUND_COLOR = "#6e7681"

# Every row holds from history position `since` until just before `until`; NULL: it still holds.
_VERSIONED = "version INTEGER PRIMARY KEY, since INTEGER NOT NULL, until INTEGER"


def _version_indexes(table: str) -> tuple[str, ...]:
    return (
        f"CREATE UNIQUE INDEX {table}_now ON {table} (id) WHERE until IS NULL",
        f"CREATE INDEX {table}_id ON {table} (id, since)",
        f"CREATE INDEX {table}_since ON {table} (since)",
        f"CREATE INDEX {table}_until ON {table} (until) WHERE until IS NOT NULL",
    )


_FIRST = (
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    # kind: "edit", "undo" or "redo"; target: the group of edits that it makes, takes back or brings back.
    "CREATE TABLE history (position INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, text TEXT NOT NULL,"
    " time TEXT NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL, target INTEGER NOT NULL)",
    "CREATE INDEX history_group ON history (group_id)",
    "CREATE INDEX history_target ON history (target)",
    "CREATE INDEX history_kind ON history (kind, position)",
    f"CREATE TABLE media ({_VERSIONED}, id INTEGER NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL,"
    " size INTEGER NOT NULL, sha256 TEXT NOT NULL, frames INTEGER NOT NULL, width INTEGER NOT NULL,"
    " height INTEGER NOT NULL)",
    f"CREATE TABLE labels ({_VERSIONED}, id INTEGER NOT NULL, name TEXT NOT NULL, color TEXT NOT NULL,"
    " key TEXT NOT NULL)",
    f"CREATE TABLE tracks ({_VERSIONED}, id INTEGER NOT NULL, medium INTEGER NOT NULL, label INTEGER NOT NULL)",
    f"CREATE TABLE regions ({_VERSIONED}, id INTEGER NOT NULL, medium INTEGER NOT NULL, frame INTEGER NOT NULL,"
    " label INTEGER NOT NULL, track INTEGER, x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL,"
    " height REAL NOT NULL, author TEXT NOT NULL, keyframe INTEGER NOT NULL, score REAL,"
    " near_duplicate INTEGER NOT NULL, state TEXT NOT NULL)",
    f"CREATE TABLE marks ({_VERSIONED}, id INTEGER NOT NULL, medium INTEGER NOT NULL, label INTEGER NOT NULL,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL, kind TEXT NOT NULL)",
    f"CREATE TABLE splits ({_VERSIONED}, id INTEGER NOT NULL, medium INTEGER NOT NULL, track INTEGER,"
    " first INTEGER NOT NULL, last INTEGER NOT NULL, split TEXT NOT NULL)",
    *(
        statement
        for table in ("media", "labels", "tracks", "regions", "marks", "splits")
        for statement in _version_indexes(table)
    ),
    "CREATE UNIQUE INDEX media_content ON media (sha256, size) WHERE until IS NULL",
    "CREATE UNIQUE INDEX labels_name ON labels (name) WHERE until IS NULL",
    "CREATE INDEX regions_place ON regions (medium, frame, id)",
    "CREATE INDEX regions_track ON regions (track) WHERE track IS NOT NULL",
    "CREATE INDEX regions_label ON regions (label)",
)

# Region states "ignore" and "rejected" came with this version too: an older program would take them for damage.
_SECOND = (
    f"CREATE TABLE areas ({_VERSIONED}, id INTEGER NOT NULL, medium INTEGER NOT NULL, x REAL NOT NULL,"
    " y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL)",
    *_version_indexes("areas"),
    "CREATE UNIQUE INDEX areas_medium ON areas (medium) WHERE until IS NULL",
    "ALTER TABLE labels ADD COLUMN threshold REAL NOT NULL DEFAULT 0.5",
)

_THIRD = (
    "ALTER TABLE regions ADD COLUMN reviewed INTEGER NOT NULL DEFAULT 0",
    f"CREATE TABLE searches ({_VERSIONED}, id INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL)",
    *_version_indexes("searches"),
    "CREATE UNIQUE INDEX searches_name ON searches (name) WHERE until IS NULL",
    # Only the present is asked for by label, and after many changes most rows of an index of all are past.
    "DROP INDEX regions_label",
    "CREATE INDEX regions_label ON regions (label) WHERE until IS NULL",
)


def _first(connection: sqlite3.Connection) -> None:
    for statement in _FIRST:
        connection.execute(statement)
    connection.execute("INSERT INTO facts VALUES ('id', ?)", (f"{new_id():x}",))
    connection.execute(
        "INSERT INTO labels (since, id, name, color, key) VALUES (0, ?, ?, ?, '0')",
        (new_id(), BACKGROUND, _BACKGROUND_COLOR),
    )
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _second(connection: sqlite3.Connection) -> None:
    for statement in _SECOND:
        connection.execute(statement)


def _third(connection: sqlite3.Connection) -> None:
    for statement in _THIRD:
        connection.execute(statement)


# MIGRATIONS[n] brings version n to version n + 1; an empty file has version 0.
MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = [_first, _second, _third]


def version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Run the missing migrations; the caller opened the transaction."""
    for version in range(version_of(connection), len(MIGRATIONS)):
        MIGRATIONS[version](connection)
        connection.execute(f"PRAGMA user_version = {version + 1}")


def _described(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    cells = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    return {(str(kind), str(name), str(sql)) for kind, name, sql in cells}


@cache
def _ours(version: int) -> frozenset[tuple[str, str, str]]:
    """What this program makes of that version; projects are opened on every worker, so it is worked out once."""
    with closing(sqlite3.connect(":memory:")) as connection:
        migrate(connection)
        return frozenset(_described(connection))


def schema_problem(connection: sqlite3.Connection) -> str | None:
    """What differs from the tables this program makes, if anything: no foreign view, trigger or expression may run."""
    ours, found = _ours(len(MIGRATIONS)), _described(connection)
    missing, foreign = sorted(ours - found), sorted(found - ours)
    if foreign:
        return f"it holds a {foreign[0][0]} {foreign[0][1]!r} that this program did not make"
    return f"its {missing[0][0]} {missing[0][1]!r} is missing" if missing else None


def refuse_other_versions(connection: sqlite3.Connection, name: str) -> None:
    """Raise `InputError` where the file is no project database or is newer than this program."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = version_of(connection)
    if application != APPLICATION_ID or version < 1:
        raise InputError(f"{name} is not the database of a studio project; choose another folder")
    if version > len(MIGRATIONS):
        raise InputError(
            f"{name} was made by a newer version of studio (format {version}, this one knows {len(MIGRATIONS)});"
            " update studio to open it"
        )
