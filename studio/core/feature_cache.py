"""Features on disk under all their inputs; may be deleted at any time."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 1 << 30
_CHUNK = 500  # keys in one query


def feature_key(*inputs: object) -> bytes:
    """A key from everything a feature depends on: medium, frame, window, weights, layer, dtype, …"""
    return hashlib.blake2b("\x1f".join(map(str, inputs)).encode(), digest_size=16).digest()


class FeatureCache:
    """Vectors by key, kept as float16 in one SQLite file.

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

    def get(self, keys: Sequence[bytes]) -> list[NDArray[np.float32] | None]:
        """The vectors under `keys`, float32 `(d,)` each, None where there is none."""
        found: dict[bytes, NDArray[np.float32]] = {}
        if self._connection:
            try:
                for start in range(0, len(keys), _CHUNK):
                    part = keys[start : start + _CHUNK]
                    marks = ",".join("?" * len(part))
                    query = f"SELECT key, vector FROM features WHERE key IN ({marks})"
                    found.update(
                        (k, np.frombuffer(v, np.float16).astype(np.float32))
                        for k, v in self._connection.execute(query, part)
                    )
            except (sqlite3.Error, ValueError, TypeError):
                self.close()
        return [found.get(key) for key in keys]

    def put(self, items: Iterable[tuple[bytes, NDArray[np.floating]]]) -> None:
        """Keep vectors under their keys."""
        rows = [(key, vector.astype(np.float16).tobytes()) for key, vector in items]
        if self._insert(rows):
            self._start_anew()
            self._insert(rows)

    def _insert(self, rows: list[tuple[bytes, bytes]]) -> bool:
        """Whether there was no room; whatever else goes wrong ends the cache."""
        if not self._connection:
            return False
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO features VALUES (?, ?)", rows)
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
            connection.execute("CREATE TABLE IF NOT EXISTS features (key BLOB PRIMARY KEY, vector BLOB)")
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
