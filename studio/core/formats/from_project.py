"""A project as a neutral data set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from studio.core.formats.data_set import DataLabel, DataMedium, DataRegion, DataSet
from studio.core.formats.naming import unique
from studio.core.project import MediumRow, Project, RegionRow
from studio.core.project.edits import counted


@dataclass(frozen=True)
class Taken:
    """What was taken out of a project.

    Attributes:
        data: all regions, on media that are told by their names.
        rows: of the media, by these names.
        others: what a project knows and no data set does: a line each.
    """

    data: DataSet
    rows: Mapping[str, MediumRow]
    others: tuple[str, ...]


def from_project(project: Project) -> Taken:
    """Everything in `project` that a format might hold, as it is now."""
    rows = media_by_name(project)
    names = {row.id: name for name, row in rows.items()}
    labels = {row.id: row for row in project.labels()}
    found = project.regions()
    splits = _splits(project, found)
    numbers: dict[int, int] = {}
    regions = tuple(
        DataRegion(
            names[row.medium], row.frame, labels[row.label].name, row.x, row.y, row.width, row.height,
            track=None if row.track is None else numbers.setdefault(row.track, len(numbers) + 1),
            state=row.state,
            keyframe=row.keyframe,
            score=row.score,
            split=split,
            author=row.author,
            near_duplicate=row.near_duplicate,
            reviewed=row.reviewed,
        )
        for row, split in zip(found, splits, strict=True)
    )  # fmt: skip
    used = {region.medium for region in regions}
    media = {
        name: DataMedium(name, None, row.width, row.height, picture=False, frames=row.frames)
        for name, row in rows.items()
        if name in used
    }
    data = DataSet(tuple(DataLabel(row.name, row.color.lower()) for row in labels.values()), media, regions)
    return Taken(data, rows, tuple(_others(project)))


def media_by_name(project: Project) -> dict[str, MediumRow]:
    """The media by what a data set calls them: the names of their files, with a number where several are alike."""
    taken: set[str] = set()
    return {unique(PurePosixPath(row.path).name, taken): row for row in project.media()}


def _splits(project: Project, regions: list[RegionRow]) -> list[str]:
    """The split of each region: that of its track counts before that of its medium, and the older one before others."""
    frames: dict[tuple[int, int | None], list[tuple[int, int]]] = defaultdict(list)
    for at, region in enumerate(regions):
        for owner in {region.track, None}:
            frames[region.medium, owner].append((region.frame, at))
    splits = [""] * len(regions)
    rows = sorted(project.splits(), key=lambda row: (row.track is not None, -row.id))  # the last one written counts
    ordered = {key: np.array(sorted(members), np.int64) for key, members in frames.items()}
    for row in rows:
        members = ordered.get((row.medium, row.track))
        if members is not None:
            start, end = np.searchsorted(members[:, 0], (row.first, row.last + 1))
            for at in members[start:end, 1].tolist():
                splits[at] = row.split
    return splits


def _others(project: Project) -> list[str]:
    labels = project.labels()
    counts = (
        (len(project.marks()), "mark", "marks"),
        (len(project.areas()), "search area", "search areas"),
        (sum(row.threshold != 0.5 for row in labels), "threshold of a label", "thresholds of labels"),
        (sum(bool(row.key.strip("0")) for row in labels), "key of a label", "keys of labels"),
    )
    return [f"{counted(number, one, many)}, left out" for number, one, many in counts if number]
