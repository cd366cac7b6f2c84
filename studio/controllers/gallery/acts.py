"""Edits of many crops as one step; pure functions of a project, so that large ones run on a worker."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from studio.core.project import BACKGROUND, Edit, LabelRow, Project, RegionRow, Row
from studio.core.project.edits import Planned, counted
from studio.core.project.region_table import read_regions

_FEW = 200  # frames that are looked up one by one


@dataclass(frozen=True)
class Relabelling:
    """Gives the regions another label; called on a worker with a project of its own.

    A region whose whole track is among them takes the track along; another one leaves its track, for the rest of that
    is still what it was. As background it is a negative.
    """

    regions: Collection[int]
    label: LabelRow

    def __call__(self, project: Project, choice: object = None) -> Planned:
        label = self.label
        rows = [row for row in regions_of(project, self.regions) if row.label != label.id]
        text = f"relabel {counted(len(rows), 'crop')} to {label.name}"
        if label.name == BACKGROUND:
            negatives = [replace(row, label=label.id, track=None, score=None, state="visible") for row in rows]
            return Planned(Edit.rows(text, negatives), text)
        whole = _whole_tracks(project, rows)
        changed: list[Row] = [replace(t, label=label.id) for t in project.tracks() if t.id in whole]
        changed += [replace(row, label=label.id, track=row.track if row.track in whole else None) for row in rows]
        return Planned(Edit.rows(text, changed), text)


@dataclass(frozen=True)
class Removal:
    """Removes the regions and the tracks that have none left; called on a worker with a project of its own."""

    regions: Collection[int]

    def __call__(self, project: Project, choice: object = None) -> Planned:
        rows = regions_of(project, self.regions)
        whole = _whole_tracks(project, rows, objects_only=False)
        text = f"remove {counted(len(rows), 'crop')}"
        return Planned(Edit.removal(text, [*rows, *(t for t in project.tracks() if t.id in whole)]), text)


def regions_of(project: Project, ids: Collection[int]) -> list[RegionRow]:
    """The rows of these regions, as far as they are there."""
    wanted = frozenset(ids)
    table = read_regions(project, wanted)
    places = {(int(m), int(f)) for m, f in zip(table.media, table.frames, strict=True)}
    if len(places) <= _FEW:
        spans = [(medium, frame, frame) for medium, frame in places]
    else:
        by_medium = ((int(medium), table.frames[table.media == medium]) for medium in np.unique(table.media))
        spans = [(medium, int(frames.min()), int(frames.max())) for medium, frames in by_medium]
    found = (row for m, first, last in sorted(spans) for row in project.regions(medium=m, first=first, last=last))
    return [row for row in found if row.id in wanted]


def _whole_tracks(project: Project, rows: list[RegionRow], objects_only: bool = True) -> set[int]:
    """The tracks of which all regions are in `rows`; `objects_only`: but for the negatives beside them."""
    chosen = {row.id for row in rows}
    labels = {track.id: track.label for track in project.tracks()}
    whole = set()
    for track in {row.track for row in rows if row.track in labels}:
        assert track is not None
        own = project.regions(track=track)
        if all(row.id in chosen for row in own if not objects_only or row.label == labels[track]):
            whole.add(track)
    return whole
