"""What a project says for sure about the frames of a medium: the truth that detections are judged by."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from studio.core.project import MediumRow, Project
from studio.core.project.held_back import frames_of_split

Truth = Callable[[int], NDArray[np.float64] | None]


def known_truth(project: Project, medium: MediumRow, frames: int, label: int, split: str | None = None) -> Truth:
    """The regions of a label as truth.

    Args:
        project: whose regions and marks are read.
        medium: its row.
        frames: how many it has.
        label: id.
        split: "train", "val" or "test": only frames of it; None: all.

    Returns:
        For a frame the true boxes float64 `(n, 4)`, or None where it is not known for sure where objects are.
    """
    known: dict[int, list[tuple[float, float, float, float]]] = {}
    unsure: set[int] = set()
    for mark in project.marks():
        if (mark.medium, mark.label) == (medium.id, label):
            marked = range(mark.first, min(mark.last + 1, frames))
            if mark.kind in ("nothing", "complete"):
                known |= {frame: [] for frame in marked}
            else:
                unsure.update(marked)
    for region in project.regions(medium=medium.id, label=label):
        if region.state == "visible":
            known.setdefault(region.frame, []).append((region.x, region.y, region.width, region.height))
        elif region.state in ("occluded", "ignore"):
            unsure.add(region.frame)
        elif region.state == "outside":
            known.setdefault(region.frame, [])
    if split is not None:
        known = {frame: known[frame] for frame in frames_of_split(project, medium, label, split) & known.keys()}

    def truth(frame: int) -> NDArray[np.float64] | None:
        if frame in unsure or frame not in known:
            return None
        return np.array(known[frame], np.float64).reshape(-1, 4)

    return truth
