"""Labelling: follow named boxes through a source that the project may not know yet."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.follow import Collected, Stop, TrackReport
from studio.core.geometry import Box
from studio.core.media import open_medium
from studio.core.media.picture_size import common_size
from studio.core.project import BACKGROUND, LabelRow, MediumRow, Project, TrackRow, new_id
from studio.core.project.labels import PALETTE, make_label
from studio.core.project.media import add_medium
from studio.ml.backbones.base import Backbone
from studio.ml.pursuit import Course, begin, course_frames, pursue, read_frames
from studio.ml.trails import Trail


@dataclass(frozen=True)
class LabelRequest:
    """What to follow.

    Attributes:
        source: a video or a folder of pictures.
        boxes: on frame `start`, in pixels.
        labels: names, one for each box; made where they are new.
        start, end: first and last frame, inclusive; `end` None: the last of the medium, the first where `backwards`.
        tracker: a name of `studio.core.plugins.trackers`.
        backwards: from `start` to earlier frames.
        until_unsure: stop a box at its first doubtful frame.
    """

    source: Path
    boxes: tuple[Box, ...]
    labels: tuple[str, ...]
    start: int = 0
    end: int | None = None
    tracker: str = "ridge"
    backwards: bool = False
    until_unsure: bool = False


@dataclass(frozen=True)
class LabelReport:
    """What came of it, in the order of the boxes."""

    tracks: tuple[TrackReport, ...]
    first: int
    wanted: int
    seconds: float
    note: str | None

    @property
    def collected(self) -> Collected:
        """Of all boxes: rows of the regions, the frames of the box that went furthest."""
        parts = [track.collected for track in self.tracks]
        furthest = max(parts, key=lambda part: part.frames)
        return Collected(
            furthest.frames,
            sum(part.positives for part in parts),
            sum(part.negatives for part in parts),
            sum(part.near_duplicates for part in parts),
            furthest.last,
        )

    @property
    def stop(self) -> Stop | None:
        """Of the box that went furthest; None where one reached the last frame."""
        if any(track.stop is None for track in self.tracks):
            return None
        return max(self.tracks, key=lambda track: track.collected.frames).stop


def label(project: Project, request: LabelRequest, backbone: Backbone, control: Control) -> LabelReport:
    """Follow boxes and append a region for every followed frame, and negatives beside it, to `project`.

    What was stored stays, also where following stops early, is interrupted or fails. All of it is one step of the
    history; adding a medium that the project did not know yet is another, before it.

    Raises:
        InputError: the source, boxes, frames, labels or tracker do not fit; nothing was changed.
    """
    with open_medium(request.source, project.cache) as medium:
        numbers = course_frames(medium, request.start, request.end, request.backwards)
        course = Course(request.backwards, numbers[-1], request.until_unsure)
        started = time.perf_counter()
        frames = read_frames(medium, numbers)
        begun = begin(frames, request.boxes, request.tracker, backbone)  # first, as it may refuse a box
        labels = _label_rows(project, request.labels)
        known = add_medium(project, request.source, medium.kind, medium.frame_count, *common_size(medium))
        trails = [_trail(known, labels[name], request.until_unsure) for name in request.labels]
        report = pursue(project, known, begun, trails, frames, backbone, control, course)
        seconds = time.perf_counter() - started
        return LabelReport(report.tracks, request.start, len(numbers), seconds, medium.note)


def _trail(medium: MediumRow, row: LabelRow, until_unsure: bool) -> Trail:
    track = TrackRow(new_id(), medium.id, row.id)
    return Trail(row, track, (row, track), until_unsure)


def _label_rows(project: Project, names: tuple[str, ...]) -> dict[str, LabelRow]:
    rows = {row.name: row for row in project.labels()}
    for name in names:
        if name == BACKGROUND:
            raise InputError(f"{BACKGROUND!r} is the label of negatives; give the object a name with --label")
        if name not in rows:
            row = make_label(project, name)
            if row.key in {other.key for other in rows.values()}:  # another one is new as well
                row = replace(row, key="", color=PALETTE[len(rows) % len(PALETTE)])
            rows[name] = row
    return rows
