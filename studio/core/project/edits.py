"""An edit: new rows for some keys, as one step of the history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from studio.core.project.rows import TABLE_OF, TABLES, Key, Row


@dataclass(frozen=True, slots=True)
class BulkChange:
    """The same for many regions, which the database does in one sweep: 100,000 rows would take seconds to be made.

    Attributes:
        regions: their ids; those that are not there are left out.
        cells: what they hold from now on, by column; None removes them.
    """

    regions: Collection[int]
    cells: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Edit:
    """New rows for some keys; None removes the row.

    Attributes:
        text: what the history and the Edit menu call it.
        changes: the rows, by table and id.
        seen: the history position it was computed from: rows that a person changed since are left as they are.
        bulk: what is done to many regions alike; those that go, go before the `changes`, the others change after them.
    """

    text: str
    changes: Mapping[Key, Row | None] = field(default_factory=dict)
    seen: int | None = None
    bulk: tuple[BulkChange, ...] = ()

    @property
    def size(self) -> int:
        """How many rows it is about."""
        return len(self.changes) + sum(len(each.regions) for each in self.bulk)

    @property
    def ids(self) -> dict[str, set[int]]:
        """Of the rows it is about, by table."""
        ids: dict[str, set[int]] = {"regions": set().union(*(each.regions for each in self.bulk))}
        for key in self.changes:
            ids.setdefault(key.table, set()).add(key.id)
        return ids

    @staticmethod
    def rows(text: str, rows: Iterable[Row], seen: int | None = None) -> Edit:
        """An edit that adds `rows`, or replaces those of the same id."""
        return Edit(text, {Key(TABLE_OF[type(row)], row.id): row for row in rows}, seen)

    @staticmethod
    def removal(text: str, rows: Iterable[Row], seen: int | None = None) -> Edit:
        """An edit that removes `rows`."""
        return Edit(text, {Key(TABLE_OF[type(row)], row.id): None for row in rows}, seen)

    def portions(self, most: int) -> Iterator[dict[Key, Row | None]]:
        """The changes in parts of at most `most`, so ordered that no part refers to rows of a later one."""
        order = list(TABLES)
        added = sorted((key for key, row in self.changes.items() if row), key=lambda key: order.index(key.table))
        removed = sorted((key for key, row in self.changes.items() if not row), key=lambda key: -order.index(key.table))
        keys = iter([*added, *removed])
        while some := list(islice(keys, most)):
            yield {key: self.changes[key] for key in some}


@dataclass(frozen=True, slots=True)
class Planned:
    """An edit that a person is asked about first.

    Attributes:
        edit: for `Project.apply`; one step of the history.
        sentence: what it will do, with counts.
    """

    edit: Edit
    sentence: str


def counted(number: int, one: str, many: str = "") -> str:
    """`number` with its noun: "1 region", "2,000 regions"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(parts: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *first, last = list(parts) or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last
