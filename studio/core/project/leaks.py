"""Leaks: pairs of regions in two splits that show the same, so that a score would flatter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.gallery.crops import SPLITS, Crops
from studio.core.project.edits import counted, listed
from studio.core.project.region_table import RegionTable
from studio.core.project.rows import BACKGROUND
from studio.core.project.split_units import gap_frames

MOST_BITS = 3  # of the 64 of a difference hash that may differ between pictures that look the same
FLAT_BITS = 6  # a hash with fewer bits set, or unset, is of a picture that shows next to nothing
BANDS = 4  # of 16 bits: of four, three different bits leave one as it is

KINDS = {
    "time": ("place with neighbouring frames", "places with neighbouring frames"),
    "picture": ("pair that looks the same", "pairs that look the same"),
    "track": ("track in several splits", "tracks in several splits"),
}
GRAVE = ("time", "picture")  # a track that is longer than a split can only be cut: that is said, and no reason to stop
Pairs = NDArray[np.int64]


class Leak(NamedTuple):
    """Two regions that are too much alike to be in two splits.

    Attributes:
        first, second: their ids.
        kind: one of `KINDS`.
        distance: frames between them; of a "picture" bits of their hashes that differ.
    """

    first: int
    second: int
    kind: str
    distance: int


def find_leaks(
    crops: Crops,
    rates: Mapping[int, float],
    hashes: NDArray[np.uint64] | None = None,
    control: Control | None = None,
) -> list[Leak]:
    """The nearest pair for each place, track or picture that leaks; those near in time first.

    Args:
        crops: with the splits to check.
        rates: frames a second of media that have times; in others only the same frame is near.
        hashes: uint64 `(n,)` beside the crops' table, 0 where unknown: of pictures in several media or places.
            Negatives are not compared by them: a wall in the background looks the same wherever a video is cut.
        control: for progress and stopping.
    """
    control = control or Control()
    rows = np.flatnonzero(crops.splits)
    table, splits = crops.table.taken(rows), crops.splits[rows].astype(np.int64)
    negatives = _negatives(crops)[rows]
    near = _near(table, splits, negatives, rates, control)
    found = [Leak(*_ids(table, pair), "time", distance) for *pair, distance in near.tolist()]
    found += [
        Leak(*_ids(table, pair), "track", distance) for *pair, distance in _torn(table, splits, negatives).tolist()
    ]
    if hashes is not None:
        alike = _alike(table, splits, np.where(negatives, np.uint64(0), hashes[rows]), control)
        seen = {frozenset(leak[:2]) for leak in found}
        found += [
            leak
            for *pair, bits in alike.tolist()
            if frozenset((leak := Leak(*_ids(table, pair), "picture", bits))[:2]) not in seen
        ]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(found, key=lambda leak: (order[leak.kind], leak.distance, leak.first))


def leak_words(leak: Leak, crops: Crops, rates: Mapping[int, float]) -> str:
    """What is wrong with a pair, for a person."""
    rows = crops.rows_of(leak[:2])
    splits = " and ".join(SPLITS[crops.splits[row]] for row in rows)
    if leak.kind == "picture":
        return f"{'look the same' if leak.distance else 'the same picture'} in {splits}"
    rate = rates.get(int(crops.table.media[rows[0]]), 0.0)
    far = f"{leak.distance / rate:.1f} s" if rate and leak.distance >= rate else counted(leak.distance, "frame")
    if leak.kind == "track":
        return f"the same track in {splits}, {far} apart"
    return f"{far} between {splits}" if leak.distance else f"the same frame in {splits}"


def leaks_in_short(leaks: list[Leak]) -> str:
    """How many of each kind."""
    numbers = {kind: sum(leak.kind == kind for leak in leaks) for kind in KINDS}
    return listed(counted(number, *KINDS[kind]) for kind, number in numbers.items() if number) if leaks else "none"


def is_grave(leaks: Iterable[Leak]) -> bool:
    """Whether any of them makes scores flatter that could be honest."""
    return any(leak.kind in GRAVE for leak in leaks)


def compared(crops: Crops) -> NDArray[np.bool_]:
    """Which crops `(n,)` are compared by how they look: all but negatives. A hash of others is needed for nothing."""
    return ~_negatives(crops)


def tells(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which hashes `(n,)` are of pictures that show something; one that is unknown, 0, is not."""
    bits = np.bitwise_count(hashes)
    return np.asarray((bits >= FLAT_BITS) & (bits <= 64 - FLAT_BITS))


def band(hashes: NDArray[np.uint64], number: int) -> NDArray[np.uint64]:
    """The bits of one of the `BANDS`."""
    return np.asarray((hashes >> np.uint64(16 * number)) & np.uint64(0xFFFF))


