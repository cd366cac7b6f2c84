"""What running a head over a medium found, and how a person's yes makes regions of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from studio.core.counting import CountedTrack
from studio.core.found_table import FoundTrack
from studio.core.geometry import iou_matrix
from studio.core.project import BACKGROUND, Edit, LabelRow, MediumRow, Project, RegionRow, Row, TrackRow, new_id
from studio.core.project.labels import PALETTE, make_label

SAME = 0.5  # IoU above which a region that is there already speaks for the object


@dataclass(frozen=True, eq=False)
class ClipReport:
    """What was found in one medium.

    Attributes:
        source: of the medium.
        labels: of the head; tracks refer to them by position.
        frames, hits: how many were searched, and on how many of them something was found.
        seconds: of the search alone.
        tracks: the counted ones; empty where nobody asked for counting.
        near_duplicates: by number of the track, the frames on which it looks as it did shortly before.
        rate: frames a second of the medium.
        complete: False where the work ended on the way.
        problem: why it did, and at which frame; "" where it was cancelled.
    """

    source: str
    labels: tuple[str, ...]
    frames: int
    hits: int
    seconds: float
    tracks: list[CountedTrack]
    near_duplicates: Mapping[int, NDArray[np.int64]]
    rate: float
    complete: bool = True
    problem: str = ""

    @cached_property
    def table(self) -> list[FoundTrack]:
        return [FoundTrack.of(track, self.labels) for track in self.tracks]


def accept(project: Project, medium: MediumRow, report: ClipReport, tracks: Sequence[CountedTrack]) -> Edit:
    """The edit that makes regions of `tracks`, to be applied as one step; labels the project has not are made.

    A detection becomes no region where the frame holds a region of its label there already, whoever made it and
    whatever it says (*ignore* and *rejected* too), or a negative that a person drew: accepting twice changes nothing.
    """
    labels = _labels(project, sorted({report.labels[track.label] for track in tracks}))
    background = project.label(BACKGROUND).id
    known: dict[tuple[int, int], list[tuple[float, float, float, float]]] = {}
    for row in project.regions(medium=medium.id):
        if row.state != "outside" and (row.label != background or row.author == "human"):
            known.setdefault((row.frame, row.label), []).append((row.x, row.y, row.width, row.height))
    rows: list[Row] = []
    for track in tracks:
        label = labels[report.labels[track.label]].id
        free = [
            place
            for place, frame in enumerate(track.frames.tolist())
            if not _taken(track.boxes[place], known.get((frame, label), []) + known.get((frame, background), []))
        ]
        if free:
            rows += _rows(medium.id, label, track, free, report.near_duplicates.get(track.number))
    used = {row.label for row in rows if isinstance(row, TrackRow)}
    new = [label for label in labels.values() if label.id in used and label not in project.labels()]
    name = medium.path.rsplit("/", 1)[-1]
    count = sum(isinstance(row, TrackRow) for row in rows)
    return Edit.rows(f"accept {count} {'track' if count == 1 else 'tracks'} in {name}", [*new, *rows])


def _labels(project: Project, names: Sequence[str]) -> dict[str, LabelRow]:
    known = {row.name: row for row in project.labels()}
    for name in names:
        if name not in known:
            row = make_label(project, name)
            if row.key in {other.key for other in known.values()}:  # taken by another that is new in this edit
                row = replace(row, key="", color=PALETTE[len(known) % len(PALETTE)])
            known[name] = row
    return {name: known[name] for name in names}


def _taken(box: NDArray[np.float32], there: list[tuple[float, float, float, float]]) -> bool:
    if min(box[2:]) <= 0:
        return True  # nothing of it is inside the frame
    return bool(there) and bool((iou_matrix(box[None], np.array(there)) > SAME).any())


def _rows(
    medium: int, label: int, track: CountedTrack, free: list[int], duplicates: NDArray[np.int64] | None
) -> list[Row]:
    own = TrackRow(new_id(), medium, label)
    twice = set() if duplicates is None else set(duplicates.tolist())
    rows: list[Row] = [own]
    for place in free:
        frame = int(track.frames[place])
        x, y, width, height = track.boxes[place].tolist()
        score = float(track.scores[place])
        rows.append(
            RegionRow(
                new_id(), medium, frame, label, own.id, x, y, width, height, "head", False, score, frame in twice,
                "visible",
            )
        )  # fmt: skip
    return rows
