"""Searching a part of the frame only."""

from __future__ import annotations

import numpy as np

from studio.core.detections import Detections
from studio.core.geometry import Box, clip_box
from studio.ml.search.base import Picture, Search


class AreaSearch:
    """A search that is shown the area alone; its detections are in pixels of the whole frame.

    Args:
        area: in pixels of the frame; where none of it lies inside a frame, nothing is found there.
    """

    def __init__(self, search: Search, area: Box) -> None:
        self._search, self._area = search, area

    def detect(self, frame: Picture) -> Detections:
        inside = clip_box(self._area, frame.shape[1], frame.shape[0])
        if inside is None:
            return Detections()
        left, top = int(inside.x), int(inside.y)
        right, bottom = int(np.ceil(inside.x + inside.width)), int(np.ceil(inside.y + inside.height))
        found = self._search.detect(np.ascontiguousarray(frame[top:bottom, left:right]))
        shift = np.array([left, top, 0, 0], np.float32)
        return Detections(found.boxes + shift, found.scores, found.label_ids)


def shifted(box: Box | None, area: Box) -> Box | None:
    """A box of the whole frame in pixels of what `AreaSearch` shows: where mode *track* starts."""
    if box is None:
        return None
    return Box(box.x - int(max(area.x, 0)), box.y - int(max(area.y, 0)), box.width, box.height)
