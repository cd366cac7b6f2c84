"""Fifty corrections of a head at 2,000 regions: how fast each is learned, and what it costs elsewhere."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.bench.fit import store_regions, write_clip
from studio.bench.teach_window import DECISION, SAME, through_the_window
from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.geometry import Box, iou_matrix
from studio.core.media import Medium, open_medium
from studio.core.project import Edit, MarkRow, Project, new_id
from studio.core.project.corrections import confirm, missed, reject
from studio.ml.device import Compute
from studio.ml.heads.head import Head
from studio.ml.live import LiveDetector, LiveRequest, LiveResult
from studio.ml.networks import Networks
from studio.ml.recent_levels import RecentLevels
from studio.ml.teaching import FitRequest, Teacher, TeachRequest

CORRECTIONS = 50
REGIONS = 2_000
TAUGHT = 16  # frames that the first head knows, and not as complete: it has met no distractor, so it errs
FULL_EVERY = 25  # corrections; the window fits behind each of them, here it must not run beside the clock
STRETCHES = 60  # of the clip, a correction on each until there are enough: on some there is nothing to say
JUDGED_EVERY = 4  # every so-many-th frame is never corrected and judges the recall


@dataclass
class _Tally:
    """What came of the corrections."""

    seconds: list[float]
    quick: list[float]
    kinds: list[str]
    gone: list[bool]
    found: list[bool]


def run(control: Control, compute: Compute) -> dict[str, Any]:
    """Correct what a head says on frame after frame of the demo's clip, and search each frame again.

    A detection on the object is confirmed, one beside it rejected, and a missed object drawn; rejections come first.
    The frame was searched before, as in the window, where a person sees what they correct.

    Returns:
        Seconds from the correction to the new detections of its frame (median, 95th percentile), the share of rejected
        boxes that are gone and of confirmed and drawn ones that are found, and the recall before, after the corrections
        and after a fit with all of them; `ratio` is the time of a fit against that of a correction; `window`: see
        `through_the_window`.
    """
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        truth = write_clip(clip)
        with _project(Path(folder) / "script", clip, truth) as project, open_medium(clip, project.cache) as medium:
            document = _Script(project, medium, truth, compute, control).run()
            frames = [frame for frame in range(TAUGHT, medium.frame_count, 2) if frame % JUDGED_EVERY]
        with _project(Path(folder) / "window", clip, truth) as project:
            Teacher(Networks(str(compute.device))).full(FitRequest(project.folder), control)
        return document | {"window": through_the_window(project.folder, truth, frames, compute)}


def _project(folder: Path, clip: Path, truth: dict[int, Box]) -> Project:
    """As many regions as a long day gives, of which the first frames are known."""
    project = Project.create(folder)
    store_regions(project, clip, {frame: box for frame, box in truth.items() if frame < TAUGHT}, REGIONS)
    medium, label = project.media()[0].id, project.label("flower").id
    mark = MarkRow(new_id(), medium, label, 0, TAUGHT - 1, "incomplete")
    project.apply(Edit.rows("other flowers may be there", [mark]))
    return project


class _Script:
    """A person at the keys."""

    def __init__(
        self, project: Project, medium: Medium, truth: dict[int, Box], compute: Compute, control: Control
    ) -> None:
        networks, recent = Networks(str(compute.device)), RecentLevels()
        self._project, self._medium, self._truth, self._control = project, medium, truth, control
        self._live, self._teacher = LiveDetector(networks, recent), Teacher(networks, recent)
        self._row = project.media()[0].id
        self._label = next(row for row in project.labels() if row.name == "flower")
        self._tally = _Tally([], [], [], [], [])

    def run(self) -> dict[str, Any]:
        started = time.perf_counter()
        head = self._fit()
        first_fit = time.perf_counter() - started
        before = self._recall(head)
        fits = [first_fit]
        frames = [frame for frame in range(TAUGHT, self._medium.frame_count) if frame % JUDGED_EVERY]
        for number in range(STRETCHES):
            done = len(self._tally.kinds)
            if done == CORRECTIONS:
                break
            self._control.progress(done / CORRECTIONS, f"correction {done}")
            if number and number % FULL_EVERY == 0:
                started = time.perf_counter()
                head = self._fit()
                fits.append(time.perf_counter() - started)
            head = self._correct(head, frames, number)
        quick = self._recall(head)
        return self._document(before, quick, self._recall(self._fit()), fits)

    def _fit(self) -> Head:
        return self._teacher.full(FitRequest(self._project.folder), Control()).head

    def _request(self, head: Head, frame: int) -> LiveRequest:
        return LiveRequest(self._row, frame, self._medium.time(frame), self._medium.frame(frame), head)

    def _correct(self, head: Head, frames: list[int], number: int) -> Head:
        """The next thing to say: what is wrong on one of the next frames, else what is right on the first of them."""
        most = len(frames) // STRETCHES
        place = number * len(frames) // STRETCHES
        chosen: tuple[LiveRequest, str, Box] | None = None
        for frame in frames[place : place + most]:
            request = self._request(head, frame)
            seen, true = self._live.detect(request, Control()), self._truth.get(frame)
            wrong = self._wrong(seen, frame)
            if wrong is not None:
                return self._teach(head, request, "reject", wrong)
            if true is not None and self._is_missed(seen, frame):
                return self._teach(head, request, "missed", true)
            if true is not None and chosen is None:
                chosen = request, "confirm", self._hit(seen, true)
        return self._teach(head, *chosen) if chosen else head

    def _teach(self, head: Head, request: LiveRequest, kind: str, box: Box) -> Head:
        place = self._row, request.frame, self._label.id
        edits = {"reject": reject, "confirm": confirm}
        started = time.perf_counter()
        edit = missed(self._project, *place, box) if kind == "missed" else edits[kind](self._project, *place, box, None)
        self._project.apply(edit)
        correction = TeachRequest(
            head, kind != "reject", self._label.name, self._row, request.frame, request.picture, box
        )
        taught = self._teacher.quick(correction, Control())
        result = self._live.detect(
            LiveRequest(self._row, request.frame, request.time, request.picture, taught.head), Control()
        )
        self._tally.seconds.append(time.perf_counter() - started)
        self._tally.quick.append(taught.seconds)
        self._tally.kinds.append(kind)
        there = bool(_at(result.detections.above(DECISION), box).any())
        (self._tally.gone if kind == "reject" else self._tally.found).append(there != (kind == "reject"))
        return taught.head

    def _wrong(self, result: LiveResult, frame: int) -> Box | None:
        """The best detection that is not on the object."""
        said = result.detections.above(DECISION)
        true = self._truth.get(frame)
        wrong = np.ones(len(said), bool) if true is None else ~_at(said, true)
        return Box(*map(float, said.boxes[wrong][0])) if wrong.any() else None

    def _is_missed(self, result: LiveResult, frame: int) -> bool:
        true = self._truth.get(frame)
        return true is not None and not _at(result.detections.above(DECISION), true).any()

    def _hit(self, result: LiveResult, true: Box) -> Box:
        said = result.detections.above(DECISION)
        return Box(*map(float, said.boxes[_at(said, true)][0]))

    def _recall(self, head: Head) -> dict[str, float]:
        frames = [frame for frame in range(TAUGHT, self._medium.frame_count) if frame % JUDGED_EVERY == 0]
        hits = objects = alarms = 0
        for frame in frames:
            result = self._live.detect(self._request(head, frame), Control())
            objects += frame in self._truth
            hits += frame in self._truth and not self._is_missed(result, frame)
            alarms += self._wrong(result, frame) is not None
        return {"recall": round(hits / objects, 4), "false_alarm_frames": round(alarms / len(frames), 4)}

    def _document(
        self, before: dict[str, float], quick: dict[str, float], full: dict[str, float], fits: list[float]
    ) -> dict[str, Any]:
        tally = self._tally
        median = float(np.median(tally.seconds))
        return {
            "ratio": round(float(np.median(fits[1:] or fits)) / median, 1),
            "reference": "a fit with everything, of the same project after the same corrections",
            "seconds_median": round(median, 4),
            "seconds_p95": round(float(np.percentile(tally.seconds, 95)), 4),
            "quick_seconds_median": round(float(np.median(tally.quick)), 4),
            "quick_seconds_p95": round(float(np.percentile(tally.quick, 95)), 4),
            "fit_seconds": [round(seconds, 2) for seconds in fits],
            "corrections": {kind: tally.kinds.count(kind) for kind in ("reject", "confirm", "missed")},
            "rejected_gone": _share(tally.gone),
            "confirmed_or_drawn_found": _share(tally.found),
            "before": before,
            "after": quick,
            "after_a_fit": full,
            "recall_falls_by": round(before["recall"] - quick["recall"], 4),
            "regions": REGIONS,
        }


def _share(said: list[bool]) -> float | None:
    return round(sum(said) / len(said), 4) if said else None


def _at(found: Detections, box: Box) -> NDArray[np.bool_]:
    return np.asarray(iou_matrix(found.boxes, np.array([box]))[:, 0] > SAME)
