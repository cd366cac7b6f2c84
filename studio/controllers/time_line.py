"""What a medium's time line shows, read on the disk lane whenever rows changed, a few times a second at most."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from studio.controllers.context import Context
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.gallery.crops import SPLITS
from studio.core.geometry import Box
from studio.core.project import Keys, Project, SplitRow
from studio.core.project.tracks import Timeline, TrackLine, interpolate, timeline
from studio.state.jobs import Job

_PAUSE, _LONGEST = 120, 2000  # milliseconds between a change and the look at it
_SHARE = 3  # pauses are this many times as long as the look took: while boxes are followed, rows change all the time
_TABLES = {"regions", "tracks", "labels", "marks", "splits"}


@dataclass(frozen=True, eq=False)
class MediumLines:
    """What is known about the frames of a medium.

    Attributes:
        medium: id of its row.
        lines: its tracks.
        nothing: first and last frames of marks that say "nothing here".
        numbers: what tracks are called, from 1 in the order in which they begin.
        between: interpolated boxes by frame, by track, with the track's label.
        splits: the frames `(n,)`, ascending, that are in each split, of a track those where it is seen.
    """

    medium: int
    lines: Timeline
    nothing: tuple[tuple[int, int], ...] = ()
    numbers: Mapping[int, int] = field(default_factory=dict)
    between: Mapping[int, tuple[int, Mapping[int, Box]]] = field(default_factory=dict)
    splits: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)

    def boxes_at(self, frame: int) -> dict[int, tuple[int, Box]]:
        """Interpolated boxes on a frame with their label, by track."""
        return {track: (label, boxes[frame]) for track, (label, boxes) in self.between.items() if frame in boxes}


def read_lines(folder: Path, medium: int, control: Control) -> MediumLines:
    """Read all of it; for the disk lane."""
    with Project.open(folder) as project:
        lines = timeline(project, medium)
        control.checkpoint()
        marks = project.marks()
        splits = _frames_of_splits(project.splits(), medium, lines.lines)
        between = {}
        for line in lines.lines:
            if line.track is not None and _has_gaps(line):
                found = interpolate(project.regions(track=line.track, label=line.label))
                between[line.track] = (line.label, {each.frame: each.box for each in found})
                control.checkpoint()
    tracks = sorted((int(line.frames[0]), line.track) for line in lines.lines if line.track is not None)
    return MediumLines(
        medium,
        lines,
        tuple((mark.first, mark.last) for mark in marks if mark.medium == medium and mark.kind == "nothing"),
        {track: number for number, (_, track) in enumerate(tracks, 1)},
        between,
        splits,
    )


def _frames_of_splits(
    rows: Iterable[SplitRow], medium: int, lines: Iterable[TrackLine]
) -> dict[str, NDArray[np.int32]]:
    """The frames of each split: whole stretches of the medium, and where a track is seen that is in one."""
    parts: dict[str, list[NDArray[np.int32]]] = {}
    seen = {line.track: line.frames for line in lines}
    nowhere = np.zeros(0, np.int32)
    for row in rows:
        if row.medium == medium:
            frames = np.arange(row.first, row.last + 1, dtype=np.int32)
            if row.track is not None:
                there = seen.get(row.track, nowhere)
                frames = there[(there >= row.first) & (there <= row.last)]
            parts.setdefault(row.split, []).append(frames)
    return {split: np.unique(np.concatenate(parts[split])) for split in SPLITS if split in parts}


class LinesReader(QObject):
    """Keeps `lines` up with the project.

    Attributes:
        changed: emitted when `lines` is another.
        lines: of the open medium; None until they are read.
    """

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.lines: MediumLines | None = None
        self._job: Job | None = None
        self._stale = False
        self._began = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._read)
        self._wires = Wires()
        self._wires.connect(context.session.medium_changed, self._on_medium)
        self._wires.connect(context.project.changed, self._on_project)

    def close(self) -> None:
        self._timer.stop()
        self._wires.cut()

    def _on_medium(self, medium: object) -> None:
        self.lines = None
        self.changed.emit()
        if medium is not None:
            self._read()

    def _on_project(self, keys: Keys) -> None:
        if keys.tables & _TABLES and not self._timer.isActive():
            self._timer.start()

    def _read(self) -> None:
        medium = self._context.session.medium
        if medium is None or not medium.id:
            return
        if self._job is not None:
            self._stale = True
            return
        self._stale = False
        self._began = time.monotonic()
        self._job = Job("time line", read_lines, self._context.project.folder, medium.id)
        self._job.succeeded.connect(self._take)
        self._job.finished.connect(self._again)
        self._context.board.run(self._context.lanes.disk, self._job, shown=False)

    def _take(self, lines: MediumLines) -> None:
        took = round(1000 * (time.monotonic() - self._began))
        self._timer.setInterval(min(max(_SHARE * took, _PAUSE), _LONGEST))
        medium = self._context.session.medium
        if medium is not None and medium.id == lines.medium:
            self.lines = lines
            self.changed.emit()

    def _again(self) -> None:
        self._job = None
        if self._stale:
            self._read()


def _has_gaps(line: TrackLine) -> bool:
    return bool((np.diff(line.frames) > 1).any()) and bool(line.keyframes.sum() > 1)
