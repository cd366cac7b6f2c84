"""How many crops of each label there are, and what in that will harm a head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.core.gallery.crops import SPLITS, Crops
from studio.core.project import BACKGROUND, OBJECT_STATES
from studio.core.project.row_checks import STATES

FEW = 20  # different crops of a label, under which a head knows little of it
LOPSIDED = 20  # times as many crops of one label as of another
ALIKE = 0.75  # share of near-duplicates that is worth a word
REJECTED, GREY = "rejected", "#8b929c"
_OBJECTS = [STATES.index(state) for state in sorted(OBJECT_STATES)]


@dataclass(frozen=True)
class LabelCrops:
    """What there is of one label.

    Attributes:
        name, color: of the label; of what people and mining rejected "rejected" and grey.
        numbers: crops in each of `SPLITS`.
        alike: how many of them are near-duplicates, which training skips.
        tracks: on how many tracks and, without one, media they are.
        negative: whether they are examples against labels.
    """

    name: str
    color: str
    numbers: tuple[int, ...]
    alike: int
    tracks: int
    negative: bool

    @property
    def total(self) -> int:
        return sum(self.numbers)

    @property
    def different(self) -> int:
        return self.total - self.alike


def crops_by_label(crops: Crops) -> list[LabelCrops]:
    """The labels by the number of their crops, then background, then what was rejected; none without crops.

    A label that has none yet is there with 0, background always.
    """
    table = crops.table
    shown, rejected = np.isin(table.states, _OBJECTS), table.states == STATES.index("rejected")
    order = sorted(crops.labels.values(), key=lambda row: (row.name == BACKGROUND, row.id))
    found = [
        _counted(crops, shown & (table.labels == row.id), row.name, row.color, row.name == BACKGROUND) for row in order
    ]
    found.sort(key=lambda each: (each.negative, -each.total))
    against = _counted(crops, rejected, REJECTED, GREY, True)
    return [*found, against] if against.total else found


def _counted(crops: Crops, rows: np.ndarray, name: str, color: str, negative: bool) -> LabelCrops:
    table = crops.table
    numbers = np.bincount(crops.splits[rows], minlength=len(SPLITS))
    tracks, media = table.tracks[rows], table.media[rows]
    origins = len(np.unique(tracks[tracks > 0])) + len(np.unique(media[tracks == 0]))
    return LabelCrops(name, color, tuple(numbers.tolist()), int(table.near_duplicates[rows].sum()), origins, negative)


def warnings(labels: Sequence[LabelCrops]) -> list[str]:
    """What a person should know before a head is trained, the worst first; nothing where all is well."""
    positives = [each for each in labels if not each.negative]
    there = [each for each in positives if each.total]
    if not there:
        return []
    found = []
    if not any(each.total for each in labels if each.negative) and len(there) < 2:
        found.append("There is no crop of background: a head learns nothing without. Follow something (T), or mine.")
    for each in positives:
        if each.total < 2:
            what = "no crop" if not each.total else "a single crop"
            found.append(f"{each.name} has {what}; a head needs two at least.")
        elif each.different < FEW:
            of = f" of {sum(other.different for other in there):,}" if len(there) > 1 else ""
            found.append(
                f"{each.name} has {each.different:,}{of} different crops: too few to know it by. Follow it (T) in "
                "another clip, or draw more."
            )
    largest = max(there, key=lambda each: each.different)
    for each in there:
        if each.different >= FEW and largest.different >= LOPSIDED * each.different:
            times = round(largest.different / each.different)
            found.append(f"{largest.name} has {times:,} times as many different crops as {each.name}.")
    found += [
        f"Of {each.total:,} crops of {each.name} {each.alike:,} are near-duplicates, which training skips."
        for each in there
        if each.alike > ALIKE * each.total and each.total >= FEW
    ]
    found += [
        f"All {each.total:,} crops of {each.name} are of one object in one clip: others may not be found."
        for each in there
        if each.tracks == 1 and each.total >= FEW
    ]
    return found + _split_warnings(there)


def _split_warnings(there: Sequence[LabelCrops]) -> list[str]:
    """Labels that cannot be judged: a split in use has nothing of them."""
    found = []
    for split, title in (("val", "validation"), ("test", "the test")):
        at = SPLITS.index(split)
        if any(each.numbers[at] for each in there):
            found += [f"No crop of {each.name} is for {title}." for each in there if not each.numbers[at]]
    return found
