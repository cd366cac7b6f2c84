"""Train, validation and test: planned by clip, by blocks of time or by track, and balanced over the labels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError, StudioError
from studio.core.gallery.crops import SPLITS, Crops, splits_of
from studio.core.project.edits import Edit, listed
from studio.core.project.ids import new_id
from studio.core.project.media import locate
from studio.core.project.project import Project
from studio.core.project.region_table import RegionTable
from studio.core.project.row_checks import STATES
from studio.core.project.rows import OBJECT_STATES, SplitRow
from studio.core.project.split_balance import balanced
from studio.core.project.split_notes import split_notes
from studio.core.project.split_units import Rows, Unit, blocks, by_medium, clips, gap_frames, tracks

WAYS = {"auto": "what fits", "clip": "clips", "time": "blocks of time", "track": "tracks"}
AS_IT_IS = "Nothing changes: that is how they are split."
FEW_CLIPS = 5  # below it clips are cut into blocks
USUAL_RATE = 25.0  # frames a second of pictures with tracks, and of videos that cannot be read
_NAMES = SPLITS[1:]
_OBJECTS = [STATES.index(state) for state in sorted(OBJECT_STATES)]

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class SplitWish:
    """What is asked for.

    Attributes:
        val, test: shares in 0…1; what is left is for training.
        by: one of `WAYS`.
        seed: another one gives another split as good.
    """

    val: float = 0.2
    test: float = 0.2
    by: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.by not in WAYS:
            raise InputError(f"regions cannot be split by {self.by!r}; there are: {', '.join(WAYS)}")
        for name, share in (("val", self.val), ("test", self.test)):
            if not 0 <= share < 1:
                raise InputError(f"a share of {share:g} for {name} is none; give a number from 0 to below 1")
        if self.val + self.test >= 1:
            raise InputError(f"{self.val:g} for val and {self.test:g} for test leave nothing to train on")
        if not self.val + self.test:
            raise InputError("with no share for val and none for test there is nothing to split")

    @property
    def shares(self) -> tuple[float, float, float]:
        """Of train, val and test."""
        return 1 - self.val - self.test, self.val, self.test


@dataclass(frozen=True)
class SplitPlan:
    """What would be assigned.

    Attributes:
        by: the way that was taken, one of `WAYS` but "auto".
        rows: of the project.
        counts: what it achieves, see `split_counts`.
        notes: a sentence each on what could not be as it was asked for.
        timed: whether any medium has times; blocks of others are of pictures in their order.
    """

    by: str
    rows: tuple[SplitRow, ...]
    counts: Mapping[int, Counts] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    timed: bool = True

    @property
    def way(self) -> str:
        """The way in words."""
        return _way(self.by, self.timed)

    @property
    def sentence(self) -> str:
        """What it gives, for a person."""
        sums = sum(self.counts.values(), np.zeros(len(SPLITS), np.int64))
        parts = [f"{int(sums[place]):,} {name}" for place, name in enumerate(SPLITS) if place and sums[place]]
        left = f"; {int(sums[0]):,} in between get none" if sums[0] else ""
        return " ".join([f"By {self.way}: {listed(parts)}{left}.", *self.notes])


def split_counts(crops: Crops) -> dict[int, Counts]:
    """How many objects of each label (by id) are in each of `SPLITS`, int64 `(4,)`; labels without any are left out."""
    there = np.isin(crops.table.states, _OBJECTS)
    labels, place = np.unique(crops.table.labels[there], return_inverse=True)
    numbers = np.zeros((len(labels), len(SPLITS)), np.int64)
    np.add.at(numbers, (place.ravel(), crops.splits[there]), 1)
    return {int(label): row for label, row in zip(labels, numbers, strict=True)}


def read_rates(project: Project, crops: Crops, known: Mapping[int, float] | None = None) -> dict[int, float]:
    """Frames a second of the media with regions; folders of pictures have times where something is tracked in them.

    Args:
        project: whose media are opened.
        crops: all of them.
        known: of videos, by an earlier call: those are not opened again.
    """
    from studio.core.media import open_medium  # brings the decoders along

    rates = {}
    for medium in np.unique(crops.table.media).tolist():
        row = crops.media.get(medium)
        if row is None or row.kind == "stills":
            if crops.table.tracks[crops.table.media == medium].any():
                rates[medium] = USUAL_RATE
            continue
        rates[medium] = USUAL_RATE
        if known is not None and medium in known:
            rates[medium] = known[medium]
            continue
        with suppress(StudioError, OSError), open_medium(locate(project, row), project.cache) as opened:
            rates[medium] = opened.rate if opened.rate > 0 else USUAL_RATE
    return rates


def plan_splits(crops: Crops, rates: Mapping[int, float], wish: SplitWish) -> SplitPlan:
    """The plan for all regions of a project; pure and repeatable.

    Args:
        crops: as they are; the splits that they have do not count.
        rates: of `read_rates`.
        wish: shares, way and seed.

    Raises:
        InputError: there is nothing to split, or no tracks to split by.
    """
    there = np.isin(crops.table.states, _OBJECTS)
    table = crops.table.taken(there)
    if not len(table):
        raise InputError("the project has no regions to split; label something first")
    by = _best_way(table, crops, wish) if wish.by == "auto" else wish.by
    units = _units(table, crops, rates, wish, by)
    labels, place = np.unique(table.labels, return_inverse=True)
    counts = np.array([np.bincount(place.ravel()[unit.rows], minlength=len(labels)) for unit in units])
    names = [_NAMES[split] for split in balanced(counts, wish.shares, wish.seed)]
    if by == "track":
        rows = _track_rows(table, rates, list(zip(units, names, strict=True)))
    else:
        rows = _stretches(table, rates, list(zip(units, names, strict=True)), whole=by == "clip")
    splits = splits_of(table, rows)
    way = _way(by, bool(rates))
    found = Crops(table, splits, crops.labels, crops.media)
    notes = split_notes(found, wish.shares, [len(unit.rows) for unit in units], way)
    return SplitPlan(by, tuple(rows), split_counts(found), notes, bool(rates))


def split_edit(project: Project, plan: SplitPlan) -> Edit:
    """Assign what is planned instead of what was assigned, as one step; nothing where it is assigned like that."""
    there = {_said(row): row for row in project.splits()}
    kept = {there[said].id for row in plan.rows if (said := _said(row)) in there}
    rows = Edit.rows("", [row for row in plan.rows if _said(row) not in there]).changes
    gone = Edit.removal("", [row for row in project.splits() if row.id not in kept]).changes
    return Edit(f"split by {plan.way}", {**gone, **rows})


def clear_edit(project: Project) -> Edit:
    """Assign nothing any more, as one step."""
    return Edit.removal("clear splits", project.splits())


def _best_way(table: RegionTable, crops: Crops, wish: SplitWish) -> str:
    """By clip where there are some, and every label is in enough of them to be in every split."""
    splits = sum(share > 0 for share in wish.shares)
    places = np.unique(np.stack([table.labels, table.media]), axis=1)
    clips_of_label = np.unique(places[0], return_counts=True)[1]
    several = len(np.unique(table.media)) >= FEW_CLIPS
    return "clip" if several and bool((clips_of_label >= splits).all()) else "time"


def _units(table: RegionTable, crops: Crops, rates: Mapping[int, float], wish: SplitWish, by: str) -> list[Unit]:
    if by == "clip":
        return clips(table, crops.media)
    if by == "track":
        if units := tracks(table, crops.media):
            return units
        raise InputError("the project has no tracks to split by; follow something first, or split by clip or time")
    smallest = min(share for share in wish.shares if share > 0)
    return blocks(table, rates, max(1, math.floor(len(table) * smallest / 2)))


def _stretches(
    table: RegionTable, rates: Mapping[int, float], assigned: list[tuple[Unit, str]], whole: bool
) -> list[SplitRow]:
    """A row for each stretch of the same split; the gap between two splits is taken from the longer of them."""
    rows: list[SplitRow] = []
    assigned.sort(key=lambda pair: (pair[0].medium, pair[0].first))
    for medium, group in groupby(assigned, key=lambda pair: pair[0].medium):
        found: list[tuple[str, int, int]] = []
        for split, run in groupby(group, key=lambda pair: pair[1]):
            units = [unit for unit, _ in run]
            found.append((split, units[0].first, units[-1].last))
        gap = gap_frames(rates[medium]) if medium in rates and not whole else 1
        rows += [SplitRow(new_id(), medium, None, first, last, split) for split, first, last in _apart(found, gap)]
    return rows


def _apart(found: list[tuple[str, int, int]], gap: int) -> list[tuple[str, int, int]]:
    """Stretches that are at least `gap` frames from each other."""
    firsts, lasts = [first for _, first, _ in found], [last for _, _, last in found]
    for at, other in enumerate(found[1:]):
        missing = gap - (firsts[at + 1] - lasts[at])
        if missing <= 0:
            continue
        spare = lasts[at] - firsts[at] - (lasts[at + 1] - firsts[at + 1])
        before = missing if spare > 0 or (spare == 0 and other[0] == "train") else 0
        lasts[at] -= before
        firsts[at + 1] += missing - before
    names = (split for split, _, _ in found)
    return [each for each in zip(names, firsts, lasts, strict=True) if each[1] <= each[2]]


def _track_rows(
    table: RegionTable, rates: Mapping[int, float], assigned: list[tuple[Unit, str]]
) -> list[SplitRow]:  # fmt: skip
    """A row for each track; regions without one go with the tracks near them, where those are of one split."""
    rows = [SplitRow(new_id(), unit.medium, unit.track, unit.first, unit.last, split) for unit, split in assigned]
    number_of = {unit.track: SPLITS.index(split) for unit, split in assigned}
    for medium, own in by_medium(table):
        gap = gap_frames(rates[medium]) if medium in rates else 1
        rows += _loose_rows(table, own, medium, number_of, gap)
    return rows


def _loose_rows(
    table: RegionTable, own: Rows, medium: int, number_of: Mapping[int | None, int], gap: int
) -> Iterator[SplitRow]:
    tracked, loose = own[table.tracks[own] > 0], own[table.tracks[own] == 0]
    frames = np.unique(table.frames[loose])
    near = np.zeros((len(frames), len(SPLITS)), bool)
    of_track = np.array([number_of[int(track)] for track in table.tracks[tracked]], np.int64)
    for split in range(1, len(SPLITS)):
        theirs = table.frames[tracked[of_track == split]]
        near[:, split] = np.searchsorted(theirs, frames + gap - 1, "right") > np.searchsorted(theirs, frames - gap + 1)
    # Far from all tracks it is no other object's frame: for training.
    chosen = np.where(near.sum(1) == 1, near.argmax(1), np.where(near.any(1), 0, SPLITS.index("train")))
    for split, run in groupby(zip(frames.tolist(), chosen.tolist(), strict=True), key=lambda pair: pair[1]):
        numbers = [frame for frame, _ in run]
        if split:
            yield SplitRow(new_id(), medium, None, numbers[0], numbers[-1], SPLITS[split])


def _way(by: str, timed: bool) -> str:
    return WAYS[by] if timed or by != "time" else "blocks of pictures"


def _said(row: SplitRow) -> tuple[object, ...]:
    """What a row says, whatever its id."""
    return row.medium, row.track, row.first, row.last, row.split
