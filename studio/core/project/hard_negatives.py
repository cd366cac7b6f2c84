"""Hard negatives: what a head takes for its label where it is known not to be, kept as regions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.core.geometry import Box, intersections, iou_matrix
from studio.core.project.edits import Edit, counted, listed
from studio.core.project.ids import new_id
from studio.core.project.project import Project
from studio.core.project.rows import BACKGROUND, RegionRow

SAME_BOX = 0.5  # IoU from which a box says again what a negative there says already


@dataclass(frozen=True)
class HardNegative:
    """A box that a head takes for an object.

    Attributes:
        medium, frame, label: ids of the rows, and the frame's number.
        box: in pixels of the frame.
        score: 0…1, of the head.
    """

    medium: int
    frame: int
    label: int
    box: Box
    score: float


def hard_negatives_edit(project: Project, found: Sequence[HardNegative]) -> Edit:
    """One step that stores what is (still) no object as regions of author "head", rejected for their label alone.

    For their label alone: that every cup of a frame is marked says nothing about saucers, and a cup's detector fires
    at saucers first.
    """
    background = project.label(BACKGROUND).id
    names = {row.id: row.name for row in project.labels()}
    rows: list[RegionRow] = []
    for each in found:
        here = project.regions(medium=each.medium, first=each.frame, last=each.frame)
        own = [row for row in rows if (row.medium, row.frame) == (each.medium, each.frame)]
        if each.label in names and is_free(each.box, each.label, [*here, *own], background):
            x, y, width, height = (float(value) for value in each.box)
            where = (new_id(), each.medium, each.frame, each.label, None)
            rows.append(RegionRow(*where, x, y, width, height, "head", False, each.score, False, "rejected"))
    of = listed(names[label] for label in dict.fromkeys(row.label for row in rows))
    return Edit.rows(f"mine {counted(len(rows), 'hard negative')} of {of}", rows)


def is_free(box: Box, label: int, here: Iterable[RegionRow], background: int) -> bool:
    """Whether `box` touches no object and no ignored box of a frame, and is not known as a negative already.

    Args:
        box: in pixels.
        label: of which it would be a negative.
        here: the regions of the frame.
        background: id of that label.
    """
    for row in here:
        other = np.array([(row.x, row.y, row.width, row.height)])
        if row.label == background or row.state == "rejected":
            if row.label in (label, background) and iou_matrix(np.array([box]), other)[0, 0] >= SAME_BOX:
                return False
        elif row.state != "outside" and intersections(np.array([box]), other)[0, 0] > 0:
            return False
    return True
