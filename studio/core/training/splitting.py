"""Which examples train, which choose the best network, and which judge it: never such as show the same moment."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.folds import BLOCK_SECONDS
from studio.core.gallery.crops import SPLITS, Crops, splits_of
from studio.core.project.edits import counted
from studio.core.project.leaks import find_leaks
from studio.core.project.region_table import RegionTable
from studio.core.project.split_plan import SplitWish, plan_splits
from studio.core.project.split_units import gap_frames
from studio.core.training.chosen import numbered

VALIDATION = 0.2  # of what trains is held out where the project has no validation split
TRAIN, VAL, TEST = (SPLITS.index(name) for name in ("train", "val", "test"))

Mask = NDArray[np.bool_]


class Splitting(NamedTuple):
    """Splits of crops.

    Attributes:
        splits: uint8 `(n,)`, indices of `SPLITS`; 0 of those to leave out.
        notes: sentences on what was done.
    """

    splits: NDArray[np.uint8]
    notes: tuple[str, ...]


def split_examples(crops: Crops, rates: Mapping[int, float], *, allow_leaks: bool, seed: int) -> Splitting:
    """The gallery's splits. Crops of no split train, but for those too near to one that is held back.

    Without a validation split some are held out by clip, by blocks of time with gaps, or by track.

    Args:
        crops: those that are used.
        rates: frames a second of the media that have times.
        allow_leaks: take leaking splits as they are.
        seed: of what is held out.

    Raises:
        InputError: the splits leak.
    """
    notes = []
    if (crops.splits > 0).any():
        notes += _leaks(crops, rates, allow_leaks)
    splits = np.where(crops.splits == 0, TRAIN, crops.splits).astype(np.uint8)
    near = _near_held(crops.table, crops.splits, rates)
    splits[near] = 0
    if gone := int(near.sum()):
        notes.append(f"{counted(gone, 'crop')} too near to those of another split left out.")
    if not (splits == VAL).any():
        splits, said = _held_out(crops, splits, rates, seed)
        notes.append(said)
    return Splitting(splits, tuple(notes))


def groups(table: RegionTable, rates: Mapping[int, float]) -> NDArray[np.int64]:
    """A number from 0 for what is alike, int64 `(n,)`: the track, else two seconds of a clip, else the picture."""
    known, place = np.unique(table.media, return_inverse=True)
    lengths = [max(1, round(BLOCK_SECONDS * rates[m])) if m in rates else 1 for m in known.tolist()]
    blocks = table.frames // np.array(lengths, np.int64)[place.ravel()]
    tracked = table.tracks > 0
    return numbered(np.where(tracked, -1, table.media), np.where(tracked, table.tracks, blocks))


def _leaks(crops: Crops, rates: Mapping[int, float], allowed: bool) -> list[str]:
    """What to say of leaks; frames side by side are refused, a long track that was cut is only said to be."""
    kinds = [leak.kind for leak in find_leaks(crops, rates)]
    near, cut = kinds.count("time"), kinds.count("track")
    if near and not allowed:
        raise InputError(
            f"the splits leak at {counted(near, 'place')}: crops of the same moment are in two of them, which flatters"
            " scores; see them with studio split --check, split anew, or allow it"
        )
    notes = [f"The splits leak at {counted(near, 'place')}: scores flatter."] if near else []
    if cut:
        many = f"{counted(cut, 'track')} {'is' if cut == 1 else 'are'}"
        notes.append(f"{many} in several splits: scores tell how well these very objects are found again.")
    return notes


def _near_held(table: RegionTable, splits: NDArray[np.uint8], rates: Mapping[int, float]) -> Mask:
    """Which crops `(n,)` of no split are nearer than the gap to one for validation or the test.

    Two tracks may share a frame as long as their boxes do not touch: those are two objects.
    """
    near = np.zeros(len(table), bool)
    held = np.isin(splits, [VAL, TEST])
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
        apart = (tracks[a] != tracks[b]) & (tracks[a] > 0) & (tracks[b] > 0) & ~_touch(boxes[a], boxes[b])
        both = np.concatenate([order[a[~apart]], order[b[~apart]]])
        near[both[~held[both]]] = True
    return near


def _touch(first: NDArray[np.float64], second: NDArray[np.float64]) -> Mask:
    low = np.maximum(first[:, :2], second[:, :2])
    high = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
    return np.asarray((high > low).all(1))


def _held_out(
    crops: Crops, splits: NDArray[np.uint8], rates: Mapping[int, float], seed: int
) -> tuple[NDArray[np.uint8], str]:
    """Splits with a validation split, and what to say of it; as they are where there is too little for one."""
    rows = np.flatnonzero(splits == TRAIN)
    some = Crops(crops.table.taken(rows), np.zeros(len(rows), np.uint8), crops.labels, crops.media)
    for way in ("auto", "track"):
        try:
            plan = plan_splits(some, rates, SplitWish(VALIDATION, 0.0, way, seed))
        except InputError:  # nothing to split, or no tracks
            continue
        found = splits_of(some.table, plan.rows)
        if (found == VAL).any() and (found == TRAIN).any():
            made = splits.copy()
            made[rows] = found
            gap = int((found == 0).sum())
            beside = f", {counted(gap, 'crop')} between them left out" if gap else ""
            many = counted(int((found == VAL).sum()), "crop")
            return made, f"No validation split: {many} held out for it by {plan.way}{beside}; studio split makes one."
    return splits, "No validation split, and too little to hold one out: the last network is taken, and not judged."
