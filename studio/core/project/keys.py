"""Which rows changed, as everybody is told."""

from __future__ import annotations

from functools import cached_property

from studio.core.project.edits import BulkChange
from studio.core.project.rows import Key


class Keys(frozenset[Key]):
    """Asked by many, and sometimes 100,000.

    Attributes:
        bulk: what was done to the regions among them, where that is known and nothing else was; else empty.
    """

    bulk: tuple[BulkChange, ...] = ()

    @cached_property
    def tables(self) -> frozenset[str]:
        """The tables that they are in."""
        return frozenset(key.table for key in self)

    def of(self, table: str) -> set[int]:
        """The ids of one table."""
        return {key.id for key in self if key.table == table}
