"""Searching a part of the frame only: the same for live detection, corrections and whole clips."""

from __future__ import annotations

import numpy as np

from studio.core.detections import Detections
from studio.core.geometry import Box
from studio.ml.heads.head import Head
from studio.ml.search.base import Picture, Search


class AreaSearch:
    """A search that is shown `searched_part` alone; it gives what has its centre in the area, in pixels of the frame.

    Args:
        search: of `head`.
        area: in pixels of the frame; where none of it lies inside a frame, nothing is found there.
    """

    def __init__(self, search: Search, area: Box, head: Head) -> None:
        self._search, self._area, self._head = search, area, head

    def detect(self, frame: Picture) -> Detections:
        part, corner = searched_part(frame, self._area, self._head)
        return in_area(self._search.detect(part), corner, self._area)


def searched_part(picture: Picture, area: Box | None, head: Head) -> tuple[Picture, tuple[int, int]]:
    """The part of a frame that is searched, and its upper left corner `(x, y)`.

    That is the area and half an object around it, so that one whose centre lies in it is seen whole.
    """
    if area is None:
        return picture, (0, 0)
    height, width = picture.shape[:2]
    margin = head.card.window_side / 2
    left, top = _corner(area, margin, width, height)
    right = int(np.clip(np.ceil(area.x + area.width + margin), left + 1, width))
    bottom = int(np.clip(np.ceil(area.y + area.height + margin), top + 1, height))
    return np.ascontiguousarray(picture[top:bottom, left:right]), (left, top)


def in_area(found: Detections, corner: tuple[int, int], area: Box | None) -> Detections:
    """Detections of a part of a frame, in pixels of the frame; only those whose centre lies in `area`."""
    if area is None:
        return found
    boxes = found.boxes + np.array([*corner, 0, 0], np.float32)
    centres = boxes[:, :2] + boxes[:, 2:] / 2
    low, high = np.array(area[:2]), np.array(area[:2]) + np.array(area[2:])
    inside = ((centres >= low) & (centres <= high)).all(1)
    return Detections(boxes[inside], found.scores[inside], found.label_ids[inside])


def shifted(box: Box | None, area: Box | None, head: Head, width: int, height: int) -> Box | None:
    """A box of a frame of this size in pixels of its searched part: where mode *track* starts."""
    if box is None or area is None:
        return box
    left, top = _corner(area, head.card.window_side / 2, width, height)
    return Box(box.x - left, box.y - top, box.width, box.height)


def _corner(area: Box, margin: float, width: int, height: int) -> tuple[int, int]:
    left, top = (np.clip(np.floor(low - margin), 0, most - 1) for low, most in ((area.x, width), (area.y, height)))
    return int(left), int(top)
