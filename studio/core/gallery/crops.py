"""All crops of a project with everything that is known of them, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from studio.core.gallery.measures import Measure
from studio.core.project import LabelRow, MediumRow, Project, SplitRow
from studio.core.project.labels import former_names
from studio.core.project.region_table import RegionTable, read_regions

SPLITS = ("", "train", "val", "test")  # the numbers of `Crops.splits`; "" for none


@dataclass(frozen=True, eq=False)
class Crops:
    """A moment of the project's regions.

    Attributes:
        table: the regions, ascending by id.
        splits: uint8 `(n,)`, indices of `SPLITS`.
        labels, media: rows by id.
        measures: what was measured of them so far, by name.
        former: ids of labels by names that they had before and none has now.
    """

    table: RegionTable
    splits: NDArray[np.uint8]
    labels: Mapping[int, LabelRow]
    media: Mapping[int, MediumRow]
    measures: Mapping[str, Measure] = field(default_factory=dict)
    former: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    def measure(self, name: str) -> NDArray[np.float32]:
        """float32 `(n,)` beside the table; NaN where it is unknown."""
        if name == "size":
            return np.sqrt(self.table.boxes[:, 2] * self.table.boxes[:, 3]).astype(np.float32)
        known = self.measures.get(name)
        return np.full(len(self), np.nan, np.float32) if known is None else known.of(self.table.ids)

    def measured(self, measure: Measure) -> Crops:
        """With one more measure, or a newer one."""
        return replace(self, measures={**self.measures, measure.name: measure})

    def rows_of(self, regions: Iterable[int]) -> NDArray[np.intp]:
        """The rows of these regions in their order, without those that are not there."""
        wanted = np.fromiter(regions, np.int64)
        if not len(self):
            return np.zeros(0, np.intp)
        at = np.minimum(np.searchsorted(self.table.ids, wanted), len(self) - 1)
        return np.asarray(at[self.table.ids[at] == wanted])


def splits_of(table: RegionTable, rows: Iterable[SplitRow]) -> NDArray[np.uint8]:
    """The split of each region, uint8 `(n,)` of indices of `SPLITS`; what is said of a track goes before its medium."""
    found = np.zeros(len(table), np.uint8)
    rows = sorted(rows, key=lambda row: (row.track is not None, row.id))
    if not rows:
        return found
    order = np.lexsort((table.frames, table.media))
    media, frames = table.media[order], table.frames[order]
    for row in rows:
        start, end = np.searchsorted(media, (row.medium, row.medium + 1))
        first, last = np.searchsorted(frames[start:end], (row.first, row.last + 1)) + start
        held = order[first:last]
        found[held if row.track is None else held[table.tracks[held] == row.track]] = SPLITS.index(row.split)
    return found


def read_crops(project: Project) -> Crops:
    """All crops as they are now, nothing measured yet."""
    table = read_regions(project)
    labels, media = {row.id: row for row in project.labels()}, {row.id: row for row in project.media()}
    return Crops(table, splits_of(table, project.splits()), labels, media, former=former_names(project))
