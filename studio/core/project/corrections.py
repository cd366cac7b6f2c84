"""Corrections of detections as edits: confirmed, rejected, or a box drawn where one was missed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from studio.core.geometry import Box, intersections, iou_matrix
from studio.core.project.edits import Edit
from studio.core.project.ids import new_id
from studio.core.project.project import Project
from studio.core.project.rows import BACKGROUND, OBJECT_STATES, MarkRow, RegionRow, Row

SAME_BOX = 0.5  # IoU from which a region and a detection of its label are one thing


def confirm(project: Project, medium: int, frame: int, label: int, box: Box, score: float | None) -> Edit:
    """The detection is right: a region of its label, a keyframe of author "head".

    A region of the label that lies there already (a followed one, say) is confirmed where it is. On a frame that held
    no object of the label before, the rest is not known: it is marked incomplete, and nothing else of it becomes a
    negative.

    Args:
        project: to read what is there; the edit is not applied.
        medium, frame, label: where and what, ids of rows.
        box: in pixels of the frame.
        score: of the detection.
    """
    here = project.regions(medium=medium, first=frame, last=frame)
    known = _same(here, label, box, OBJECT_STATES)
    if known:
        rows: list[Row] = [replace(known, keyframe=True)]
    else:
        rows = [_region(medium, frame, label, box, "head", score, "visible")]
    name = _name(project, label)
    return _positive(project, f"confirm {name}", here, rows, (medium, frame, label), box)


def missed(project: Project, medium: int, frame: int, label: int, box: Box) -> Edit:
    """An object was missed: a region that a person drew. Other frames and boxes as in `confirm`."""
    here = project.regions(medium=medium, first=frame, last=frame)
    row = _region(medium, frame, label, box, "human", None, "visible")
    return _positive(project, f"draw missed {_name(project, label)}", here, [row], (medium, frame, label), box)


def reject(project: Project, medium: int, frame: int, label: int, box: Box, score: float | None) -> Edit:
    """The detection is wrong: what is in `box` is not `label`, and nothing is said about other labels.

    It is kept as a region in the state "rejected", a negative for its label alone. A region of the label that lies
    there becomes that region, so that its track has no hole.
    """
    here = project.regions(medium=medium, first=frame, last=frame)
    known = _same(here, label, box, {*OBJECT_STATES, "rejected"})
    row = _region(medium, frame, label, box, "human", score, "rejected")
    if known:
        row = replace(row, id=known.id, track=known.track)
    return Edit.rows(f"reject {_name(project, label)}", [row])


def _positive(
    project: Project, text: str, here: list[RegionRow], rows: list[Row], place: tuple[int, int, int], box: Box
) -> Edit:
    medium, frame, label = place
    background = project.label(BACKGROUND).id
    others = [row for row in here if row.label == label and row.state in OBJECT_STATES]
    if not others and not _said_complete(project, medium, frame, label):
        rows = [*rows, MarkRow(new_id(), medium, label, frame, frame, "incomplete")]
    # What said the opposite goes: rejections of the same thing, and negatives that touch the box.
    gone = [row for row in here if row.state == "rejected" and row.label == label and _iou(row, box) >= SAME_BOX]
    gone += [row for row in here if row.label == background and _touches(row, box)]
    return Edit(text, {**Edit.removal(text, gone).changes, **Edit.rows(text, rows).changes})


def _said_complete(project: Project, medium: int, frame: int, label: int) -> bool:
    """Whether a mark says so, or says the opposite already."""
    return any(
        mark.medium == medium
        and mark.label == label
        and mark.first <= frame <= mark.last
        and mark.kind in ("complete", "incomplete")
        for mark in project.marks()
    )


def _same(here: Iterable[RegionRow], label: int, box: Box, states: Iterable[str]) -> RegionRow | None:
    """The region of `label` that overlaps `box` most, if it is the same thing."""
    alike = [row for row in here if row.label == label and row.state in states and _iou(row, box) >= SAME_BOX]
    return max(alike, key=lambda row: _iou(row, box), default=None)


def _region(medium: int, frame: int, label: int, box: Box, author: str, score: float | None, state: str) -> RegionRow:
    x, y, width, height = (float(value) for value in box)
    where = (new_id(), medium, frame, label, None)
    return RegionRow(*where, x, y, width, height, author, True, score, False, state)


def _box(row: RegionRow) -> Box:
    return Box(row.x, row.y, row.width, row.height)


def _iou(row: RegionRow, box: Box) -> float:
    return float(iou_matrix(np.array([_box(row)]), np.array([box]))[0, 0])


def _touches(row: RegionRow, box: Box) -> bool:
    return bool(intersections(np.array([_box(row)]), np.array([box])).any())


def _name(project: Project, label: int) -> str:
    return next((row.name for row in project.labels() if row.id == label), str(label))
