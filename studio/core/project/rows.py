"""The user's data as immutable rows; each checks itself when made, whether typed in or read from a foreign file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NamedTuple

from studio.core.errors import InputError
from studio.core.project.row_checks import FIELD_CHECKS, count, flag, is_plain_region, one_of

BACKGROUND = "background"
OPTIONAL = frozenset({"track", "score"})
OBJECT_STATES = frozenset({"visible", "occluded"})  # of regions that say where an object is


class Key(NamedTuple):
    """Which row: its table, one of `TABLES`, and its id."""

    table: str
    id: int


class _Row:
    """What all rows share: `__post_init__` checks every field and brings numpy's numbers to Python's."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for name, check in _CHECKS[type(self)]:
            value = getattr(self, name)
            if value is None and name in OPTIONAL:
                continue
            checked = check(value)
            if checked is None:
                raise InputError(
                    f"the {name} of a {type(self).__name__.removesuffix('Row').lower()} cannot be {value!r}"
                )
            if checked is not value:
                object.__setattr__(self, name, checked)


@dataclass(frozen=True, slots=True)
class MediumRow(_Row):
    """A source of frames.

    Attributes:
        path: with forward slashes, relative to the project's folder where possible.
        kind: "video", "stills" or "camera".
        size: bytes.
        sha256: the fingerprint of the content, see `studio.core.fingerprint`.
        frames: how many.
        width: pixels of a frame; 0 where the frames of stills differ.
        height: likewise.
    """

    id: int
    path: str
    kind: str
    size: int
    sha256: str
    frames: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class LabelRow(_Row):
    """A label.

    Attributes:
        color: as "#rrggbb".
        key: the digit that chooses it; "" for none.
        threshold: the least score, 0…1, of a detection of it that is shown.
    """

    id: int
    name: str
    color: str
    key: str
    threshold: float = 0.5


@dataclass(frozen=True, slots=True)
class TrackRow(_Row):
    """One object through one medium."""

    id: int
    medium: int
    label: int


@dataclass(frozen=True, slots=True)
class RegionRow(_Row):
    """A box on one frame.

    Attributes:
        frame: from 0.
        track: the object it belongs to, if any.
        x: left edge in pixels of the frame.
        y: upper edge in pixels.
        width: above 0, in pixels.
        height: above 0, in pixels.
        author: "human", "tracker", "head" or "import".
        keyframe: made or confirmed by a person.
        score: 0…1, of what made it.
        near_duplicate: looks like another region of its track, so training skips it.
        state: "visible", "occluded" or "outside" of an object; "ignore": neither positive nor negative for its label;
            "rejected": a detection that a person rejected, or that was mined: a negative for its label alone.
        reviewed: a person looked at it and found it right.
    """

    id: int
    medium: int
    frame: int
    label: int
    track: int | None
    x: float
    y: float
    width: float
    height: float
    author: str
    keyframe: bool
    score: float | None
    near_duplicate: bool
    state: str
    reviewed: bool = False

    def __post_init__(self) -> None:
        for name in ("keyframe", "near_duplicate", "reviewed"):
            kept = flag(getattr(self, name))  # SQLite keeps 0 and 1
            if kept is not None:
                object.__setattr__(self, name, kept)
        if not is_plain_region(self):
            _Row.__post_init__(self)


@dataclass(frozen=True, slots=True)
class MarkRow(_Row):
    """What holds for a label on the frames `first`…`last`: "complete", "nothing", "incomplete" or "ignore"."""

    id: int
    medium: int
    label: int
    first: int
    last: int
    kind: str

    def __post_init__(self) -> None:
        _Row.__post_init__(self)
        _in_order(self.first, self.last)


@dataclass(frozen=True, slots=True)
class SplitRow(_Row):
    """The frames `first`…`last` of a medium, or of one track of it, belong to "train", "val" or "test"."""

    id: int
    medium: int
    track: int | None
    first: int
    last: int
    split: str

    def __post_init__(self) -> None:
        _Row.__post_init__(self)
        _in_order(self.first, self.last)


@dataclass(frozen=True, slots=True)
class AreaRow(_Row):
    """Where in the frames of a medium to search: a box in pixels. A medium has at most one; without one: everywhere."""

    id: int
    medium: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class SearchRow(_Row):
    """A search that was saved: what was typed into the gallery's filter line, under a name."""

    id: int
    name: str
    text: str


Row = MediumRow | LabelRow | TrackRow | RegionRow | MarkRow | SplitRow | AreaRow | SearchRow


def _in_order(first: int, last: int) -> None:
    if last < first:
        raise InputError(f"a range of frames cannot end at {last} and start at {first}")


_OWN_CHECKS: dict[tuple[type, str], Callable[[Any], Any]] = {
    (MediumRow, "kind"): partial(one_of, {"video", "stills", "camera"}),
    (MarkRow, "kind"): partial(one_of, {"complete", "nothing", "incomplete", "ignore"}),
    (MediumRow, "width"): count,
    (MediumRow, "height"): count,
}

# In this order a row refers only to rows of tables before its own.
TABLES: dict[str, type[Row]] = {
    "media": MediumRow,
    "labels": LabelRow,
    "tracks": TrackRow,
    "regions": RegionRow,
    "marks": MarkRow,
    "splits": SplitRow,
    "areas": AreaRow,
    "searches": SearchRow,
}
TABLE_OF: dict[type, str] = {row: table for table, row in TABLES.items()}
COLUMNS: dict[str, tuple[str, ...]] = {table: tuple(f.name for f in fields(row)) for table, row in TABLES.items()}
REFERENCES: dict[str, str] = {"medium": "media", "label": "labels", "track": "tracks"}

_CHECKS: dict[type, tuple[tuple[str, Callable[[Any], Any]], ...]] = {
    row: tuple((name, _OWN_CHECKS.get((row, name)) or FIELD_CHECKS[name]) for name in COLUMNS[table])
    for table, row in TABLES.items()
}


def cells(row: Row) -> tuple[object, ...]:
    """The fields of `row` in the order of its table's columns."""
    return tuple(getattr(row, name) for name in COLUMNS[TABLE_OF[type(row)]])
