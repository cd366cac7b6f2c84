"""Named plug points, imported when used: what exists can be listed without importing torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from studio.core.errors import InputError


def load(target: str) -> Any:  # noqa: ANN401 - whoever names it knows what it is
    """Import and return what `target`, "package.module:attribute", names."""
    module, attribute = target.split(":")
    return getattr(import_module(module), attribute)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a table: `target` is "package.module:attribute"."""

    name: str
    title: str
    target: str

    def load(self) -> Any:  # noqa: ANN401 - a plug point's table says what its entries are
        """Import and return what the entry names."""
        return load(self.target)


class Registry:
    """An ordered table of entries; a duplicate or unknown name is an error."""

    def __init__(self, kind: str, *entries: Entry) -> None:
        self.kind = kind
        self._entries: dict[str, Entry] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        if entry.name in self._entries:
            raise ValueError(f"{self.kind} {entry.name!r} is registered twice")
        self._entries[entry.name] = entry

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    @property
    def names(self) -> list[str]:
        return list(self._entries)

    def __getitem__(self, name: str) -> Entry:
        try:
            return self._entries[name]
        except KeyError:
            raise InputError(f"unknown {self.kind} {name!r}; there are: {', '.join(self._entries) or 'none'}") from None
