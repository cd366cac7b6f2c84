"""Opening `project.db` as data of a stranger, and turning SQLite's errors into lines for a person."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from studio.core.errors import InputError, StudioError
from studio.core.project import schema

NAME = "project.db"
LOCK_WAIT_S = 30.0  # more than the largest step takes to be written
_LONGEST_CELL = 2**24  # bytes; a foreign file's could be 2 GB
_NAMES_A_FILE = bytes.fromhex("d9d505f920a163d7")  # at the end of a journal: it is part of a larger transaction
_COMPANIONS = ("", "-wal", "-shm", "-journal")


class BusyError(InputError):
    """Somebody else was writing for all the time that the connection waits."""


@contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """Errors of SQLite on `path` as one sentence."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise  # of this program, not of the file
    except sqlite3.Error as error:
        raise _explained(error, path) from error


def _explained(error: sqlite3.Error, path: Path) -> Exception:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StudioError(f"the disk is full, nothing was changed in {path.parent}; make room and do it again")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BusyError(f"another process is writing to {path.parent}; wait until it is done and try again")
    if code == sqlite3.SQLITE_READONLY:
        return InputError(f"{path} cannot be written; copy the project to a folder where you may write")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return InputError(f"{path} cannot be opened ({error}); check its permissions and its folder's")
    if code == sqlite3.SQLITE_IOERR:
        return StudioError(f"{path} could not be read or written ({error}); check the disk and try again")
    return InputError(f"{path} is damaged ({error}); restore it from a copy")


def connect(path: Path, options: str) -> sqlite3.Connection:
    """A connection that runs nothing a foreign schema brings along, and commits only what it is told to."""
    connection = sqlite3.connect(f"{path.as_uri()}?{options}", uri=True, timeout=LOCK_WAIT_S, isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_CELL)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def create(folder: Path, name: str) -> None:
    """Make the database of a new project in `folder`: complete, or not there."""
    path, unfinished = folder / NAME, folder / f".{NAME}.new"
    with readable_errors(path):
        connection = connect(unfinished, "mode=rwc")
        try:
            with transaction(connection):
                schema.migrate(connection)
                connection.execute("INSERT INTO facts VALUES ('name', ?)", (name,))
            connection.close()
            unfinished.rename(path)
        except BaseException:
            connection.close()
            unfinished.unlink(missing_ok=True)
            raise


def open_database(folder: Path, write: bool) -> sqlite3.Connection:
    """Open, check and where needed migrate the database of the project in `folder`.

    Raises:
        InputError: no project, of a newer version, damaged, locked, or not writable where `write` is wanted.
    """
    path = folder / NAME
    _refuse_traps(path)
    with readable_errors(path):
        connection = _opened(path)
        try:
            schema.refuse_other_versions(connection, str(path))
            outdated = schema.version_of(connection) < len(schema.MIGRATIONS)
            if write or outdated:
                _allow_writing(connection, path)
            if outdated:
                _bring_up_to_date(connection, path)
            problem = schema.schema_problem(connection)
            if problem:
                raise InputError(f"{path} is damaged or not to be trusted: {problem}; restore it from a copy")
            connection.execute(f"PRAGMA query_only = {'OFF' if write else 'ON'}")
        except BaseException:
            connection.close()
            raise
    return connection


def _refuse_traps(path: Path) -> None:
    """Refuse what would make SQLite itself touch files outside the folder."""
    for companion in _COMPANIONS:
        file = path.with_name(path.name + companion)
        if file.is_symlink() or (file.exists() and not file.is_file()):
            raise InputError(f"{file} is a link or no file; a project keeps its database in its own folder")
    journal = path.with_name(f"{path.name}-journal")
    if journal.exists() and _tail(journal) == _NAMES_A_FILE:
        raise InputError(f"{journal} names another file, which SQLite would delete; remove the journal")


def _tail(file: Path) -> bytes:
    with file.open("rb") as opened:
        opened.seek(max(file.stat().st_size - len(_NAMES_A_FILE), 0))
        return opened.read()


def _allow_writing(connection: sqlite3.Connection, path: Path) -> None:
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise InputError(f"{path.parent} is read-only; copy the project to a folder where you may write")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _opened(path: Path) -> sqlite3.Connection:
    """Open, also where nothing may be written and SQLite cannot make its shared memory file."""
    try:
        return _probed(path, "mode=rw")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise InputError(f"{path} was not closed and cannot be written; copy the project to where you may write")
    return _probed(path, "mode=ro&immutable=1")


def _probed(path: Path, options: str) -> sqlite3.Connection:
    connection = connect(path, options)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    backup = sqlite3.connect(path.with_name(f"project-format{schema.version_of(connection)}-{stamp}.db"))
    try:
        connection.backup(backup)
    finally:
        backup.close()
    with transaction(connection):
        schema.migrate(connection)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Take the write lock (waiting `LOCK_WAIT_S` at most), and commit all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite may have rolled back by itself, after a full disk for one
            connection.execute("ROLLBACK")
        raise
