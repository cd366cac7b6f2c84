"""What could not be split as it was asked for, and why: a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from studio.core.gallery.crops import SPLITS, Crops
from studio.core.project.edits import counted, listed

_NAMED = 3  # labels that are named
_FAR = 0.1  # from the share that was asked for: what is said
_FEW = 5  # clips, blocks or tracks that are counted where they are the reason


def split_notes(crops: Crops, shares: Sequence[float], sizes: Sequence[int], way: str) -> tuple[str, ...]:
    """About crops in the splits that they would get.

    Args:
        crops: the objects of a project.
        shares: of train, val and test, as asked for.
        sizes: how many crops each clip, block or track has.
        way: by which it is split, as "blocks of time".
    """
    return (*_missing(crops, shares, way), *_far_off(crops, shares, sizes, way), *_cut(crops))


def _missing(crops: Crops, shares: Sequence[float], way: str) -> Iterator[str]:
    """Splits without anything, and labels that are not in all of the others."""
    labels, splits = crops.table.labels, crops.splits
    asked = [place for place, share in enumerate(shares, 1) if share > 0]
    empty = [place for place in asked if not (splits == place).any()]
    if empty:
        yield f"There is too little for {listed(SPLITS[place] for place in empty)}: it would take more {way}."
    wanted = [place for place in asked if place not in empty]
    lacking = [
        crops.labels[label].name
        for label in np.unique(labels).tolist()
        if label in crops.labels and not np.isin(wanted, splits[labels == label]).all()
    ]
    if lacking:
        some = lacking if len(lacking) <= _NAMED else [*lacking[:_NAMED], f"{len(lacking) - _NAMED:,} more"]
        yield f"{listed(some)} {'is' if len(lacking) == 1 else 'are'} too short or rare to be in every split."


def _far_off(crops: Crops, shares: Sequence[float], sizes: Sequence[int], way: str) -> Iterator[str]:
    """What validation and test got where that is far from what was asked for, and why."""
    numbers = np.bincount(crops.splits[crops.splits > 0], minlength=len(SPLITS))
    got = numbers / max(int(numbers.sum()), 1)
    far = [
        f"{got[place]:.0%} for {SPLITS[place]} ({share:.0%} asked for)"
        for place, share in enumerate(shares[1:], 2)
        if share > 0 and numbers[place] and abs(got[place] - share) > _FAR
    ]
    if far:
        largest = f"the largest of {len(sizes):,} {way} holds {max(sizes) / sum(sizes):.0%} of all"
        yield f"This gives {listed(far)}: {f'there are only {len(sizes)} {way}' if len(sizes) < _FEW else largest}."


def _cut(crops: Crops) -> Iterator[str]:
    """Tracks in several splits."""
    held = (crops.table.tracks > 0) & (crops.splits > 0)
    pairs = np.unique(np.stack([crops.table.tracks[held], crops.splits[held].astype(np.int64)]), axis=1)
    torn = int((np.unique(pairs[0], return_counts=True)[1] > 1).sum())
    if torn:
        yield f"{counted(torn, 'track')} {'is' if torn == 1 else 'are'} too long for one split and cut."
