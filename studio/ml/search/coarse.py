"""The talk's search modes: a few square windows a frame, scored by the crop part."""

from __future__ import annotations

import numpy as np

from studio.core.detections import Detections
from studio.core.geometry import Box, Window, crop_window, place_window
from studio.ml.backbones.base import Backbone
from studio.ml.crops import cut_all, tile_side
from studio.ml.heads.dense import clipped
from studio.ml.heads.head import Head
from studio.ml.search.base import Picture

DECISION = 0.5
AS_IS = "as-is"  # the recipe
OVERLAP = 0.1  # of the side of neighbouring windows


class _Windows:
    """Scores windows of a frame with the crop part."""

    def __init__(self, head: Head, backbone: Backbone) -> None:
        self._head, self._backbone = head, backbone

    @property
    def smallest(self) -> int:
        return self._backbone.input_size

    def detect(self, frame: Picture, windows: list[Window]) -> tuple[Detections, list[Window]]:
        """The best label of every window as detections, best first, and the windows that hit."""
        embeddings = self._backbone.embed(cut_all(frame, windows, self.smallest))
        scores = self._head.crop_scores(embeddings)
        labels, best = scores.argmax(1), scores.max(1)
        height, width = frame.shape[:2]
        boxes = clipped(np.array([(w.x, w.y, w.side, w.side) for w in windows], np.float64), width, height)
        order = np.argsort(-best, kind="stable")
        found = Detections(boxes[order].astype(np.float32), best[order], labels[order].astype(np.int64))
        return found, [window for window, score in zip(windows, best, strict=True) if score >= DECISION]


def four_windows(centre_x: float, centre_y: float, side: int, width: int, height: int) -> list[Window]:
    """Four squares around a point, each moved a twentieth of its side towards the others and kept inside the frame.

    On a frame as narrow as a window two of them can be the same one; it is given once.
    """
    away = side / 2 - side * OVERLAP / 2
    windows = [
        place_window(centre_x + right * away, centre_y + down * away, side, width, height)
        for down in (-1, 1)
        for right in (-1, 1)
    ]
    return list(dict.fromkeys(windows))


def centre_window(head: Head, backbone: Backbone, width: int, height: int) -> Window:
    """The window in the centre of a frame: of the size the head was trained on, of a network as it is the largest.

    Such a network was trained on whole pictures, of which the middle was cut out.
    """
    side = min(width, height) if head.card.recipe == AS_IS else head.card.window_side
    return place_window(width / 2, height / 2, max(backbone.input_size, side), width, height)


class FixedSearch:
    """Mode *fixed*: the one window in the centre of the frame."""

    def __init__(self, head: Head, backbone: Backbone, start: Box | None = None) -> None:
        self._head, self._backbone, self._windows = head, backbone, _Windows(head, backbone)

    def detect(self, frame: Picture) -> Detections:
        height, width = frame.shape[:2]
        window = centre_window(self._head, self._backbone, width, height)
        return self._windows.detect(frame, [window])[0]


class TileSearch:
    """Mode *search*: four tiles over the whole frame; a hit hands over to *track*, no hit hands back."""

    def __init__(self, head: Head, backbone: Backbone, start: Box | None = None) -> None:
        self._windows = _Windows(head, backbone)
        self._centre: tuple[float, float] | None = None  # None: searching, else tracking around it
        self._side = 0

    @property
    def mode(self) -> str:
        return "search" if self._centre is None else "track"

    def detect(self, frame: Picture) -> Detections:
        height, width = frame.shape[:2]
        if self._centre is None:
            self._side = tile_side(self._windows.smallest, width, height)
            windows = four_windows(width / 2, height / 2, self._side, width, height)
        else:
            windows = four_windows(*self._centre, self._side, width, height)
        found, hits = self._windows.detect(frame, windows)
        self._move(hits)
        return found

    def _move(self, hits: list[Window]) -> None:
        """Around the mean centre of the hits; half the size only when exactly one window hit."""
        if not hits:
            self._centre = None
            return
        self._centre = (
            sum(window.x + window.side / 2 for window in hits) / len(hits),
            sum(window.y + window.side / 2 for window in hits) / len(hits),
        )
        if len(hits) == 1:
            self._side = max(self._windows.smallest, self._side // 2)


class TrackSearch(TileSearch):
    """Mode *track*: as *search*, but it starts at the last labelled box."""

    def __init__(self, head: Head, backbone: Backbone, start: Box | None = None) -> None:
        super().__init__(head, backbone)
        self._start = start

    def detect(self, frame: Picture) -> Detections:
        if self._start is not None:
            height, width = frame.shape[:2]
            self._centre = self._start.centre
            self._side = crop_window(self._start, self._windows.smallest, width, height).side
            self._start = None
        return super().detect(frame)
