"""Regions of no split, or about to get one, that are too much like one that is held back to be learned from."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import numpy as np
from numpy.typing import NDArray

from studio.core.gallery.crops import SPLITS
from studio.core.project.leaks import BANDS, MOST_BITS, band, tells, touching
from studio.core.project.region_table import RegionTable
from studio.core.project.split_units import gap_frames

HELD = tuple(SPLITS.index(name) for name in ("val", "test"))
_AT_ONCE = 1 << 20  # pairs that are compared

Mask = NDArray[np.bool_]


def near_held(table: RegionTable, splits: NDArray[np.uint8], rates: Mapping[int, float]) -> Mask:
    """Which regions `(n,)` of no split are nearer than the gap to one for validation or the test.

    Two tracks may share a frame as long as their boxes do not touch: those are two objects.

    Args:
        table: the regions.
        splits: uint8 `(n,)`, indices of `SPLITS`.
        rates: frames a second of media that have times; in others only the same frame is near.
    """
    near = np.zeros(len(table), bool)
    held = np.isin(splits, HELD)
    some = np.isin(table.media, np.unique(table.media[held])) & (held | (splits == 0))
    order = np.flatnonzero(some)[np.lexsort((table.frames[some], table.media[some]))]
    media, frames, tracks = (each[order] for each in (table.media, table.frames, table.tracks))
    boxes = table.boxes[order]
    known, place = np.unique(media, return_inverse=True)
    gaps = np.array([gap_frames(rates[m]) if m in rates else 1 for m in known.tolist()], np.int64)[place.ravel()]
    for step in count(1):
        close = (media[:-step] == media[step:]) & (frames[step:] - frames[:-step] < gaps[:-step])
        if step >= len(order) or not close.any():
            break
        a = np.flatnonzero(close & (held[order[:-step]] != held[order[step:]]))
        b = a + step
        apart = (tracks[a] != tracks[b]) & (tracks[a] > 0) & (tracks[b] > 0) & ~touching(boxes[a], boxes[b])
        both = np.concatenate([order[a[~apart]], order[b[~apart]]])
        near[both[~held[both]]] = True
    return near


def look_alikes(table: RegionTable, hashes: NDArray[np.uint64], asked: Mask, others: Mask) -> Mask:
    """Which of the `asked` regions look the same as one of the `others` that is not of their own track.

    Args:
        table: the regions.
        hashes: uint64 `(n,)` of their pictures; 0 of those that are not compared.
        asked, others: bool `(n,)`.

    Returns:
        bool `(n,)`.
    """
    known = tells(hashes)
    rows, own = _different(table, hashes, asked & known)
    there, _ = _different(table, hashes, others & known)
    found = np.zeros(len(rows), bool)
    for number in range(BANDS):
        value, theirs = band(hashes[rows], number), band(hashes[there], number)
        order = np.argsort(theirs, kind="stable")
        starts, ends = (np.searchsorted(theirs[order], value, side) for side in ("left", "right"))
        for part in _parts(ends - starts):
            many = ends[part] - starts[part]
            a = np.repeat(np.arange(len(rows))[part], many)
            within = np.arange(len(a)) - np.repeat(np.cumsum(many) - many, many)
            b = there[order[np.repeat(starts[part], many) + within]]
            tracks = table.tracks[rows[a]]
            same = (tracks == table.tracks[b]) & (tracks > 0)
            found[a[(np.bitwise_count(hashes[rows[a]] ^ hashes[b]) <= MOST_BITS) & ~same]] = True
    mask = np.zeros(len(table), bool)
    mask[asked & known] = found[own]
    return mask


def _different(
    table: RegionTable, hashes: NDArray[np.uint64], wanted: Mask
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """One row for each hash of a track among those wanted, and of each wanted one the place of its own."""
    rows = np.flatnonzero(wanted)
    keys = np.stack([hashes[rows], table.tracks[rows].astype(np.uint64)])
    _, first, place = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    return rows[first], place.ravel()


def _parts(counts: NDArray[np.intp]) -> list[slice]:
    """Stretches with about `_AT_ONCE` pairs each."""
    before = np.concatenate([[0], np.cumsum(counts)])
    cuts = np.unique(np.searchsorted(before, np.arange(0, max(int(before[-1]), 1), _AT_ONCE)))
    return [slice(first, last) for first, last in zip(cuts, [*cuts[1:], len(counts)], strict=True)]
