"""The chase itself: trackers begin on the boxes of one frame and go through the frames that come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.feature_cache import FeatureCache
from studio.core.follow import LOST, OTHER_SIZE, UNSURE, Followed, FollowedBox, FollowReport, Stop, TrackReport
from studio.core.geometry import Box, clip_box
from studio.core.media.medium import Medium
from studio.core.project import MediumRow, Project
from studio.core.project.tracks import DOUBTFUL, doubt
from studio.ml.backbones.base import Backbone
from studio.ml.collecting import Collector, Seen
from studio.ml.storing import Store
from studio.ml.trackers.base import Picture, Tracked, Tracker, make_tracker
from studio.ml.trails import Sighting, Trail

Frames = Iterator[tuple[int, Picture]]  # number and picture, in the order in which they are followed


@dataclass(frozen=True)
class Course:
    """Which way it goes, and how far.

    Attributes:
        backwards: whether the frames' numbers fall.
        last: the last frame; None: nobody knows, as of a live camera.
        until_unsure: an object stops at its first doubtful frame.
        group: of the history; None: a new one.
        grown: the row of the medium as it is by then, stored with the regions; for one that grows while it is followed.
    """

    backwards: bool = False
    last: int | None = None
    until_unsure: bool = False
    group: int | None = None
    grown: Callable[[], MediumRow] | None = None


@dataclass(frozen=True)
class Begun:
    """Trackers that have begun on `boxes`, all on one frame."""

    frame: int
    picture: Picture
    boxes: tuple[Box, ...]
    trackers: tuple[Tracker, ...]


def course_frames(medium: Medium, start: int, until: int | None, backwards: bool) -> range:
    """The numbers of the frames from `start` to `until` (inclusive; None: to the end that is reached first).

    Raises:
        InputError: the medium has no frame `start` or `until`, or it lies the other way.
    """
    if not backwards:
        return medium.numbers(start, until)
    numbers = medium.numbers(0 if until is None else until, start)
    return numbers[::-1]


def read_frames(medium: Medium, numbers: range) -> Frames:
    """Frames of `numbers`, each one more or one less than the one before."""
    if numbers.step > 0:
        return medium.frames(numbers[0], numbers[-1])
    return ((number, medium.frame(number)) for number in numbers)


def begin(frames: Frames, boxes: Sequence[Box], tracker: str, backbone: Backbone) -> Begun:
    """Take the first of `frames` and begin a tracker on each of `boxes` there; nothing is stored yet.

    Raises:
        InputError: no frame, no box, one that lies outside the frame, or one that the tracker refuses.
    """
    first = next(frames, None)
    if first is None or not boxes:
        raise InputError("there is no frame to follow on" if boxes else "there is no box to follow")
    frame, picture = first
    inside = tuple(_inside(box, picture, frame) for box in boxes)
    trackers = tuple(make_tracker(tracker, backbone) for _ in boxes)
    for one, box in zip(trackers, inside, strict=True):
        one.start(picture, box)
    return Begun(frame, picture, inside, trackers)


def pursue(
    project: Project,
    medium: MediumRow,
    begun: Begun,
    trails: Sequence[Trail],
    frames: Frames,
    backbone: Backbone,
    control: Control,
    course: Course,
) -> FollowReport:
    """Follow `trails`, each from the box of `begun` in its place, through the rest of `frames`, and store regions."""
    group = project.new_group() if course.group is None else course.group
    with FeatureCache(project.cache / "features.db") as cache:
        store = Store(project, medium, trails, group, course.backwards, course.last, course.grown)
        chase = _Chase(medium.id, begun, trails, Collector(store, trails, backbone, cache), control, course)
        chase.run(frames)
    tracks = (TrackReport(trail.label.id, trail.track.id, trail.collected, trail.stop) for trail in trails)
    return FollowReport(medium.id, begun.frame, group, tuple(tracks))


class _Chase:
    def __init__(
        self,
        medium: int,
        begun: Begun,
        trails: Sequence[Trail],
        collector: Collector,
        control: Control,
        course: Course,
    ) -> None:
        self._medium, self._begun, self._trails = medium, begun, trails
        self._collector, self._control, self._course = collector, control, course
        self._trackers = list(zip(trails, begun.trackers, strict=True))

    def run(self, frames: Frames) -> None:
        try:
            self._begin()
            for frame, picture in frames:
                self._tell(frame)
                self._step(frame, picture)
                if all(trail.stop for trail in self._trails):
                    break
        except InputError as error:
            self._collector.finish()
            if not any(trail.collected.frames for trail in self._trails):
                raise
            raise StudioError(f"{error}; {self._stored()}") from error  # something was changed
        finally:
            self._collector.finish()

    def _begin(self) -> None:
        begun = self._begun
        self._tell(begun.frame)
        pairs = zip(self._trails, begun.boxes, strict=True)
        self._take(begun.frame, begun.picture, [Seen(trail, Tracked(box, 1.0), drawn=True) for trail, box in pairs])

    def _step(self, frame: int, picture: Picture) -> None:
        seen = []
        for trail, tracker in self._trackers:
            if trail.stop is None:
                found = self._look(trail, tracker, frame, picture)
                if isinstance(found, Stop):
                    self._collector.end(trail, found)
                else:
                    seen.append(Seen(trail, found))
        going = [one for one in seen if one.trail.stop is None]
        if going:
            self._take(frame, picture, going)

    def _look(self, trail: Trail, tracker: Tracker, frame: int, picture: Picture) -> Tracked | Stop:
        if picture.shape != self._begun.picture.shape:
            return Stop(frame, OTHER_SIZE)
        if barrier := self._collector.barrier(trail, frame):
            return barrier
        tracked = tracker.update(picture)
        if tracked is None:
            return Stop(frame, LOST)
        if self._course.until_unsure and doubt(tracked.score) >= DOUBTFUL:
            return Stop(frame, UNSURE)
        return tracked

    def _take(self, frame: int, picture: Picture, seen: Sequence[Seen]) -> None:
        boxes = tuple(_shown(sighting) for sighting in self._collector.add(frame, picture, seen))
        self._control.publish(Followed(self._medium, frame, boxes))

    def _tell(self, frame: int) -> None:
        done, last = abs(frame - self._begun.frame), self._course.last
        share = 0.0 if last is None else done / (abs(last - self._begun.frame) + 1)
        stored = any(trail.collected.frames for trail in self._trails)  # the first come after some frames
        self._control.progress(share, f"frame {frame}, {self._stored()}" if stored else f"frame {frame}")

    def _stored(self) -> str:
        collected = [trail.collected for trail in self._trails]
        regions = sum(one.positives + one.negatives for one in collected)
        return f"{max(one.frames for one in collected)} frames with {regions} regions are stored"


def _shown(sighting: Sighting) -> FollowedBox:
    trail, negatives = sighting.trail, tuple(window for window, _ in sighting.negatives)
    return FollowedBox(trail.label.id, trail.track.id, sighting.box, sighting.score, sighting.positive, negatives)


def _inside(box: Box, picture: Picture, frame: int) -> Box:
    height, width = picture.shape[:2]
    inside = clip_box(box, width, height)
    shown = ",".join(f"{value:g}" for value in box)
    if inside is None:
        raise InputError(f"the box {shown} lies outside frame {frame}, which is {width} × {height} pixels")
    if min(inside.width, inside.height) < 4:
        raise InputError(f"only {inside.width:g} × {inside.height:g} pixels of the box {shown} are inside the frame")
    return inside
