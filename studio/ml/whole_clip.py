"""A head over a whole medium: what was found frame by frame, the files it goes to, and the counted tracks."""

from __future__ import annotations

import time
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.clip_report import ClipReport
from studio.core.control import Cancelled, Control
from studio.core.counting import LEAST, Counter, bridged
from studio.core.detections import Detections
from studio.core.detections_file import DetectionsHeader, FrameDetections
from studio.core.errors import InputError, StudioError
from studio.core.found_files import FoundFiles
from studio.core.found_table import DetectionsCsv
from studio.core.geometry import Box, crop_window
from studio.core.media import Medium, Picture, open_medium
from studio.core.project import Project
from studio.core.project.media import locate
from studio.ml.backbones.base import Backbone
from studio.ml.crops import cut
from studio.ml.detecting import DECISION, detect_frames, last_labelled_box
from studio.ml.heads.head import Head, load_head
from studio.ml.near_duplicates import NearDuplicates
from studio.ml.search.area import AreaSearch, shifted
from studio.ml.search.base import Search, make_search

BATCH_FRAMES, BATCH_SECONDS = 64, 0.25  # published together: whichever is reached first
LOOK = 32  # pixels of the side of crops that are compared


@dataclass(frozen=True)
class ClipRequest:
    """What to run on what.

    Attributes:
        project: its folder.
        medium: id of one of the project's, or the path of any.
        head: in memory, or its folder.
        end: the last frame, inclusive; None: that of the medium.
        thresholds: the least score of a detection, by label; 0.5 for those that are not named.
        area: the only part of the frames that is searched.
        out, csv, render: files to be made; detections as JSON lines and as CSV, and a video.
    """

    project: Path
    medium: int | Path
    head: Head | Path
    mode: str = "dense"
    start: int = 0
    end: int | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    area: Box | None = None
    out: Path | None = None
    csv: Path | None = None
    render: Path | None = None


def run_clip(request: ClipRequest, backbone: Backbone, control: Control) -> ClipReport:
    """Search the medium, publishing lists of `FrameDetections`; no picture is kept.

    Cancelling ends it early: the report holds what was found so far, and the files too. So does a failure on the
    way, of a medium that cannot be read to its end for instance, which the report tells.

    Raises:
        InputError: the project, medium, head, mode or frames do not fit; nothing was changed.
        StudioError: it failed before the first frame.
    """
    head = load_head(request.head) if isinstance(request.head, Path) else request.head
    head.check(backbone)
    with Project.open(request.project) as project:
        path, start_box = _medium(project, request, head)
        cache = project.cache
    for file in (request.out, request.csv, request.render):
        if file and file.exists() and file.samefile(path):
            raise InputError(f"{file} is the medium itself; write to another file")
    with open_medium(path, cache) as medium:
        start_box = shifted(start_box, request.area, head, *medium.size)
        search = make_search(request.mode, head, backbone, start_box)
        if request.area:
            search = AreaSearch(search, request.area, head)
        medium.numbers(request.start, request.end)
        header = DetectionsHeader(head.card.name, backbone.name, str(path), request.mode, tuple(head.labels))
        clip = ClipSearch(medium, search, head.labels, request.thresholds, counting=True)
        try:
            if request.csv:
                with DetectionsCsv(request.csv) as csv:
                    files = FoundFiles(header, medium.rate, request.out, request.render, csv)
                    clip.run(request.start, request.end, files, control)
            else:
                files = FoundFiles(header, medium.rate, request.out, request.render)
                clip.run(request.start, request.end, files, control)
        except Cancelled:
            return clip.report(complete=False)
        except (StudioError, OSError) as error:
            if not clip.frames:
                raise
            return clip.report(complete=False, problem=f"ended after frame {clip.last}: {error}")
        return clip.report()


def _medium(project: Project, request: ClipRequest, head: Head) -> tuple[Path, Box | None]:
    """Where the medium is, and the box at which mode *track* starts."""
    if isinstance(request.medium, Path):
        return request.medium, None
    row = next((row for row in project.media() if row.id == request.medium), None)
    if row is None:
        raise InputError("this medium is no longer in the project; add it again")
    if request.mode != "track":
        return locate(project, row), None
    return locate(project, row), last_labelled_box(project, row.sha256, head.labels, request.start)


