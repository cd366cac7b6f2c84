"""Labelling: follow one box through a medium and collect what a head is trained on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.feature_cache import FeatureCache
from studio.core.geometry import Box, clip_box
from studio.core.media import open_medium
from studio.core.media.medium import Medium
from studio.core.project import BACKGROUND, LabelRow, Project
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium
from studio.ml.backbones.base import Backbone
from studio.ml.collecting import LOST, Collected, Collector, Stop
from studio.ml.trackers.base import Picture, Tracked, Tracker, make_tracker


@dataclass(frozen=True)
class LabelRequest:
    """What to follow.

    Attributes:
        source: a video or a folder of pictures.
        box: on frame `start`, in pixels.
        label: name of the label; made where it is new.
        start, end: first and last frame, inclusive; `end` None: the last of the medium.
        tracker: a name of `studio.core.plugins.trackers`.
    """

    source: Path
    box: Box
    label: str
    start: int = 0
    end: int | None = None
    tracker: str = "ridge"


@dataclass(frozen=True)
class LabelReport:
    """What came of it; `stop` is None where the last frame was reached."""

    collected: Collected
    first: int
    wanted: int
    stop: Stop | None
    seconds: float
    note: str | None


def label(project: Project, request: LabelRequest, backbone: Backbone, control: Control) -> LabelReport:
    """Follow a box and append a region for every followed frame, and negatives beside it, to `project`.

    What was stored stays, also where following stops early, is interrupted or fails. All of it is one step of the
    history; adding a medium that the project did not know yet is another, before it.

    Raises:
        InputError: the source, box, frames, label or tracker do not fit; nothing was changed.
    """
    with open_medium(request.source, project.cache) as medium:
        numbers = medium.numbers(request.start, request.end)
        picture = medium.frame(request.start)
        box = _start_box(request.box, picture, request.start)
        tracker = make_tracker(request.tracker, backbone)
        started = time.perf_counter()
        tracker.start(picture, box)  # first, as it may refuse the box
        row = _label_row(project, request.label)
        known = add_medium(project, request.source, medium.kind, medium.frame_count, *medium.size)
        with FeatureCache(project.cache / "features.db") as cache:
            collector = Collector(project, known, row, backbone, cache)
            stop = _follow(medium, numbers, tracker, box, collector, control)
        seconds = time.perf_counter() - started
        return LabelReport(collector.collected, request.start, len(numbers), stop, seconds, medium.note)


def _follow(
    medium: Medium, numbers: range, tracker: Tracker, box: Box, collector: Collector, control: Control
) -> Stop | None:
    lost: Stop | None = None
    try:
        for frame, picture in medium.frames(numbers.start, numbers.stop - 1):
            control.progress((frame - numbers.start) / len(numbers), f"frame {frame}, {_stored(collector.collected)}")
            tracked: Tracked | None
            if frame == numbers.start:
                shape = picture.shape
                tracked = Tracked(box, 1.0)
            elif picture.shape != shape:
                return collector.finish(lost=False) or Stop(frame, "the picture is of another size")
            else:
                tracked = tracker.update(picture)
            if tracked is None:
                lost = Stop(frame, LOST)
                break
            if stop := collector.add(frame, picture, tracked, drawn=frame == numbers.start):
                return stop
    except InputError as error:
        collector.finish(lost=False)
        if not collector.collected.frames:
            raise
        raise StudioError(f"{error}; {_stored(collector.collected)}") from error  # something was changed
    finally:
        rest = collector.finish(lost=lost is not None)
    return rest or lost


def _stored(collected: Collected) -> str:
    regions = collected.positives + collected.negatives
    return f"{collected.frames} frames with {regions} regions are stored"


def _start_box(box: Box, picture: Picture, frame: int) -> Box:
    height, width = picture.shape[:2]
    inside = clip_box(box, width, height)
    shown = ",".join(f"{value:g}" for value in box)
    if inside is None:
        raise InputError(f"the box {shown} lies outside frame {frame}, which is {width} × {height} pixels")
    if min(inside.width, inside.height) < 4:
        raise InputError(f"only {inside.width:g} × {inside.height:g} pixels of the box {shown} are inside the frame")
    return inside


def _label_row(project: Project, name: str) -> LabelRow:
    if name == BACKGROUND:
        raise InputError(f"{BACKGROUND!r} is the label of negatives; give the object a name with --label")
    return next((row for row in project.labels() if row.name == name), None) or make_label(project, name)
