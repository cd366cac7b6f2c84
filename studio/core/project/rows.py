"""The user's data as immutable rows; each checks itself when made, whether typed in or read from a foreign file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Set
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NamedTuple

from studio.core.errors import InputError

BACKGROUND = "background"
_LARGEST = 2**63 - 1
_FAR, _TINY = 1e9, 1e-9  # pixels
_UNPRINTABLE = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"  # would steer a terminal, or cannot be stored
_OPTIONAL = frozenset({"track", "score"})
_AUTHORS = frozenset({"human", "tracker", "head", "import"})
_STATES = frozenset({"visible", "occluded", "outside", "ignore", "rejected"})
OBJECT_STATES = frozenset({"visible", "occluded"})  # of regions that say where an object is


class Key(NamedTuple):
    """Which row: its table ("media", "labels", "tracks", "regions", "marks", "splits", "areas") and its id."""

    table: str
    id: int


class _Row:
    """What all rows share: `__post_init__` checks every field and brings numpy's numbers to Python's."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for name, check in _CHECKS[type(self)]:
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
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
            "rejected": a detection that a person rejected, a negative for its label alone.
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

    def __post_init__(self) -> None:
        for name in ("keyframe", "near_duplicate"):
            flag = _flag(getattr(self, name))  # SQLite keeps 0 and 1
            if flag is not None:
                object.__setattr__(self, name, flag)
        if not _is_plain_region(self):
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


Row = MediumRow | LabelRow | TrackRow | RegionRow | MarkRow | SplitRow | AreaRow


def _is_plain_region(row: RegionRow) -> bool:
    """Whether nothing is wrong with `row`, in one look: projects have 100,000 of them. False: look closer."""
    return (
        type(row.id) is int is type(row.medium) is type(row.frame) is type(row.label)
        and (row.track is None or (type(row.track) is int and 0 < row.track <= _LARGEST))
        and type(row.x) is float is type(row.y) is type(row.width) is type(row.height)
        and type(row.keyframe) is bool is type(row.near_duplicate)
        and (row.score is None or (type(row.score) is float and 0 <= row.score <= 1))
        and min(row.id, row.medium, row.label, row.frame + 1) > 0
        and max(row.id, row.medium, row.label, row.frame) <= _LARGEST
        and -_FAR <= row.x <= _FAR
        and -_FAR <= row.y <= _FAR
        and _TINY <= row.width <= _FAR
        and _TINY <= row.height <= _FAR
        and type(row.author) is str is type(row.state)
        and row.author in _AUTHORS
        and row.state in _STATES
    )


def _in_order(first: int, last: int) -> None:
    if last < first:
        raise InputError(f"a range of frames cannot end at {last} and start at {first}")


def _integer(low: int, value: Any) -> int | None:  # noqa: ANN401 - a cell can hold anything
    if type(value) is not int:
        if isinstance(value, (bool, str, bytes)) or not hasattr(value, "__index__"):
            return None
        value = value.__index__()
    return value if low <= value <= _LARGEST else None


def _number(low: float, high: float, value: Any) -> float | None:  # noqa: ANN401
    if type(value) is not float:
        if isinstance(value, (bool, str, bytes)) or not hasattr(value, "__float__"):
            return None
        value = float(value)
    return value if low <= value <= high and math.isfinite(value) else None


def _flag(value: Any) -> bool | None:  # noqa: ANN401
    return bool(value) if value in (0, 1) and not isinstance(value, float) else None


def _text(pattern: re.Pattern[str], value: Any) -> str | None:  # noqa: ANN401
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _one_of(choices: Set[str], value: Any) -> str | None:  # noqa: ANN401
    return value if isinstance(value, str) and value in choices else None


_id, _count = partial(_integer, 1), partial(_integer, 0)
_coordinate = partial(_number, -_FAR, _FAR)
_extent = partial(_number, _TINY, _FAR)

# Field names are the same in every table, "kind" apart, so that one table of checks serves all rows.
_FIELD_CHECKS: dict[str, Callable[[Any], Any]] = {
    "id": _id,
    "medium": _id,
    "label": _id,
    "track": _id,
    "frame": _count,
    "first": _count,
    "last": _count,
    "frames": _count,
    "size": _count,
    "path": partial(_text, re.compile(rf"[^{_UNPRINTABLE}]{{1,4096}}")),
    "sha256": partial(_text, re.compile(r"[0-9a-f]{64}")),
    "name": partial(_text, re.compile(rf"(?!\s)[^{_UNPRINTABLE}]{{1,100}}(?<!\s)")),
    "color": partial(_text, re.compile(r"#[0-9a-fA-F]{6}")),
    "key": partial(_text, re.compile(r"[0-9]?")),
    "threshold": partial(_number, 0.0, 1.0),
    "author": partial(_one_of, _AUTHORS),
    "keyframe": _flag,
    "near_duplicate": _flag,
    "score": partial(_number, 0.0, 1.0),
    "state": partial(_one_of, _STATES),
    "split": partial(_one_of, {"train", "val", "test"}),
    "x": _coordinate,
    "y": _coordinate,
    "width": _extent,
    "height": _extent,
}
_OWN_CHECKS: dict[tuple[type, str], Callable[[Any], Any]] = {
    (MediumRow, "kind"): partial(_one_of, {"video", "stills", "camera"}),
    (MarkRow, "kind"): partial(_one_of, {"complete", "nothing", "incomplete", "ignore"}),
    (MediumRow, "width"): _count,
    (MediumRow, "height"): _count,
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
}
TABLE_OF: dict[type, str] = {row: table for table, row in TABLES.items()}
COLUMNS: dict[str, tuple[str, ...]] = {table: tuple(f.name for f in fields(row)) for table, row in TABLES.items()}
REFERENCES: dict[str, str] = {"medium": "media", "label": "labels", "track": "tracks"}

_CHECKS: dict[type, tuple[tuple[str, Callable[[Any], Any]], ...]] = {
    row: tuple((name, _OWN_CHECKS.get((row, name)) or _FIELD_CHECKS[name]) for name in COLUMNS[table])
    for table, row in TABLES.items()
}


def is_name(value: object) -> bool:
    """Whether `value` can be the name of a label: 1 to 100 printable characters, no blank at either end."""
    return _FIELD_CHECKS["name"](value) is not None


def printable(text: object) -> str:
    """`text` without what would steer a terminal: names and history of a foreign project may hold anything."""
    return re.sub(f"[{_UNPRINTABLE}]", "?", str(text))


def cells(row: Row) -> tuple[object, ...]:
    """The fields of `row` in the order of its table's columns."""
    return tuple(getattr(row, name) for name in COLUMNS[TABLE_OF[type(row)]])
