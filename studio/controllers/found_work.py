"""What the found dock has done on workers: run a head over media, accept, save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.controllers.networks import LaneNetworks
from studio.core.clip_found import FoundInMedium, accept_found, save_tables
from studio.core.control import Cancelled, Control
from studio.core.counting import CountedTrack
from studio.core.errors import InputError, StudioError
from studio.core.geometry import Box
from studio.core.project import MediumRow, Project
from studio.core.project.areas import area_of

if TYPE_CHECKING:
    from studio.ml.networks import Networks


@dataclass(frozen=True, eq=False)
class Asked:
    """A run that is asked for: all that it needs, captured in the GUI thread.

    Attributes:
        head: the trained object.
        media: ids of their rows.
        limits: first and last frame (None: that of the medium) by the medium's id; the others are searched whole.
        thresholds: the least score of a detection, by label.
    """

    project: Path
    head: Any
    media: tuple[int, ...]
    mode: str
    limits: Mapping[int, tuple[int, int | None]]
    thresholds: Mapping[str, float]


class Hits(NamedTuple):
    """Frames of a medium, int32 `(n,)` ascending, on which something was found just now."""

    medium: int
    frames: NDArray[np.int32]


class Kept(NamedTuple):
    """What a run finished, filled by the worker, so that it is there too where the run was stopped.

    Attributes:
        found: in each medium that was searched, as far as it was.
        problems: a sentence for each medium that could not be searched, or not to its end.
        notes: what else should be told to the user.
    """

    found: list[FoundInMedium]
    problems: list[str]
    notes: list[str]


def run_over(networks: LaneNetworks, asked: Asked, kept: Kept, control: Control) -> None:
    """Run the head over the media, on the batch lane, publishing `Hits`; what is found goes to `kept`.

    Raises:
        StudioError: nothing could be searched.
        Cancelled: through `control`.
    """
    control.progress(0.0, "loading the network")
    with Project.open(asked.project) as project:
        there = {row.id: row for row in project.media()}
        areas = {medium: area_of(project, medium) for medium in asked.media}
    own = networks.on("batch")
    own.of(asked.head)  # what is wrong with it concerns no medium
    sizes = [_frames(asked, medium, there) for medium in asked.media]
    for number, medium in enumerate(asked.media):
        done, share = sum(sizes[:number]) / sum(sizes), sizes[number] / sum(sizes)
        row, area = there.get(medium), areas[medium]
        try:
            if row is None:
                raise InputError("a medium is no longer in the project; add it again")
            box = Box(area.x, area.y, area.width, area.height) if area else None
            part = _Part(asked, row, box, done, share, kept)
            own.on_device(partial(part.run, own, control))
        except (StudioError, OSError) as error:
            if len(asked.media) == 1:
                raise
            kept.problems.append(f"{row.path if row else medium}: {error}")
    if not kept.found:
        raise StudioError("; ".join(kept.problems))


def _frames(asked: Asked, medium: int, there: Mapping[int, MediumRow]) -> int:
    count = there[medium].frames if medium in there else 0
    first, last = asked.limits.get(medium, (0, None))
    return max((count - 1 if last is None else last) - first + 1, 1)


@dataclass
class _Part:
    """One medium of a run, which is `share` of the work."""

    asked: Asked
    row: MediumRow
    area: Box | None
    done: float
    share: float
    kept: Kept

    def run(self, networks: Networks, control: Control) -> None:
        from studio.ml.whole_clip import ClipRequest, run_clip

        asked, name = self.asked, self.row.path.rsplit("/", 1)[-1]
        first, last = asked.limits.get(self.row.id, (0, None))
        request = ClipRequest(
            asked.project, self.row.id, asked.head, asked.mode, first, last, asked.thresholds, self.area
        )  # fmt: skip

        def progress(fraction: float, text: str) -> None:
            control.progress(self.done + self.share * fraction, f"{name}, {text}")

        def publish(rows: Sequence[Any]) -> None:
            frames = [row.frame for row in rows if len(row.detections)]
            control.publish(Hits(self.row.id, np.array(frames, np.int32)))

        backbone = networks.of(asked.head)
        report = run_clip(request, backbone, Control(progress, publish))
        if networks.note and networks.note not in self.kept.notes:
            self.kept.notes.append(networks.note)
        if report.frames:
            self.kept.found.append(FoundInMedium(self.row, first, report))
        if report.problem:
            self.kept.problems.append(f"{name}: {report.problem}")
        elif not report.complete:
            raise Cancelled


def accept(
    project: Path, chosen: Sequence[tuple[FoundInMedium, Sequence[CountedTrack]]], control: Control
) -> int:  # fmt: skip
    """Make regions of tracks, on the disk lane; returns how many."""
    control.progress(0.0, "")  # then to its end: half a step would be a state nobody asked for
    with Project.open(project, write=True) as opened:
        return accept_found(opened, chosen)


def save_csv(path: Path, found: Sequence[FoundInMedium], control: Control) -> tuple[Path, Path]:
    """Write both tables, on the disk lane; returns the files."""
    control.checkpoint()
    return save_tables(path, found)


def save_video(
    project: Path, found: FoundInMedium, path: Path, colors: Mapping[str, str], control: Control
) -> Path:  # fmt: skip
    """Write a video with the boxes, on the batch lane; returns the file."""
    from studio.core.found_video import render_found  # brings the decoders along

    with Project.open(project) as opened:
        return render_found(opened, found, path, colors, control)
