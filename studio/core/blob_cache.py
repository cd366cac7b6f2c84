"""Derived data on disk under all their inputs; may be deleted at any time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

MOST_BYTES = 1 << 30
_CHUNK = 500  # keys in one query


class BlobCache:
    """Bytes by key, kept in one SQLite file.

    A file that cannot be opened, read or written is no error: the cache then holds nothing and keeps nothing. It never
    grows over its bound: once it or the disk is full, it starts anew. An instance belongs to one thread.
    """

    def __init__(self, path: Path | None, most_bytes: int = MOST_BYTES) -> None:
        """`path` is the file; its folder is made. None: no cache."""
        self._path, self._most_bytes = path, most_bytes
        self._connection = _open(path, most_bytes) if path else None

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """What is under `keys`, None where there is nothing."""
        found: dict[bytes, bytes] = {}
        if self._connection:
            try:
                for start in range(0, len(keys), _CHUNK):
                    part = keys[start : start + _CHUNK]
                    marks = ",".join("?" * len(part))
                    query = f"SELECT key, value FROM blobs WHERE key IN ({marks})"
                    found.update((k, v) for k, v in self._connection.execute(query, part) if isinstance(v, bytes))
            except (sqlite3.Error, ValueError, TypeError):
                self.close()
        return [found.get(key) for key in keys]

    def put(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep bytes under their keys."""
        rows = list(items)
        if self._insert(rows):
            self._start_anew()
            self._insert(rows)

    def _insert(self, rows: list[tuple[bytes, bytes]]) -> bool:
        """Whether there was no room; whatever else goes wrong ends the cache."""
        if not self._connection:
            return False
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO blobs VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            self.close()
            return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        return False

    def _start_anew(self) -> None:
        if self._path:
            with suppress(OSError):
                self._path.unlink()
            self._connection = _open(self._path, self._most_bytes)


def _remove_traps(path: Path, most_bytes: int) -> None:
    """Remove what is no cache of ours: links, and journals, which could make SQLite touch files they name."""
    for companion in ("-journal", "-wal", "-shm"):
        path.with_name(path.name + companion).unlink(missing_ok=True)
    if path.is_symlink() or (path.exists() and path.stat().st_size > most_bytes):
        path.unlink()


def _open(path: Path, most_bytes: int) -> sqlite3.Connection | None:
    for _ in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove_traps(path, most_bytes)
            connection = sqlite3.connect(path, timeout=2)
            connection.execute("PRAGMA journal_mode=MEMORY")  # no file of ours ever lies beside it
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA synchronous=OFF")  # losing it costs time only
            page = connection.execute("PRAGMA page_size").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={max(most_bytes // page, 4)}")
            connection.execute("CREATE TABLE IF NOT EXISTS blobs (key BLOB PRIMARY KEY, value BLOB)")
            return connection
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                return None
            try:
                path.unlink()  # damaged, and ours
            except OSError:
                return None
        except OSError:
            return None
    return None
