"""A neutral data set as rows of a project: everything is found and checked first, then there is one edit."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.data_set import DataRegion, DataSet
from studio.core.formats.finding import FoundMedia, FoundMedium, find_media
from studio.core.formats.notes import Notes
from studio.core.formats.sound import sound
from studio.core.formats.split_rows import split_rows
from studio.core.project import BACKGROUND, Edit, LabelRow, Project, RegionRow, Row, TrackRow, new_id
from studio.core.project.labels import PALETTE

_SAME = 1e-3  # pixels

_Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Plan:
    """What an import will add.

    Attributes:
        media: that are new, to be copied or referred to.
        known: how many media of the data set the project has already.
        rows: all others, by what they are.
        labels: the names of the data set's labels.
    """

    media: tuple[FoundMedium, ...]
    known: int
    rows: tuple[Row, ...]
    labels: tuple[str, ...]

    def count(self, kind: type[Row]) -> int:
        return sum(isinstance(row, kind) for row in self.rows)

    def edit(self, text: str) -> Edit:
        """All of it as one step of the history."""
        return Edit.rows(text, [*(found.row for found in self.media), *self.rows])


def to_project(project: Project, data: DataSet, notes: Notes, control: Control) -> Plan:
    """What `data` adds to `project`; writes nothing.

    Raises:
        InputError: no medium of it can be read, or nothing in it is new.
    """
    found = find_media(project, data, notes, control)
    regions = tuple(region for region in data.regions if region.medium in found.places)
    placed = replace(data, regions=tuple(_placed(region, found, notes) for region in regions))
    placed = replace(placed, regions=tuple(region for region in placed.regions if region.frame >= 0))
    checked = sound(placed, lambda region: _size(region, found), notes)
    labels = _labels(project, checked)
    adding = _Adding(project, found, labels, notes)
    for count, region in enumerate(checked.regions):
        if count % 1000 == 0:
            control.progress(count / len(checked.regions), "boxes")
        adding.add(region)
    known = {row.id for row in project.labels()}
    rows: list[Row] = [label for label in labels.values() if label.id not in known]
    rows += [*adding.tracks.values(), *(row for row, _ in adding.regions), *adding.splits(data)]
    new = tuple(medium for medium in found.media if medium.path is not None)
    if not rows and not new:
        raise InputError("everything in the data set is in the project already; nothing was changed")
    return Plan(new, len(found.media) - len(new), tuple(rows), tuple(labels))


def _placed(region: DataRegion, found: FoundMedia, notes: Notes) -> DataRegion:
    """The region on the frame of its medium; a frame below 0 where the medium has none."""
    medium, frame = found.places[region.medium]
    if frame is not None:
        return replace(region, frame=frame)
    if region.frame >= medium.row.frames:
        notes.add("box", "on a frame that its medium does not have, left out", region.medium)
        return replace(region, frame=-1)
    return region


def _size(region: DataRegion, found: FoundMedia) -> tuple[int, int]:
    return found.places[region.medium][0].size(region.frame)


def _labels(project: Project, data: DataSet) -> dict[str, LabelRow]:
    """The labels of `data` by name: those of the project, and new ones with free colours and keys."""
    labels = {row.name: row for row in project.labels()}
    colors = {row.color.lower() for row in labels.values()}
    keys = [key for key in "123456789" if key not in {row.key for row in labels.values()}]
    wanted = {label.name: label.color for label in data.labels}
    wanted |= {region.label: "" for region in data.regions if region.label not in wanted}
    for name, color in wanted.items():
        if name not in labels:
            free = [each for each in PALETTE if each not in colors] or [PALETTE[len(labels) % len(PALETTE)]]
            colors.add(color or free[0])
            labels[name] = LabelRow(new_id(), name, color or free[0], keys.pop(0) if keys else "")
    return {name: labels[name] for name in wanted}


class _Adding:
    """Rows of regions and their tracks, made one after the other."""

    def __init__(self, project: Project, found: FoundMedia, labels: dict[str, LabelRow], notes: Notes) -> None:
        self._project, self._found, self._labels, self._notes = project, found, labels, notes
        self.tracks: dict[tuple[int, int, int], TrackRow] = {}
        self.regions: list[tuple[RegionRow, str]] = []
        self._taken: set[tuple[int, int]] = set()  # frames of tracks
        self._there: dict[tuple[int, int, int], list[_Box]] = defaultdict(list)
        for medium in found.media:
            for row in project.regions(medium=medium.row.id) if medium.path is None else ():
                self._there[row.medium, row.frame, row.label].append((row.x, row.y, row.width, row.height))

    def add(self, region: DataRegion) -> None:
        medium = self._found.places[region.medium][0].row.id
        label = self._labels[region.label].id
        same = self._there.get((medium, region.frame, label), ())
        if any(max(abs(a - b) for a, b in zip(region.box, box, strict=True)) <= _SAME for box in same):
            self._notes.add("box", "in the project already, left out", region.medium)
            return
        row = RegionRow(
            new_id(), medium, region.frame, label, self._track(region, medium, label), *region.box, region.author,
            region.keyframe, region.score, region.near_duplicate, region.state, region.reviewed,
        )  # fmt: skip
        self.regions.append((row, region.split))

    def _track(self, region: DataRegion, medium: int, label: int) -> int | None:
        """The id of the track of a region: one object is of one label, on one medium, and once on each frame."""
        if region.track is None:
            return None
        if region.label == BACKGROUND:  # a negative belongs to the track that it was collected beside
            beside = (row.id for key, row in self.tracks.items() if key[:2] == (region.track, medium))
            return next(beside, None)
        key = region.track, medium, label
        track = self.tracks.setdefault(key, TrackRow(new_id(), medium, label))
        if (track.id, region.frame) in self._taken:
            self._notes.add("box", "the second of its track on a frame, goes on in no track", region.medium)
            return None
        self._taken.add((track.id, region.frame))
        return track.id

    def splits(self, data: DataSet) -> list[Row]:
        kept = {row.medium for row in self._project.splits()}
        concerned = kept & {row.medium for row, split in self.regions if split}
        if concerned:
            self._notes.add("medium", "in splits already, which stay as they are", number=len(concerned))
        pictures = {
            (medium.row.id, frame): data.media[name].split
            for name, (medium, frame) in self._found.places.items()
            if frame is not None and medium.row.id not in kept
        }
        members = [(row, split) for row, split in self.regions if row.medium not in kept]
        return list(split_rows(members, pictures, self._notes))
