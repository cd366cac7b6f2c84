"""All regions as arrays: 100,000 of them in a blink, where as many rows would take seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.project.edits import BulkChange
from studio.core.project.project import Project
from studio.core.project.row_checks import AUTHORS, STATES


def _number_of(column: str, words: Sequence[str]) -> str:
    """SQL for the place of a column's word among `words`; 0 for a word that a stranger wrote."""
    return f"CASE {column} " + " ".join(f"WHEN '{word}' THEN {at}" for at, word in enumerate(words)) + " ELSE 0 END"


# Flags and words travel as one number: making Python's objects is what takes the time.
_BITS = (
    f"(keyframe <> 0) + 2 * (near_duplicate <> 0) + 4 * (reviewed <> 0) + 8 * ({_number_of('state', STATES)})"
    f" + 64 * ({_number_of('author', AUTHORS)})"
)
_COLUMNS = (
    "id, CAST(medium AS INTEGER), CAST(frame AS INTEGER), CAST(label AS INTEGER), coalesce(CAST(track AS INTEGER), 0),"
    f" {_BITS}, CAST(x AS REAL), CAST(y AS REAL), CAST(width AS REAL), CAST(height AS REAL),"
    " coalesce(CAST(score AS REAL), -1.0)"
)
_WHOLE, _REAL = ("id", "medium", "frame", "label", "track", "bits"), ("x", "y", "width", "height", "score")
_ROW = np.dtype([*((name, np.int64) for name in _WHOLE), *((name, np.float64) for name in _REAL)])


_CHANGING: dict[str, tuple[str, Callable[[Any], Any]]] = {  # columns that are changed in bulk, and how they are held
    "label": ("labels", int),
    "track": ("tracks", lambda track: track or 0),
    "score": ("scores", lambda score: np.nan if score is None else score),
    "state": ("states", STATES.index),
    "keyframe": ("keyframes", bool),
    "near_duplicate": ("near_duplicates", bool),
    "reviewed": ("reviewed", bool),
}


@dataclass(frozen=True, eq=False)
class RegionTable:
    """Regions by id, so by age.

    Attributes:
        ids, media, frames, labels: int64 `(n,)`.
        tracks: int64 `(n,)`; 0 for none.
        keyframes, near_duplicates, reviewed: bool `(n,)`.
        states: uint8 `(n,)`, indices of `STATES`.
        authors: uint8 `(n,)`, indices of `AUTHORS`.
        boxes: float64 `(n, 4)`, x, y, width, height in pixels.
        scores: float64 `(n,)` in 0…1; NaN where there is none.
    """

    ids: NDArray[np.int64]
    media: NDArray[np.int64]
    frames: NDArray[np.int64]
    labels: NDArray[np.int64]
    tracks: NDArray[np.int64]
    keyframes: NDArray[np.bool_]
    near_duplicates: NDArray[np.bool_]
    reviewed: NDArray[np.bool_]
    states: NDArray[np.uint8]
    authors: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    def taken(self, rows: NDArray[Any]) -> RegionTable:
        """The table of some rows (indices or a mask)."""
        return RegionTable(*(getattr(self, each.name)[rows] for each in fields(self)))

    def same_as(self, other: RegionTable) -> bool:
        """Whether both hold the same regions, each as it is in the other."""
        pairs = ((getattr(self, each.name), getattr(other, each.name)) for each in fields(self))
        return len(self) == len(other) and all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)

    def changed(self, bulk: Iterable[BulkChange]) -> RegionTable | None:
        """After these were applied; None where they change what must be read again."""
        columns: dict[str, NDArray[Any]] = {each.name: getattr(self, each.name) for each in fields(self)}
        kept = np.ones(len(self), bool)
        for change in bulk:
            rows = self._mask_of(change.regions)
            kept &= ~rows if change.cells is None else True
            for name, cell in (change.cells or {}).items():
                if name not in _CHANGING:
                    return None
                column, held = _CHANGING[name]
                columns[column] = np.where(rows, held(cell), columns[column]).astype(columns[column].dtype)
        table = RegionTable(**columns)
        return table if kept.all() else table.taken(kept)

    def updated(self, changed: Iterable[int], now: RegionTable) -> RegionTable:
        """With the regions `changed` as they are `now`; those that are not in `now` are gone."""
        kept = ~self._mask_of(changed)
        both = RegionTable(*(np.concatenate([getattr(self, f.name)[kept], getattr(now, f.name)]) for f in fields(self)))
        ordered = len(both) < 2 or bool((both.ids[1:] > both.ids[:-1]).all())
        return both if ordered else both.taken(np.argsort(both.ids, kind="stable"))

    def _mask_of(self, regions: Iterable[int]) -> NDArray[np.bool_]:
        """Which rows are of these regions, bool `(n,)`."""
        wanted = np.fromiter(regions, np.int64)
        at = np.searchsorted(self.ids, wanted)
        there = at < len(self)
        there[there] = self.ids[at[there]] == wanted[there]
        mask = np.zeros(len(self), bool)
        mask[at[there]] = True
        return mask


def read_regions(project: Project, ids: Iterable[int] | None = None, *, at: int | None = None) -> RegionTable:
    """The regions of `project` now, or as they were `at` a position of its history; or those now with these ids."""
    if ids is None:
        if at is None:
            return read_versions(project, "until IS NULL", ())
        # The + keeps the index over `since` out of it: most rows are older than any position that is asked for.
        return read_versions(project, "+since <= ? AND (until IS NULL OR until > ?)", (at, at))
    parts = [np.zeros(0, _ROW)]
    with project.reading():
        for wanted in _portions(ids):
            parts.append(_rows(project, f"until IS NULL AND id IN ({', '.join('?' * len(wanted))})", wanted))
    return _table(np.concatenate(parts))


def read_versions(project: Project, where: str, values: Sequence[int]) -> RegionTable:
    """The versions of regions `where` something holds: SQL of this program with question marks for `values`."""
    with project.reading():
        return _table(_rows(project, where, values))


def _rows(project: Project, where: str, values: Sequence[int]) -> NDArray[np.void]:
    return np.fromiter(project.connection.execute(f"SELECT {_COLUMNS} FROM regions WHERE {where}", values), _ROW)


def _table(rows: NDArray[np.void]) -> RegionTable:
    rows = rows[np.argsort(rows["id"], kind="stable")]
    bits = rows["bits"]
    ids, media, frames, labels, tracks = (np.ascontiguousarray(rows[name]) for name in _WHOLE[:-1])
    return RegionTable(
        ids,
        media,
        frames,
        labels,
        tracks,
        keyframes=bits & 1 > 0,
        near_duplicates=bits & 2 > 0,
        reviewed=bits & 4 > 0,
        states=(bits >> 3 & 7).astype(np.uint8),
        authors=(bits >> 6).astype(np.uint8),
        boxes=np.stack([rows[name] for name in _REAL[:-1]], 1),
        scores=np.where(rows["score"] < 0, np.nan, rows["score"]),
    )


def _portions(ids: Iterable[int]) -> Iterator[list[int]]:
    numbers = iter(ids)
    while some := list(islice(numbers, 500)):
        yield some
