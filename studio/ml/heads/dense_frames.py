"""Labelled frames for the dense part: what is known of them, and so which of their windows are background."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from studio.core.feature_cache import FeatureCache
from studio.core.geometry import iou_matrix
from studio.ml.backbones.base import Backbone
from studio.ml.cached_pyramid import cached_pyramid
from studio.ml.heads.dense import LEVELS
from studio.ml.heads.dense_samples import NEGATIVE_OVERLAP, View, Window
from studio.ml.heads.tiles import covered
from studio.ml.pyramid import Level, level_size, pyramid

MAP_BYTES = 1 << 29  # of feature maps held at once
FEWEST_FRAMES = 6
REJECTED_OVERLAP = 0.4  # IoU of a window with a rejected box, from which it is a negative
OBJECT_OVERLAP = 0.5  # IoU with an object, from which it is none, whatever was rejected

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class LabelledFrame:
    """A frame with all objects of a label.

    Attributes:
        picture: uint8 `(height, width, 3)` RGB.
        boxes: float64 `(n, 4)`; n may be 0 where nothing is there.
        ignore: float64 `(m, 4)`: neither positive nor negative.
        medium: which medium it is of; frames of different media share no time.
        number: its number there.
        rate: frames a second there.
        complete: every object of the label is marked, so the rest is background.
        source: the hash of the medium, under which the frame's maps are kept; empty: they are not.
        rejected: float64 `(k, 4)`: detections that a person rejected; what fires there is a negative, on an incomplete
            frame too.
    """

    picture: Picture
    boxes: NDArray[np.float64]
    ignore: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 4)))
    medium: int = 0
    number: int = 0
    rate: float = 25.0
    complete: bool = True
    source: str = ""
    rejected: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 4)))


def within_bytes(frames: Sequence[LabelledFrame], backbone: Backbone, window: Window) -> list[LabelledFrame]:
    """As many of the frames, evenly, as maps of their size may be held."""
    height, width = max((frame.picture.shape[:2] for frame in frames), key=lambda shape: shape[0] * shape[1])
    sizes = (level_size(window.exponent + step, width, height, backbone.stride) for step in LEVELS)
    cells = sum(size[0] * size[1] for size in sizes if size) / backbone.stride**2
    most = max(FEWEST_FRAMES, int(MAP_BYTES / max(cells * backbone.channels * backbone.compute.dtype.itemsize, 1)))
    if len(frames) <= most:
        return list(frames)
    return [frames[int(i)] for i in np.linspace(0, len(frames) - 1, most).round()]


def levels_of(backbone: Backbone, window: Window, frame: LabelledFrame, cache: FeatureCache | None) -> Iterable[Level]:
    """All levels of a frame that are searched for objects that fit `window`, through the cache where there is one."""
    exponents = [window.exponent + step for step in LEVELS]
    if cache is None or not frame.source:
        return pyramid(backbone, frame.picture, exponents)
    return cached_pyramid(backbone, frame.picture, exponents, (frame.source, frame.number), cache)


def background_known(views: list[View], frames: Sequence[LabelledFrame]) -> list[View]:
    """Marks as touched, for the views' own use, all windows that may hold an object nobody marked."""
    for view in views:
        labelled = frames[view.frame]
        if view.altered:
            if not labelled.complete or len(labelled.ignore):
                # Where such an object lies in the made picture is not known; parts of the marked one are background.
                view.overlaps = np.where(view.overlaps > 0.05, view.overlaps, NEGATIVE_OVERLAP)
        elif not labelled.complete:
            view.overlaps = np.maximum(view.overlaps, NEGATIVE_OVERLAP)
        elif len(labelled.ignore):
            boxes = view.windows.boxes()
            unsure = (iou_matrix(boxes, labelled.ignore).max(1) > 0.1) | covered(boxes, labelled.ignore)
            view.overlaps = np.where(unsure, np.maximum(view.overlaps, NEGATIVE_OVERLAP), view.overlaps)
    return views


def rejected_windows(view: View, frame: LabelledFrame) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The windows of a view of the whole frame that lie on a rejected box and on no object, and how well they do."""
    if view.altered or not len(frame.rejected) or not len(view.windows):
        return np.zeros(0, np.int64), np.zeros(0)
    overlaps = iou_matrix(view.windows.boxes(), frame.rejected).max(1)
    chosen = np.flatnonzero((overlaps >= REJECTED_OVERLAP) & (view.overlaps < OBJECT_OVERLAP))
    return chosen.astype(np.int64), overlaps[chosen]
