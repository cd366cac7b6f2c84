"""Which crops are judged by what was learned from which others: never from those that show the same moment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.folds import BLOCK_SECONDS, GAP_SECONDS
from studio.core.project import MediumRow
from studio.core.project.region_table import RegionTable

FOLDS = 5
FEW_TRACKS = 3  # of a label; with fewer, stretches of a track are held out, else whole tracks
USUAL_RATE = 25.0

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A plan in which each crop is held out once.

    Attributes:
        folds: int64 `(n,)` in 0…`FOLDS` − 1; −1 of crops whose label has nothing else to learn from.
        origins: int64 `(n,)`: the track, or what stands for one, that a crop belongs to.
        frames: int64 `(n,)`.
        gaps: int64 `(n,)`: within so many frames two crops of one origin are too alike.
    """

    folds: Integers
    origins: Integers
    frames: Integers
    gaps: Integers

    def masks(self) -> Iterator[tuple[Mask, Mask]]:
        """For each fold which crops `(n,)` may be learned from, and which are judged."""
        for fold in range(FOLDS):
            held = self.folds == fold
            if held.any():
                yield ~held & ~self._close_to(held), held

    def _close_to(self, held: Mask) -> Mask:
        """Which crops lie within the gap of one that is held out, of the same origin."""
        span = np.int64(1) << 40  # more than any frame number: origins do not touch
        places = np.sort(self.origins[held] * span + self.frames[held])
        own = self.origins * span + self.frames
        at = np.searchsorted(places, own - self.gaps)
        return (at < len(places)) & (places[np.minimum(at, len(places) - 1)] <= own + self.gaps)


def hold_out(table: RegionTable, media: Mapping[int, MediumRow], rates: Mapping[int, float], seed: int = 0) -> HeldOut:
    """Hold out whole tracks where a label has several, else blocks of time, and single pictures by lot.

    Each label by itself, so that every fold has about the same part of it.

    Args:
        table: the crops.
        media: rows by id; the pictures of stills are moments of their own unless tracks say otherwise.
        rates: frames a second, by medium; 25 where it is not known.
        seed: of the lot.
    """
    origins = _origins(table, media)
    known, place = np.unique(table.media, return_inverse=True)
    rate = np.array([rates.get(int(medium), USUAL_RATE) for medium in known], np.float64)[place]
    folds = np.full(len(table), -1, np.int64)
    random = np.random.default_rng(seed)
    for label in np.unique(table.labels):
        rows = np.flatnonzero(table.labels == label)
        groups = _groups(origins[rows], table.frames[rows], rate[rows])
        folds[rows] = _dealt(groups, random)
    gaps = np.ceil(GAP_SECONDS * rate).astype(np.int64)
    return HeldOut(folds, origins, table.frames, np.where(_single(table, media), 0, gaps))


def _single(table: RegionTable, media: Mapping[int, MediumRow]) -> Mask:
    """Crops of single pictures."""
    stills = [row.id for row in media.values() if row.kind == "stills"]
    return np.isin(table.media, stills) & (table.tracks == 0)


def _origins(table: RegionTable, media: Mapping[int, MediumRow]) -> Integers:
    """The track; of crops without one the picture, of a video all of its label."""
    single = _single(table, media)
    free = np.where(single, table.frames, -table.labels)
    parts = np.stack([table.media, table.tracks, np.where(table.tracks > 0, 0, free), single])
    return np.unique(parts, axis=1, return_inverse=True)[1].ravel().astype(np.int64)


def _groups(origins: Integers, frames: Integers, rate: NDArray[np.float64]) -> Integers:
    """What is held out together, `(n,)` numbers from 0: origins where there are several, else blocks of each."""
    names, origin = np.unique(origins, return_inverse=True)
    if len(names) >= FEW_TRACKS:
        return origin.astype(np.int64)
    groups, count = np.zeros(len(origins), np.int64), 0
    for each in range(len(names)):
        rows = np.flatnonzero(origin == each)
        first, last = int(frames[rows].min()), int(frames[rows].max())
        block = max(math.ceil(BLOCK_SECONDS * rate[rows[0]]), math.ceil((last - first + 1) / (2 * FOLDS)))
        number = (frames[rows] - first) // block
        groups[rows] = count + np.minimum(number, max((last - first + 1) // block - 1, 0))
        count = int(groups[rows].max()) + 1
    return np.unique(groups, return_inverse=True)[1].ravel().astype(np.int64)


def _dealt(groups: Integers, random: np.random.Generator) -> Integers:
    """The fold of each crop: the largest groups first, each to the fold that has least; −1 for a single group."""
    sizes = np.bincount(groups)
    if len(sizes) < 2:
        return np.full(len(groups), -1, np.int64)
    order = random.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    held, fold = random.permutation(FOLDS) * 1e-3, np.zeros(len(sizes), np.int64)  # who begins is drawn by lot too
    for group in order:
        fold[group] = held.argmin()
        held[fold[group]] += sizes[group]
    return fold[groups]
