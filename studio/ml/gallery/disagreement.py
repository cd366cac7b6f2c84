"""Where tracker and detector disagree: the active head over labelled frames, and what it says otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.gallery.disagreements import Disagreement
from studio.core.geometry import Box, intersections, iou_matrix
from studio.core.project import Project, RegionRow
from studio.core.project.completeness import Completeness
from studio.ml.detecting import DECISION
from studio.ml.gallery.searching import HeadSearch, Searched, evenly, united
from studio.ml.heads.head import Head
from studio.ml.networks import Networks

SAME_BOX = 0.5  # IoU from which a detection is of a region
MOST_FRAMES = 1000  # that are searched, evenly
PUBLISH_EVERY = 0.5  # seconds


@dataclass(frozen=True)
class CompareRequest:
    """What to compare: the regions of the project in a folder with what `head` finds."""

    project: Path
    head: Head


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs.

    Attributes:
        found: the strongest first.
        frames: how many were searched; there: how many are labelled.
        unread: media that could not be read, and why.
    """

    found: tuple[Disagreement, ...]
    frames: int
    there: int
    unread: tuple[str, ...] = ()


def compare_with_head(request: CompareRequest, networks: Networks, control: Control) -> Comparison:
    """Search the labelled frames, publishing the `Comparison` so far now and then.

    Regions that a person reviewed are right, whatever the head says.

    Raises:
        InputError: the head cannot be used, or nothing is labelled.
    """
    return networks.on_device(lambda: _compared(request, networks, control))


def _compared(request: CompareRequest, networks: Networks, control: Control) -> Comparison:
    control.progress(0.0, "loading the network")
    backbone = networks.of(request.head)
    with Project.open(request.project) as project:
        search = HeadSearch(project, request.head, backbone)
        known = Completeness(project)
        labels = [label for label in search.labels if label]
        complete, wanted = {}, {}
        for medium in project.media():
            parts = []
            for label in labels:
                frames = known.complete(medium, label)
                complete[medium.id, label] = frozenset(frames.tolist())
                parts += [frames, known.with_objects(medium.id, label)]
            wanted[medium.id] = united(parts)
        there = sum(len(frames) for frames in wanted.values())
        if not there:
            raise InputError("nothing is labelled yet of what the head looks for")
        found: list[Disagreement] = []
        published = time.monotonic()

        def so_far() -> Comparison:
            ranked = tuple(sorted(found, key=lambda each: -each.strength))
            return Comparison(ranked, search.frames, there, tuple(search.unread))

        for searched in search.over(evenly(wanted, MOST_FRAMES), control):
            here = project.regions(medium=searched.medium.id, first=searched.frame, last=searched.frame)
            for label in labels:
                sure = searched.frame in complete[searched.medium.id, label]
                found += disagreements(searched, label, [row for row in here if row.label == label], sure)
            if time.monotonic() - published > PUBLISH_EVERY:
                control.publish(so_far())
                published = time.monotonic()
        return so_far()


def disagreements(searched: Searched, label: int, here: Iterable[RegionRow], complete: bool) -> list[Disagreement]:
    """What differs on one frame for one label.

    Args:
        searched: what the head found, low scores included.
        label: id.
        here: the regions of the label on the frame.
        complete: whether all its objects are marked.
    """
    mine = searched.labels == label
    boxes, scores = searched.found.boxes[mine].astype(np.float64), searched.found.scores[mine]
    rows = [row for row in here if row.state != "outside"]
    regions = np.array([(row.x, row.y, row.width, row.height) for row in rows], np.float64).reshape(-1, 4)
    overlaps = iou_matrix(regions, boxes)
    place = searched.medium.id, searched.frame, label
    found = []
    for row, shares, box in zip(rows, overlaps, regions, strict=True):
        if row.state != "visible" or row.reviewed:
            continue
        best = float(scores[shares >= SAME_BOX].max(initial=0.0))
        if best >= DECISION:
            continue
        beside = np.where((shares > 0) & (scores >= DECISION), scores, 0)
        if beside.any():
            at = int(beside.argmax())
            moved, score = Box(*boxes[at].tolist()), float(beside[at])
            found.append(Disagreement("beside", *place, row.id, Box(*box.tolist()), score, score, moved))
        else:
            found.append(Disagreement("missed", *place, row.id, Box(*box.tolist()), best, 1 - best))
    if complete:
        touched = intersections(regions, boxes).any(0) if len(rows) else np.zeros(len(boxes), bool)
        for index in np.flatnonzero((scores >= DECISION) & ~touched):
            score, where = float(scores[index]), Box(*boxes[index].tolist())
            found.append(Disagreement("extra", *place, 0, where, score, score, where))
    return found
