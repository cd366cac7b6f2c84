"""Which rows changed, as everybody is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Self

from studio.core.project.edits import BulkChange
from studio.core.project.rows import Key


class Keys(Set[Key]):
    """A set of keys, asked by many, and sometimes 100,000: kept as ids by table, for which nothing has to be made.

    Attributes:
        tables: those that they are in.
        bulk: what was done to the regions among them, where that is known and nothing else was; else empty.
    """

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        ids: dict[str, set[int]] = {}
        for table, row_id in keys:
            ids.setdefault(table, set()).add(row_id)
        self._take(ids)

    @classmethod
    def in_tables(cls, ids: Mapping[str, Set[int]], bulk: tuple[BulkChange, ...] = ()) -> Self:
        """Of rows by table."""
        keys = cls()
        keys._take({table: of_table for table, of_table in ids.items() if of_table})
        keys.bulk = bulk
        return keys

    def _take(self, ids: Mapping[str, Set[int]]) -> None:
        self._ids = ids
        self.tables = frozenset(ids)
        self.bulk: tuple[BulkChange, ...] = ()

    def of(self, table: str) -> Set[int]:
        """The ids of one table."""
        return self._ids.get(table, frozenset())

    def __len__(self) -> int:
        return sum(len(ids) for ids in self._ids.values())

    def __iter__(self) -> Iterator[Key]:
        return (Key(table, row_id) for table, ids in self._ids.items() for row_id in ids)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, tuple) and len(key) == 2 and key[1] in self._ids.get(key[0], ())

    @classmethod
    def _from_iterable(cls, keys: Iterable[Key]) -> frozenset[Key]:  # type: ignore[override]
        """What `&` and its like give: a plain set."""
        return frozenset(keys)
