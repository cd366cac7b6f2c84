"""What splits keep from training, and which frames a split is judged on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from studio.core.errors import InputError
from studio.core.gallery.crops import SPLITS, Crops, read_crops, splits_of
from studio.core.project.project import Project
from studio.core.project.region_table import read_regions
from studio.core.project.rows import MediumRow, SplitRow
from studio.core.project.split_plan import read_rates
from studio.core.project.split_units import gap_frames
from studio.core.project.too_alike import near_held

HELD = ("val", "test")  # a head learns from regions for training, and from those of no split


@dataclass(frozen=True)
class HeldBack:
    """What a head must not see.

    Attributes:
        regions: ids of those for validation and for the test, and of those of no split that are too near to one.
        stretches: by medium, the first and last frames that are for them, with the gap around them.
    """

    regions: frozenset[int] = frozenset()
    stretches: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def holds(self, medium: int, frame: int) -> bool:
        """Whether a frame is not for training, whatever is on it."""
        return any(first <= frame <= last for first, last in self.stretches.get(medium, ()))


def held_back(project: Project) -> HeldBack:
    """What the splits of `project` keep from training; nothing where there are none."""
    rows = project.splits()
    if not any(row.split in HELD for row in rows):
        return HeldBack()
    crops = read_crops(project)
    held = np.isin(crops.splits, [SPLITS.index(name) for name in HELD])
    cut = {row.medium for row in rows if row.split in HELD and not _is_whole(row, crops)}
    there = np.isin(crops.table.media, list(cut))
    rates = read_rates(project, replace(crops, table=crops.table.taken(there), splits=crops.splits[there]))
    held |= near_held(crops.table, crops.splits, rates)
    stretches: dict[int, list[tuple[int, int]]] = {}
    for row in rows:
        if row.track is None and row.split in HELD:
            around = gap_frames(rates[row.medium]) - 1 if row.medium in rates else 0
            stretches.setdefault(row.medium, []).append((row.first - around, row.last + around))
    return HeldBack(frozenset(crops.table.ids[held].tolist()), stretches)


def _is_whole(row: SplitRow, crops: Crops) -> bool:
    """Whether nothing of the medium is left beside what a row says, so that it need not be opened for a gap."""
    medium = crops.media.get(row.medium)
    return row.track is None and medium is not None and row.first <= 0 and row.last >= medium.frames - 1


def frames_of_split(project: Project, medium: MediumRow, label: int, split: str) -> frozenset[int]:
    """The frames of a medium on which a head can be judged by a split: all objects of the label on them are in it.

    Raises:
        InputError: no such split, or none of its frames are of this medium.
    """
    if split not in SPLITS[1:]:
        raise InputError(f"unknown split {split!r}; there are: {', '.join(SPLITS[1:])}")
    rows = [row for row in project.splits() if row.medium == medium.id]
    table = read_regions(project)
    table = table.taken((table.media == medium.id) & (table.labels == label))
    inside = splits_of(table, rows) == SPLITS.index(split)
    found = set(_of_medium(rows, split)) | set(table.frames[inside].tolist())
    found -= set(table.frames[~inside].tolist())
    if not found:
        raise InputError(f"no frames of {medium.path} are for {split} alone; assign some: studio split")
    return frozenset(found)


def _of_medium(rows: Iterable[SplitRow], split: str) -> Iterable[int]:
    """Frames that are of the split whatever is on them; of two rows the newer one counts."""
    names: dict[int, str] = {}
    for row in sorted(rows, key=lambda row: row.id):
        if row.track is None:
            names |= dict.fromkeys(range(row.first, row.last + 1), row.split)
    return (frame for frame, name in names.items() if name == split)
