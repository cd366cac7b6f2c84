"""Which examples train, which choose the best network, and which judge it: never such as show the same moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.folds import BLOCK_SECONDS
from studio.core.gallery.crops import SPLITS, Crops, splits_of
from studio.core.project.edits import counted
from studio.core.project.leaks import Leak, compared, find_leaks, is_grave, leak_words, leaks_in_short
from studio.core.project.region_table import RegionTable
from studio.core.project.split_plan import SplitWish, plan_splits
from studio.core.project.too_alike import HELD, look_alikes, near_held
from studio.core.training.chosen import numbered

Leaks = Literal["refused", "said", "ignored"]  # the last where nothing learns, or nothing is judged
NAMED = 3  # leaks that a note names
LEFT = 0.5  # of the crops of each label that are held out, if those that look like what trains are left out
VALIDATION = 0.2  # of what trains is held out where the project has no validation split
TRAIN, VAL = (SPLITS.index(name) for name in ("train", "val"))


class Splitting(NamedTuple):
    """Splits of crops.

    Attributes:
        splits: uint8 `(n,)`, indices of `SPLITS`; 0 of those to leave out.
        notes: sentences on what was done.
        leaks: what makes the scores flatter; "" where nothing does.
    """

    splits: NDArray[np.uint8]
    notes: tuple[str, ...]
    leaks: str = ""


def split_examples(
    crops: Crops, rates: Mapping[int, float], hashes: NDArray[np.uint64], *, leaks: Leaks, seed: int
) -> Splitting:
    """The gallery's splits. Crops of no split train, but for those too near to one that is held back, or like it.

    Without a validation split some are held out by clip, by blocks of time with gaps, or by track.

    Args:
        crops: those that are used.
        rates: frames a second of the media that have times.
        hashes: uint64 `(n,)` of their pictures, as `find_leaks` compares them; 0 where unknown.
        leaks: what becomes of splits that leak.
        seed: of what is held out.

    Raises:
        InputError: the splits leak.
    """
    notes = []
    said = ""
    hashes = np.where(compared(crops), hashes, np.uint64(0))
    if leaks != "ignored" and (crops.splits > 0).any():
        found = find_leaks(crops, rates, hashes)
        notes += _refused_or_said(crops, found, rates, leaks == "said")
        said = leaks_in_short(found) if is_grave(found) else ""
    splits = np.where(crops.splits == 0, TRAIN, crops.splits).astype(np.uint8)
    near = near_held(crops.table, crops.splits, rates)
    like = look_alikes(crops.table, hashes, (crops.splits == 0) & ~near, np.isin(crops.splits, HELD))
    splits[near | like] = 0
    if gone := int(near.sum()):
        notes.append(f"{counted(gone, 'crop')} too near to those of another split left out.")
    if gone := int(like.sum()):
        notes.append(f"{counted(gone, 'crop')} of no split that {_look(gone)} the same as held-back ones left out.")
    if not (splits == VAL).any():
        splits, words = _held_out(crops, splits, rates, seed)
        notes.append(words)
        splits, words, flatters = _unlike(crops.table, hashes, splits)
        notes += [words] * bool(words)
        notes += _cut(_followed_into(crops, splits)) if leaks != "ignored" else []
        said = said or flatters
    return Splitting(splits, tuple(dict.fromkeys(notes)), said)


def groups(table: RegionTable, rates: Mapping[int, float]) -> NDArray[np.int64]:
    """A number from 0 for what is alike, int64 `(n,)`: the track, else two seconds of a clip, else the picture."""
    known, place = np.unique(table.media, return_inverse=True)
    lengths = [max(1, round(BLOCK_SECONDS * rates[m])) if m in rates else 1 for m in known.tolist()]
    blocks = table.frames // np.array(lengths, np.int64)[place.ravel()]
    tracked = table.tracks > 0
    return numbered(np.where(tracked, -1, table.media), np.where(tracked, table.tracks, blocks))


def _refused_or_said(crops: Crops, found: list[Leak], rates: Mapping[int, float], allowed: bool) -> list[str]:
    """What to say of leaks; a long track that was cut is no reason to refuse them, since it cannot be avoided."""
    if not is_grave(found):
        return _cut(len(found))
    if not allowed:
        raise InputError(
            f"the splits leak, so that scores would flatter: {leaks_in_short(found)};"
            " see them with studio split --check, split anew, or allow it with --allow-leaks"
        )
    some = "; ".join(_pair(crops, leak, rates) for leak in found[:NAMED])
    more = f"; and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    return [f"The splits leak, and scores flatter: {leaks_in_short(found)}. These are: {some}{more}."]


def _cut(tracks: int) -> list[str]:
    """What to say of tracks that are in several splits."""
    many = f"{counted(tracks, 'track')} {'is' if tracks == 1 else 'are'}"
    return [f"{many} in several splits: scores tell how well these very objects are found again."] if tracks else []


def _followed_into(crops: Crops, splits: NDArray[np.uint8]) -> int:
    """How many tracks of objects train and are for validation too."""
    tracks = np.where(compared(crops), crops.table.tracks, 0)
    return int((np.intersect1d(tracks[splits == TRAIN], tracks[splits == VAL]) > 0).sum())


def _pair(crops: Crops, leak: Leak, rates: Mapping[int, float]) -> str:
    one, other = crops.rows_of(leak[:2]).tolist()
    names = [crops.media[int(crops.table.media[row])].path.rsplit("/", 1)[-1] for row in (one, other)]
    frames = [int(crops.table.frames[row]) for row in (one, other)]
    if names[0] == names[1]:
        where = f"{names[0]}, frames {frames[0]} and {frames[1]}"
    else:
        where = " and ".join(f"{name}, frame {frame}" for name, frame in zip(names, frames, strict=True))
    return f"{leak_words(leak, crops, rates)} ({where})"


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
    return splits, "No validation split, and too little to hold one out: what comes out is taken as it is."


def _unlike(
    table: RegionTable, hashes: NDArray[np.uint64], splits: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], str, str]:
    """Splits without crops held out for validation that look like one that trains, and what to say of it.

    Where too few would be left they stay; the last text says then what leaks.
    """
    held = splits == VAL
    like = look_alikes(table, hashes, held, splits == TRAIN)
    if not (many := int(like.sum())):
        return splits, "", ""
    _, place = np.unique(table.labels, return_inverse=True)
    all_of, left = (np.bincount(place.ravel()[each]) for each in (held, held & ~like))
    said = f"{counted(many, 'crop')} held out {_look(many)} the same as one that trains"
    if (np.pad(left, (0, len(all_of) - len(left))) < LEFT * all_of).any():
        return splits, f"{said}: scores in validation flatter.", said
    return np.where(like, np.uint8(0), splits), f"{said}, and {'is' if many == 1 else 'are'} left out.", ""


def _look(many: int) -> str:
    return "looks" if many == 1 else "look"
