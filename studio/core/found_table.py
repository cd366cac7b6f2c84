"""When, where and how many: counted tracks as a table, as ranges of time, and as CSV files.

The CSV files are UTF-8 with a header, as RFC 4180 says: commas, quotes where needed, lines that end in CR LF.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from studio.core.counting import CountedTrack
from studio.core.detections import Detections
from studio.core.geometry import Box
from studio.core.line_file import LineFile


@dataclass(frozen=True)
class FoundTrack:
    """A counted track as a line of the table: when, where, and how sure.

    Attributes:
        start, end: seconds of its first and last frame.
        detections: frames on which it was found; it may have been missed on some between.
        box: the mean one, in pixels.
    """

    track: int
    label: str
    first: int
    last: int
    start: float
    end: float
    detections: int
    mean_score: float
    best_score: float
    box: Box

    @classmethod
    def of(cls, track: CountedTrack, labels: Sequence[str]) -> Self:
        return cls(
            track.number,
            labels[track.label],
            int(track.frames[0]),
            int(track.frames[-1]),
            float(track.times[0]),
            float(track.times[-1]),
            len(track.frames),
            float(track.scores.mean()),
            float(track.scores.max()),
            Box(*(float(mean) for mean in track.boxes.mean(0, dtype=np.float64))),
        )


class FoundRange(NamedTuple):
    """Frames `first`…`last`, in seconds `start`…`end`, with `tracks` objects of a label, `at_once` on one frame."""

    label: str
    first: int
    last: int
    start: float
    end: float
    tracks: int
    at_once: int


def ranges(found: Iterable[FoundTrack], bridge: int = 0) -> list[FoundRange]:
    """Where objects of each label are, tracks that meet merged, by label and time.

    Args:
        bridge: frames without any object that do not end a range.
    """
    merged: list[FoundRange] = []
    some: list[FoundTrack] = []
    for track in sorted(found, key=lambda track: (track.label, track.first, track.last, track.track)):
        reached = max((other.last for other in some), default=0)
        if some and (track.label != some[0].label or track.first > reached + bridge + 1):
            merged.append(_range(some))
            some = []
        some.append(track)
    return merged + ([_range(some)] if some else [])


def how_many(found: Sequence[FoundTrack]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many of the tracks there are at once, as steps: frames `(S,)` at which it changes, and the counts from there.

    A track counts from its first to its last frame, also where it was missed between.
    """
    changes = [(track.first, 1) for track in found] + [(track.last + 1, -1) for track in found]
    at, change = np.array(changes, np.int64).reshape(-1, 2).T
    frames, where = np.unique(at, return_inverse=True)
    steps = np.zeros(len(frames), np.int64)
    np.add.at(steps, where, change)
    return frames, np.cumsum(steps)


def clock(seconds: float) -> str:
    """A time stamp like 00:01:02.480."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


DETECTION_COLUMNS = (
    "source", "frame", "seconds", "time", "label", "score", "x", "y", "width", "height", "track",
)  # fmt: skip
TRACK_COLUMNS = (
    "source", "track", "label", "first_frame", "last_frame", "start_seconds", "end_seconds", "start_time", "end_time",
    "detections", "mean_score", "best_score", "x", "y", "width", "height",
)  # fmt: skip


class DetectionsCsv:
    """Writes a line for every detection, as a context manager; several media may follow each other in the file.

    Whatever ends the work, whole lines stay; what fails before the first frame leaves no file.
    """

    def __init__(self, path: Path) -> None:
        self._file = LineFile(path)
        self._file.worth_keeping = False

    def __enter__(self) -> Self:
        self._file.__enter__()
        try:
            self._file.put(_line(DETECTION_COLUMNS))
        except BaseException as error:
            self._file.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)

    def write(
        self,
        source: str,
        frame: int,
        seconds: float,
        detections: Detections,
        labels: Sequence[str],
        tracks: NDArray[np.int64],
    ) -> None:
        """The detections of a frame, with the numbers of their tracks `(N,)`."""
        self._file.worth_keeping = True
        rows = zip(detections.label_ids, detections.scores, detections.boxes, tracks, strict=True)
        for label, score, box, track in rows:
            where = [round(float(number), 2) for number in box]
            when = [f"{seconds:.6f}", clock(seconds)]
            self._file.put(_line([source, frame, *when, labels[label], round(float(score), 4), *where, int(track)]))


def write_tracks_csv(path: Path, found: Iterable[tuple[str, Iterable[FoundTrack]]]) -> None:
    """Write a line for every counted track of every medium, given as its source and its tracks.

    Raises:
        InputError: the file cannot be made.
        OSError: it cannot be written, a full disk for instance.
    """
    with LineFile(path) as file:
        file.put(_line(TRACK_COLUMNS))
        for source, tracks in found:
            for track in tracks:
                number, label, first, last, start, end, count, mean, best, box = (
                    getattr(track, field.name) for field in fields(track)
                )
                when = [f"{start:.6f}", f"{end:.6f}", clock(start), clock(end)]
                how = [count, round(mean, 4), round(best, 4), *(round(value, 2) for value in box)]
                file.put(_line([source, number, label, first, last, *when, *how]))


def _line(values: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue()


def _range(some: Sequence[FoundTrack]) -> FoundRange:
    first, last = min(some, key=lambda track: track.first), max(some, key=lambda track: track.last)
    most = int(how_many(some)[1].max())
    return FoundRange(some[0].label, first.first, last.last, first.start, last.end, len(some), most)