class ClipSearch:
    """Runs a search over a medium, decides by threshold, counts, and hands on what was found.

    Args:
        labels: of the head.
        thresholds: by label; 0.5 for those that are not named.
        counting: whether detections are joined into tracks.
    """

    def __init__(
        self, medium: Medium, search: Search, labels: Sequence[str], thresholds: Mapping[str, float], *, counting: bool
    ) -> None:
        self._medium, self._search, self._labels = medium, search, tuple(labels)
        self._thresholds = np.array([thresholds.get(label, DECISION) for label in labels], np.float32)
        least = LEAST if medium.kind != "stills" else 1  # pictures need not follow each other in time
        gap = bridged(medium.rate)
        self._counter = Counter(gap, least) if counting else None
        self._looks = _Looks(gap, least)
        self.frames = self.hits = 0
        self.last = -1  # the last frame that was searched
        self.seconds = 0.0

    def run(self, start: int, end: int | None, files: FoundFiles, control: Control) -> None:
        """Search the frames `start` to `end`; what is finished is kept in the files, whatever ends the work."""
        problem: BaseException | None = None
        with files:
            try:
                self._run(start, end, files, _Batches(control))
            except BaseException as error:  # raised again below, once the files are complete
                if not self.frames:
                    raise
                problem = error
        if isinstance(problem, InputError):
            raise StudioError(f"{problem}; {self.frames} frames were finished") from problem  # something was changed
        if problem:
            raise problem

    def report(self, *, complete: bool = True, problem: str = "") -> ClipReport:
        """What was found so far; `problem`: why it ended early, unless somebody wished so."""
        tracks = self._counter.finish() if self._counter else []
        near = {track.number: self._looks.near_duplicates(track.number) for track in tracks}
        source, rate = self._medium.source, self._medium.rate
        return ClipReport(
            source, self._labels, self.frames, self.hits, self.seconds, tracks, near, rate, complete, problem
        )  # fmt: skip

    def _run(self, start: int, end: int | None, files: FoundFiles, batches: _Batches) -> None:
        try:
            for each in detect_frames(self._medium, self._search, start, end, batches.control):
                decided = self._decide(each.detections)
                numbers = self._counter.add(each.frame, each.time, decided) if self._counter else None
                if numbers is not None:
                    self._looks.add(each.frame, each.picture, decided, numbers)
                files.write(each.frame, each.time, each.picture, decided, numbers)
                self.frames, self.last = self.frames + 1, each.frame
                self.hits += bool(len(decided))
                self.seconds += each.seconds
                batches.add(FrameDetections(each.frame, each.time, decided))
        finally:
            batches.flush()

    def _decide(self, found: Detections) -> Detections:
        keep = found.scores >= self._thresholds[found.label_ids]
        return Detections(found.boxes[keep], found.scores[keep], found.label_ids[keep])


class _Batches:
    """Publishes frames some at a time: a receiver in a window would drown in single ones."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self._rows: list[FrameDetections] = []
        self._since = time.monotonic()

    def add(self, row: FrameDetections) -> None:
        self._rows.append(row)
        if len(self._rows) >= BATCH_FRAMES or time.monotonic() - self._since >= BATCH_SECONDS:
            self.flush()

    def flush(self) -> None:
        rows, self._rows, self._since = self._rows, [], time.monotonic()
        if rows and not self.control.cancelled:
            self.control.publish(rows)


class _Looks:
    """Which detections of a track look as it did shortly before, so that training may skip them.

    Args:
        gap, least: as the counter's; tracks that ended are forgotten, apart from their frames where they count.
    """

    def __init__(self, gap: int, least: int) -> None:
        self._gap, self._least = gap, least
        self._open: dict[int, _Look] = {}
        self._done: dict[int, array[int]] = {}

    def add(self, frame: int, picture: Picture, found: Detections, numbers: NDArray[np.int64]) -> None:
        for number in [number for number, look in self._open.items() if frame - look.last > self._gap + 1]:
            look = self._open.pop(number)
            if look.count >= self._least:
                self._done[number] = look.frames
        height, width = picture.shape[:2]
        for box, number in zip(found.boxes.tolist(), numbers.tolist(), strict=True):
            look = self._open.setdefault(number, _Look())
            look.last, look.count = frame, look.count + 1
            if look.seen.is_one(cut(picture, crop_window(Box(*box), LOOK, width, height), LOOK)):
                look.frames.append(frame)

    def near_duplicates(self, number: int) -> NDArray[np.int64]:
        found = self._done.get(number)
        return np.array(self._open[number].frames if found is None else found, np.int64)


@dataclass
class _Look:
    seen: NearDuplicates = field(default_factory=NearDuplicates)
    frames: array[int] = field(default_factory=lambda: array("q"))
    last: int = -1
    count: int = 0