def touching(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether boxes `(n, 4)` overlap, pair by pair."""
    left, right = (
        np.maximum(first[:, :2], second[:, :2]),
        np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:]),
    )
    return np.asarray((right > left).all(1))


def _negatives(crops: Crops) -> NDArray[np.bool_]:
    return np.isin(crops.table.labels, [row.id for row in crops.labels.values() if row.name == BACKGROUND])


def _ids(table: RegionTable, pair: list[int]) -> tuple[int, int]:
    return int(table.ids[pair[0]]), int(table.ids[pair[1]])


def _near(
    table: RegionTable,
    splits: Pairs,
    negatives: NDArray[np.bool_],
    rates: Mapping[int, float],
    control: Control,
) -> Pairs:
    """Rows and distance `(m, 3)` of pairs closer than the gap, the nearest of each place.

    Two tracks may share a frame as long as their boxes do not touch: those are two objects.
    """
    order = np.lexsort((table.frames, table.media))
    media, frames, tracks = table.media[order], table.frames[order], table.tracks[order]
    kinds, boxes = splits[order], table.boxes[order]
    numbers, place = np.unique(media, return_inverse=True)
    gap_of = {medium: gap_frames(rates[medium]) if medium in rates else 1 for medium in numbers.tolist()}
    gaps = np.array(list(gap_of.values()), np.int64)[place.ravel()]
    best = _Nearest()
    for step in count(1):
        control.checkpoint()
        if step >= len(order):
            break
        one, other = slice(None, -step), slice(step, None)
        far = frames[other] - frames[one]
        close = (media[one] == media[other]) & (far < gaps[one])
        if not close.any():
            break
        rows = np.flatnonzero(close & (kinds[one] != kinds[other]))
        a, b = rows, rows + step
        two = (tracks[a] != tracks[b]) & (tracks[a] > 0) & (tracks[b] > 0)
        rows = ~two | touching(boxes[a], boxes[b])
        a, b = a[rows], b[rows]
        keys = np.stack([media[a], frames[a] // (2 * gaps[a]), np.minimum(tracks[a], tracks[b])], axis=1)
        unlike = negatives[order[a]] | negatives[order[b]]  # of equally near pairs two objects are shown
        best.add(keys, np.stack([order[a], order[b], 2 * (frames[b] - frames[a]) + unlike], axis=1))
    found = best.found
    found[:, 2] //= 2
    return _thinned(table, found, gap_of)


def _thinned(table: RegionTable, pairs: Pairs, gap_of: Mapping[int, int]) -> Pairs:
    """Without pairs of a place where a nearer one is kept."""
    kept: list[int] = []
    frames_of: dict[tuple[int, int], list[int]] = {}
    for number in np.argsort(pairs[:, 2], kind="stable").tolist():
        row, other, _ = pairs[number].tolist()
        medium, frame = int(table.media[row]), int(table.frames[row])
        own = frames_of.setdefault((medium, int(min(table.tracks[row], table.tracks[other]))), [])
        if all(abs(frame - each) >= gap_of[medium] for each in own):
            own.append(frame)
            kept.append(number)
    return pairs[kept]


class _Nearest:
    """The nearest pair for each key."""

    def __init__(self) -> None:
        self._keys = np.zeros((0, 3), np.int64)
        self.found: Pairs = np.zeros((0, 3), np.int64)

    def add(self, keys: Pairs, pairs: Pairs) -> None:
        if not len(pairs):
            return
        keys, pairs = np.concatenate([self._keys, keys]), np.concatenate([self.found, pairs])
        order = np.argsort(pairs[:, 2], kind="stable")
        self._keys, first = np.unique(keys[order], axis=0, return_index=True)
        self.found = pairs[order[first]]


def _torn(table: RegionTable, splits: Pairs, negatives: NDArray[np.bool_]) -> Pairs:
    """Rows and frames between them `(m, 3)` of tracks in several splits, where two of those are nearest."""
    rows = np.flatnonzero((table.tracks > 0) & ~negatives)
    rows = rows[np.lexsort((table.frames[rows], table.tracks[rows]))]
    a, b = rows[:-1], rows[1:]
    change = (table.tracks[a] == table.tracks[b]) & (splits[a] != splits[b])
    a, b = a[change], b[change]
    best = _Nearest()
    best.add(
        np.stack([table.tracks[a], np.zeros_like(a), np.zeros_like(a)], axis=1),
        np.stack([a, b, table.frames[b] - table.frames[a]], axis=1),
    )
    return best.found


def _alike(table: RegionTable, splits: Pairs, hashes: NDArray[np.uint64], control: Control) -> Pairs:
    """Rows and bits `(m, 3)`: for each region that looks like one of another split, the one most like it.

    Pictures that differ in three of 64 bits are the same in one of four bands of 16: only those are compared. Of
    regions of a split and track with one hash the first stands for all.
    """
    told = np.flatnonzero(tells(hashes))
    keys = np.stack([hashes[told], splits[told].astype(np.uint64), table.tracks[told].astype(np.uint64)], axis=1)
    told = told[np.sort(np.unique(keys, axis=0, return_index=True)[1])]
    best = _Nearest()
    for number in range(BANDS):
        control.progress(number / BANDS, "looking for the same pictures")
        value = band(hashes[told], number)
        order = np.argsort(value, kind="stable")
        rows, value = told[order], value[order]
        at = np.arange(len(rows))
        for step in count(1):
            at = at[at < len(rows) - step]
            at = at[value[at] == value[at + step]]
            if not len(at):
                break
            control.checkpoint()
            a, b = rows[at], rows[at + step]
            differ = np.bitwise_count(hashes[a] ^ hashes[b])
            same = (table.tracks[a] == table.tracks[b]) & (table.tracks[a] > 0)
            leaks = (differ <= MOST_BITS) & (splits[a] != splits[b]) & ~same
            pairs = np.stack([a, b, differ], axis=1)[leaks]
            pairs[:, :2].sort(axis=1)
            best.add(np.pad(pairs[:, :1], ((0, 0), (0, 2))), pairs)
    return best.found
