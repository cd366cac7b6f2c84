"""Which frames are complete for a label: whatever else is on them is not that label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.project.project import Project
from studio.core.project.region_table import RegionTable, read_regions
from studio.core.project.row_checks import STATES
from studio.core.project.rows import OBJECT_STATES, MediumRow

_OBJECTS = [STATES.index(state) for state in sorted(OBJECT_STATES)]
_SAY_SO, _SAY_NOT = frozenset({"complete", "nothing"}), frozenset({"incomplete", "ignore"})

Frames = NDArray[np.int64]


class Completeness:
    """A moment of a project: frames with an object of a label are complete for it, unless a mark says otherwise.

    Attributes:
        table: all regions.
    """

    def __init__(self, project: Project) -> None:
        self.table: RegionTable = read_regions(project)
        self._marks = project.marks()
        self._objects = np.isin(self.table.states, _OBJECTS)

    def with_objects(self, medium: int, label: int) -> Frames:
        """The frames of a medium that have an object of a label, ascending."""
        here = self._objects & (self.table.media == medium) & (self.table.labels == label)
        return np.unique(self.table.frames[here])

    def complete(self, medium: MediumRow, label: int) -> Frames:
        """The frames of a medium on which every object of a label is marked, ascending."""
        known = np.union1d(self.with_objects(medium.id, label), self._marked(medium, label, _SAY_SO))
        return np.setdiff1d(known, self._marked(medium, label, _SAY_NOT))

    def open(self, medium: MediumRow, label: int) -> Frames:
        """The frames of a medium of which nobody said whether more objects of a label are there, ascending."""
        closed = np.union1d(self.complete(medium, label), self._marked(medium, label, frozenset({"ignore"})))
        return np.setdiff1d(np.arange(medium.frames), closed)

    def _marked(self, medium: MediumRow, label: int, kinds: frozenset[str]) -> Frames:
        ranges = [
            np.arange(mark.first, min(mark.last + 1, medium.frames))
            for mark in self._marks
            if (mark.medium, mark.label) == (medium.id, label) and mark.kind in kinds
        ]
        return np.unique(np.concatenate([np.zeros(0, np.int64), *ranges])).astype(np.int64)
