"""What a head found in the media it ran over: said in a line, saved as tables, accepted as one step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.clip_report import ClipReport, accept
from studio.core.counting import CountedTrack, bridged
from studio.core.detections import Detections
from studio.core.errors import InputError
from studio.core.found_table import DetectionsCsv, ranges, write_tracks_csv
from studio.core.project import MediumRow, Project


@dataclass(frozen=True, eq=False)
class FoundInMedium:
    """What a head found in one medium of a project.

    Attributes:
        first: the first frame that was searched; `report.frames` were, one after another.
    """

    medium: MediumRow
    first: int
    report: ClipReport

    @property
    def name(self) -> str:
        return self.medium.path.rsplit("/", 1)[-1]

    @property
    def last(self) -> int:
        """The last frame that was searched."""
        return self.first + self.report.frames - 1


def found_frames(tracks: Iterable[CountedTrack]) -> NDArray[np.int32]:
    """The frames `(m,)`, ascending, on which any of `tracks` was found."""
    frames = [track.frames for track in tracks]
    return np.unique(np.concatenate(frames)).astype(np.int32) if frames else np.zeros(0, np.int32)


def summary(found: Sequence[FoundInMedium]) -> str:
    """How many of what, in how many ranges of time, as "14 × cup in 3 ranges, at most 4 at once"."""
    labels = sorted({line.label for each in found for line in each.report.table})
    return "; ".join(_summary(found, label) for label in labels) or "Nothing found"


def _summary(found: Sequence[FoundInMedium], label: str) -> str:
    spans = [
        span
        for each in found
        for span in ranges(
            (line for line in each.report.table if line.label == label), bridged(each.report.rate)
        )
    ]  # fmt: skip
    count, most = sum(span.tracks for span in spans), max(span.at_once for span in spans)
    where = f"{len(spans):,} {'range' if len(spans) == 1 else 'ranges'}"
    return f"{count:,} × {label} in {where}" + (f", at most {most:,} at once" if count > 1 else "")


def accept_found(project: Project, found: Iterable[tuple[FoundInMedium, Sequence[CountedTrack]]]) -> int:
    """Make regions of tracks of several media, as one step; see `studio.core.clip_report.accept`.

    Returns:
        How many regions were made.

    Raises:
        InputError: a medium is no longer in the project, or the project cannot be written.
    """
    there = {row.id: row for row in project.media()}
    chosen = list(found)
    for each, _ in chosen:
        if each.medium.id not in there:
            raise InputError(f"{each.name} is no longer in the project; add it again")
    group, made = project.new_group(), 0
    for each, tracks in chosen:
        edit = accept(project, there[each.medium.id], each.report, tracks)
        if edit.changes:
            project.apply(edit, group=group, who="head")
        made += sum(key.table == "regions" for key in edit.changes)
    return made


def save_tables(path: Path, found: Sequence[FoundInMedium]) -> tuple[Path, Path]:
    """Write the tracks to `path`, and beside it their detections; columns are those of `studio detect`.

    Returns:
        The two files.

    Raises:
        InputError: one of them is there already, or cannot be made.
        OSError: a disk that is full, for instance.
    """
    detections = path.with_name(f"{path.stem}-detections{path.suffix}")
    refuse_used(path)
    refuse_used(detections)
    write_tracks_csv(path, [(each.report.source, each.report.table) for each in found])
    with DetectionsCsv(detections) as csv:
        for each in found:
            for frame, time, at, numbers in by_frame(each.report.tracks):
                csv.write(each.report.source, frame, time, at, each.report.labels, numbers)
    return path, detections


def refuse_used(path: Path) -> None:
    """Raise an InputError where something is at `path` already."""
    if path.exists() or path.is_symlink():
        raise InputError(f"{path} is there already; nothing is overwritten, choose another name")


def by_frame(tracks: Sequence[CountedTrack]) -> Iterator[tuple[int, float, Detections, NDArray[np.int64]]]:
    """The detections of tracks frame by frame: its number, its seconds, detections best first, their tracks `(N,)`."""
    if not tracks:
        return
    frames, times, boxes, scores = (
        np.concatenate([getattr(track, name) for track in tracks]) for name in ("frames", "times", "boxes", "scores")
    )
    lengths = [len(track.frames) for track in tracks]
    labels = np.repeat(np.array([track.label for track in tracks], np.int64), lengths)
    numbers = np.repeat(np.array([track.number for track in tracks], np.int64), lengths)
    order = np.lexsort((-scores, frames))
    for part in np.split(order, np.flatnonzero(np.diff(frames[order])) + 1):
        at = Detections(boxes[part], scores[part], labels[part])
        yield int(frames[part[0]]), float(times[part[0]]), at, numbers[part]
