"""Hard negatives from the videos: where a head fires, and nothing is.

As in "Object Detection with Discriminatively Trained Part Based Models" (Felzenszwalb et al., 2010) what a detector
takes for its object teaches it more than background at random; here over all of a project's frames that are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.geometry import Box, crop_window, intersections, iou_matrix
from studio.core.project import BACKGROUND, OBJECT_STATES, MediumRow, Project, RegionRow
from studio.core.project.completeness import Completeness
from studio.core.project.hard_negatives import SAME_BOX, HardNegative, is_free
from studio.core.project.held_back import held_back
from studio.ml.gallery.searching import HeadSearch, Searched, evenly, united
from studio.ml.heads.head import Head
from studio.ml.networks import Networks

MOST = 100  # that are taken, the highest scores first
MOST_FRAMES = 400  # that are searched
LEAST = 0.25  # a score below it teaches nothing
APART = 1.0  # seconds in which the same place is taken once

Frames = NDArray[np.int64]


@dataclass(frozen=True)
class MiningRequest:
    """What to mine.

    Attributes:
        project: its folder.
        head: what is asked.
        medium: id of the only one to look through; None: all.
        most: hard negatives, and suggestions.
        unlabelled: whether frames of which nobody said that all objects are marked give suggestions.
    """

    project: Path
    head: Head
    medium: int | None = None
    most: int = MOST
    unlabelled: bool = False


@dataclass(frozen=True, eq=False)
class Mining:
    """What was found.

    Attributes:
        position: of the history that it was found at.
        found: on frames on which every object of the label is marked: no object, whatever the head says.
        suggested: on other frames; a person has to say whether they are objects.
        frames: how many were searched; there: how many there are.
        unread: media that could not be read, and why.
    """

    position: int
    found: tuple[HardNegative, ...]
    suggested: tuple[HardNegative, ...]
    frames: int
    there: int
    unread: tuple[str, ...]


def mine(request: MiningRequest, networks: Networks, control: Control) -> Mining:
    """Search frames and take the highest scores that are no objects; nothing is stored.

    Raises:
        InputError: the head cannot be used, or there is no frame to look at.
    """
    return networks.on_device(lambda: _mined(request, networks, control))


def _mined(request: MiningRequest, networks: Networks, control: Control) -> Mining:
    control.progress(0.0, "loading the network")
    backbone = networks.of(request.head)
    with Project.open(request.project) as project:
        position = project.position
        search = HeadSearch(project, request.head, backbone)
        known = Completeness(project)
        media = [row for row in project.media() if request.medium in (None, row.id)]
        plan = _Plan.made(project, known, search, media, request.unlabelled)
        there = sum(len(frames) for frames in plan.wanted.values())
        if not there:
            raise InputError(
                "there are no frames on which every object is marked; follow an object, or mark where nothing is"
            )
        free = _Free(project, backbone.input_size)
        sure, unsure = _Best(), _Best()
        for searched in search.over(evenly(plan.wanted, MOST_FRAMES), control):
            for each in _candidates(searched, free):
                if plan.is_complete(each):
                    sure.add(each, searched.rate)
                elif request.unlabelled:
                    unsure.add(each, searched.rate)
    return Mining(
        position, sure.taken(request.most), unsure.taken(request.most), search.frames, there, tuple(search.unread)
    )


@dataclass(frozen=True, eq=False)
class _Plan:
    """Which frames are searched, and what is known of them."""

    wanted: dict[int, Frames]
    complete: Mapping[tuple[int, int], frozenset[int]]

    @staticmethod
    def made(
        project: Project, known: Completeness, search: HeadSearch, media: Iterable[MediumRow], unlabelled: bool
    ) -> _Plan:
        """Frames that are kept from training give nothing to it."""
        held, labels = held_back(project), [label for label in search.labels if label]
        wanted: dict[int, Frames] = {}
        complete: dict[tuple[int, int], frozenset[int]] = {}
        for medium in media:
            parts = []
            for label in labels:
                frames = known.complete(medium, label)
                complete[medium.id, label] = frozenset(frames.tolist())
                parts += [frames, known.open(medium, label)] if unlabelled else [frames]
            frames = united(parts)
            wanted[medium.id] = frames[[not held.holds(medium.id, int(frame)) for frame in frames]]
        return _Plan(wanted, complete)

    def is_complete(self, each: HardNegative) -> bool:
        return each.frame in self.complete[each.medium, each.label]


class _Free:
    """Tells whether a box can be a negative; asked frame by frame."""

    def __init__(self, project: Project, input_size: int) -> None:
        self._project, self._input_size = project, input_size
        self._background = project.label(BACKGROUND).id

    def here(self, searched: Searched) -> list[RegionRow]:
        return self._project.regions(medium=searched.medium.id, first=searched.frame, last=searched.frame)

    def is_free(self, box: Box, label: int, medium: MediumRow, here: list[RegionRow]) -> bool:
        """Also the square that is cut for it keeps off the objects, as far as theirs is not seen by it."""
        if not is_free(box, label, here, self._background):
            return False
        window = crop_window(box, self._input_size, medium.width, medium.height)
        objects = [row for row in here if row.label != self._background and row.state in OBJECT_STATES]
        boxes = np.array([(row.x, row.y, row.width, row.height) for row in objects]).reshape(-1, 4)
        return not intersections(np.array([(window.x, window.y, window.side, window.side)]), boxes).any()


def _candidates(searched: Searched, free: _Free) -> list[HardNegative]:
    found, here = [], free.here(searched)
    for box, score, label in zip(searched.found.boxes, searched.found.scores, searched.labels, strict=True):
        place = Box(*(float(value) for value in box))
        if label and score >= LEAST and free.is_free(place, int(label), searched.medium, here):
            found.append(HardNegative(searched.medium.id, searched.frame, int(label), place, float(score)))
    return found


class _Best:
    """The highest scores; of what stands still the best moment of each second."""

    def __init__(self) -> None:
        self._found: list[tuple[HardNegative, float]] = []

    def add(self, each: HardNegative, rate: float) -> None:
        self._found.append((each, rate))

    def taken(self, most: int) -> tuple[HardNegative, ...]:
        kept: list[HardNegative] = []
        for each, rate in sorted(self._found, key=lambda pair: -pair[0].score):
            if len(kept) == most:
                break
            if not any(_same(each, other, APART * rate) for other in kept):
                kept.append(each)
        return tuple(kept)


def _same(one: HardNegative, other: HardNegative, frames: float) -> bool:
    near = (one.medium, one.label) == (other.medium, other.label) and abs(one.frame - other.frame) <= frames
    return near and float(iou_matrix(np.array([one.box]), np.array([other.box]))[0, 0]) >= SAME_BOX
