"""What is asked of following and what it tells: plain data, so that a window need not load the networks for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from studio.core.geometry import Box, Window

LOST = "the tracker lost it"
DRIFTED_AWAY = "it looks more like the background than like the object"
UNSURE = "the tracker became unsure"
KEYFRAME = "reached a keyframe"
OUTSIDE = "reached a frame that it is outside of"
OTHER_SIZE = "the picture is of another size"
GONE = frozenset({LOST, DRIFTED_AWAY})  # the object is not where the track had it


@dataclass(frozen=True)
class Start:
    """A box to follow.

    Attributes:
        label: id of a label of the project.
        box: in pixels of the frame.
        track: id of the track that goes on; None: a new one. What a tracker made of it before is replaced.
        new: `track` is the id of a new one, so that a second try goes on with what the first one stored.
    """

    label: int
    box: Box
    track: int | None = None
    new: bool = False


@dataclass(frozen=True)
class FollowRequest:
    """What to follow.

    Attributes:
        project: its folder; `studio.ml.following.follow` opens it for writing.
        medium: id of a medium of the project.
        frame: where the boxes are.
        starts: one or several, followed together.
        until: the last frame, itself included; None: the last of the medium, the first where `backwards`.
        until_unsure: stop an object at its first doubtful frame.
        tracker: a name of `studio.core.plugins.trackers`.
        group: of the history, from `Project.new_group`, for a caller that asks afterwards what was stored.
    """

    project: Path
    medium: int
    frame: int
    starts: tuple[Start, ...]
    backwards: bool = False
    until: int | None = None
    until_unsure: bool = False
    tracker: str = "ridge"
    group: int | None = None


class FollowedBox(NamedTuple):
    """One object on one frame, with the squares that become examples; `score` is None for the box it began with."""

    label: int
    track: int
    box: Box
    score: float | None
    positive: Window
    negatives: tuple[Window, ...]


@dataclass(frozen=True)
class Followed:
    """Published for every frame, as soon as it is followed; it is stored a little later, some frames at a time."""

    medium: int
    frame: int
    boxes: tuple[FollowedBox, ...]


class Stop(NamedTuple):
    """Why following ended before its last frame: at `frame`, which is the first that is not stored."""

    frame: int
    reason: str


@dataclass
class Collected:
    """What was stored.

    Attributes:
        frames, positives, negatives, near_duplicates: counts of rows; near-duplicates are among the first two.
        last: number of the last stored frame, -1 before the first.
    """

    frames: int = 0
    positives: int = 0
    negatives: int = 0
    near_duplicates: int = 0
    last: int = -1


@dataclass(frozen=True)
class TrackReport:
    """What came of one box; `stop` is None where the last frame was reached."""

    label: int
    track: int
    collected: Collected
    stop: Stop | None


@dataclass(frozen=True)
class FollowReport:
    """What came of it.

    Attributes:
        medium: its id.
        first: the frame of the boxes.
        group: of the history; one undo takes all of it back.
        tracks: in the order of the boxes.
        note: to be told to the user, or None.
    """

    medium: int
    first: int
    group: int
    tracks: tuple[TrackReport, ...]
    note: str | None = None
