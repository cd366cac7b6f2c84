"""Edits of many crops as one step; pure functions of a project, so that large ones run on a worker."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from studio.core.project import BACKGROUND, Edit, LabelRow, Project
from studio.core.project.edits import BulkChange, Planned, counted
from studio.core.project.region_labels import read_labels


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
        found = read_labels(project, self.regions).without(label.id)
        text = f"relabel {counted(len(found), 'crop')} to {label.name}"
        if label.name == BACKGROUND:
            cells = {"label": label.id, "track": None, "score": None, "state": "visible"}
            return Planned(Edit(text, bulk=(BulkChange(found.ids.tolist(), cells),)), text)
        whole = found.whole_tracks(project, objects_only=True)
        tracks = Edit.rows(text, [replace(track, label=label.id) for track in project.tracks() if track.id in whole])
        along = found.on(whole)
        bulk = (
            BulkChange(found.ids[along].tolist(), {"label": label.id}),
            BulkChange(found.ids[~along].tolist(), {"label": label.id, "track": None}),
        )
        return Planned(Edit(text, tracks.changes, bulk=bulk), text)


@dataclass(frozen=True)
class Removal:
    """Removes the regions and the tracks that have none left; called on a worker with a project of its own."""

    regions: Collection[int]

    def __call__(self, project: Project, choice: object = None) -> Planned:
        found = read_labels(project, self.regions)
        whole = found.whole_tracks(project, objects_only=False)
        text = f"remove {counted(len(found), 'crop')}"
        tracks = Edit.removal(text, [track for track in project.tracks() if track.id in whole])
        return Planned(Edit(text, tracks.changes, bulk=(BulkChange(found.ids.tolist(), None),)), text)


@dataclass(frozen=True)
class Reviewing:
    """Marks the regions as reviewed, or takes that back; called on a worker with a project of its own."""

    regions: Collection[int]
    reviewed: bool

    def __call__(self, project: Project, choice: object = None) -> Planned:
        found = read_labels(project, self.regions)
        what = counted(len(found), "crop")
        text = f"review {what}" if self.reviewed else f"take back the review of {what}"
        return Planned(Edit(text, bulk=(BulkChange(found.ids.tolist(), {"reviewed": self.reviewed}),)), text)


@dataclass(frozen=True)
class Ignoring:
    """Lets the regions say nothing for their label nor against it; called on a worker with a project of its own."""

    regions: Collection[int]

    def __call__(self, project: Project, choice: object = None) -> Planned:
        found = read_labels(project, self.regions)
        text = f"ignore {counted(len(found), 'crop')}"
        return Planned(Edit(text, bulk=(BulkChange(found.ids.tolist(), {"state": "ignore"}),)), text)


@dataclass(frozen=True)
class Sparing:
    """Training skips near-duplicates but for those that stay; called on a worker with a project of its own.

    One that stays is none any more, also where it was before: else nothing of its group would be learned from.
    """

    kept: Collection[int]
    others: Collection[int]

    def __call__(self, project: Project, choice: object = None) -> Planned:
        kept, others = read_labels(project, self.kept), read_labels(project, self.others)
        text = f"skip {counted(len(others), 'near-duplicate')}"
        bulk = (
            BulkChange(others.ids.tolist(), {"near_duplicate": True}),
            BulkChange(kept.ids.tolist(), {"near_duplicate": False}),
        )
        return Planned(Edit(text, bulk=bulk), text)
