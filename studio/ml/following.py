"""Following: boxes of one frame, through the frames after or before it, into the project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.follow import Followed, FollowedBox, FollowReport, FollowRequest, Start, TrackReport
from studio.core.project import BACKGROUND, LabelRow, MediumRow, Project, TrackRow, new_id
from studio.core.project.opening import open_row
from studio.ml.backbones.base import Backbone
from studio.ml.pursuit import Course, begin, course_frames, pursue, read_frames
from studio.ml.trackers.base import Picture
from studio.ml.trails import Trail

__all__ = [
    "Course",
    "FollowReport",
    "FollowRequest",
    "Followed",
    "FollowedBox",
    "Start",
    "TrackReport",
    "follow",
    "follow_frames",
]


def follow(request: FollowRequest, backbone: Backbone, control: Control) -> FollowReport:
    """Follow boxes through a medium and store a region for every frame, with negatives beside it.

    What was stored stays, also where following is cancelled, interrupted or fails; all of it is one step of the
    history. A `Followed` is published for every frame.

    Raises:
        InputError: the project, medium, frames, boxes, labels, tracks or tracker do not fit; nothing was changed.
        Cancelled: by `control`; what was found until then is stored.
    """
    with Project.open(request.project, write=True) as project:
        row = next((row for row in project.media() if row.id == request.medium), None)
        if row is None:
            raise InputError("there is no such medium in the project; it may have been removed")
        with open_row(project, row, project.cache) as medium:
            numbers = course_frames(medium, request.frame, request.until, request.backwards)
            course = Course(request.backwards, numbers[-1], request.until_unsure, request.group)
            frames = read_frames(medium, numbers)
            return follow_frames(project, row, frames, request.starts, backbone, control, course, request.tracker)


def follow_frames(
    project: Project,
    medium: MediumRow,
    frames: Iterable[tuple[int, Picture]],
    starts: Sequence[Start],
    backbone: Backbone,
    control: Control,
    course: Course | None = None,
    tracker: str = "ridge",
) -> FollowReport:
    """`follow` for frames from anywhere, a live camera for one.

    Args:
        project: open for writing, in this thread.
        medium: what the frames belong to; a row of `project`.
        frames: numbers, which only grow (or only fall, backwards), and pictures; the boxes are on the first. A source
            that is faster than following leaves frames out: nothing is queued here.
        starts: one or several boxes.
        backbone: of this thread.
        control: may cancel; is told of every frame.
        course: which way, and how far; forwards to the last of `frames` by default.
        tracker: a name of `studio.core.plugins.trackers`.

    Raises:
        InputError, Cancelled: as `follow`.
    """
    course = course or Course()
    trails = [_trail(project, medium, start, course.until_unsure) for start in starts]
    if len({trail.track.id for trail in trails}) < len(trails):
        raise InputError("a track can only be followed from one box at a time")
    reading = iter(frames)
    begun = begin(reading, [start.box for start in starts], tracker, backbone)
    return pursue(project, medium, begun, trails, reading, backbone, control, course)


def _trail(project: Project, medium: MediumRow, start: Start, until_unsure: bool) -> Trail:
    label = _label(project, start.label)
    known = next((row for row in project.tracks() if row.id == start.track), None)
    if known is None and (start.track is None or start.new):
        track = TrackRow(start.track or new_id(), medium.id, label.id)
        return Trail(label, track, (track,), until_unsure)
    if known is None or (known.medium, known.label) != (medium.id, label.id):
        raise InputError(f"there is no such track of {label.name!r} in this medium; it may have been removed")
    return Trail(label, known, until_unsure=until_unsure)


def _label(project: Project, wanted: int) -> LabelRow:
    row = next((row for row in project.labels() if row.id == wanted), None)
    if row is None:
        raise InputError("there is no such label in the project; it may have been removed")
    if row.name == BACKGROUND:
        raise InputError(f"{BACKGROUND!r} is the label of negatives; choose the label of an object")
    return row
