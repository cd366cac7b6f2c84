"""What the dense part learns from: windows of a few labelled frames, whole and as altered views of the object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.geometry import iou_matrix
from studio.ml.backbones.base import Backbone
from studio.ml.box_offsets import offsets_to
from studio.ml.grid_windows import GridWindows
from studio.ml.pyramid import Level, resized, scale_of, unit_maps

POSITIVE_OVERLAP = 0.65
NEGATIVE_OVERLAP = 0.3
BOX_OVERLAP = 0.5  # windows above it teach the box regression
POSITIVES = 8  # windows of a frame
BOX_WINDOWS = 12  # of a level
RANDOM_NEGATIVES = 10  # of a frame
ALTERED_VIEWS = 3  # of a frame
CONTEXT = 1.0  # of the object's size on each side, in an altered view
ZOOMS = (0.72, 1.35)
GAINS, SHIFTS = (0.8, 1.2), (-15.0, 15.0)

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Window:
    """The size of the window in cells, and the exponent of the level where the object fits it."""

    columns: int
    rows: int
    exponent: int


@dataclass
class View:
    """One level of one frame, or an altered part of it.

    Attributes:
        frame: position of the frame in the training set.
        windows: all windows.
        overlaps: float64 `(n,)`: the largest IoU with an object of the label.
        nearest: `(n,)` which object that is.
        boxes: float64 `(objects, 4)` in pixels of the view.
        altered: whether it is a made picture rather than the frame itself.
    """

    frame: int
    windows: GridWindows
    overlaps: NDArray[np.float64]
    nearest: NDArray[np.int64]
    boxes: NDArray[np.float64]
    altered: bool


def whole_frame(levels: Iterable[Level], window: Window, frame: int, boxes: NDArray[np.float64]) -> list[View]:
    """The views of a frame at all the levels that the search will use."""
    return [_view(frame, GridWindows(level, window.columns, window.rows), boxes, False) for level in levels]


def altered_view(
    backbone: Backbone,
    window: Window,
    frame: int,
    picture: Picture,
    boxes: NDArray[np.float64],
    random: np.random.Generator,
) -> View:
    """One object with its surroundings, at another size and place on the grid of cells, in other light, often mirrored.

    It stands for what turns and approaches between the labelled frames and later ones.
    """
    box = boxes[random.integers(len(boxes))]
    height, width = picture.shape[:2]
    low = np.floor(np.clip(box[:2] - CONTEXT * box[2:], 0, None)).astype(int)
    high = np.ceil(np.minimum(box[:2] + (1 + CONTEXT) * box[2:], (width, height))).astype(int)
    part = picture[low[1] : high[1], low[0] : high[0]]
    zoom = scale_of(window.exponent) * np.exp(random.uniform(*np.log(ZOOMS)))
    size = tuple(int(max(16, round(extent * zoom))) for extent in (high - low))
    small = resized(part, (size[0], size[1]))
    moved = np.concatenate([boxes[:, :2] - low, boxes[:, 2:]], axis=1) * (np.array(size) / (high - low))[[0, 1, 0, 1]]
    left, top = (int(v) for v in random.integers(0, backbone.stride, 2))
    small = np.pad(small, ((top, 0), (left, 0), (0, 0)), mode="edge")
    moved[:, :2] += left, top
    if random.random() < 0.5:
        small = small[:, ::-1]
        moved[:, 0] = small.shape[1] - moved[:, 0] - moved[:, 2]
    lit = np.clip(small * random.uniform(*GAINS) + random.uniform(*SHIFTS), 0, 255).astype(np.uint8)
    features = unit_maps(backbone, torch.from_numpy(lit).permute(2, 0, 1)[None])[0]
    level = Level(window.exponent, features, backbone.stride, backbone.stride)
    return _view(frame, GridWindows(level, window.columns, window.rows), moved, True)


def _view(frame: int, windows: GridWindows, boxes: NDArray[np.float64], altered: bool) -> View:
    if not len(boxes):
        return View(frame, windows, np.zeros(len(windows)), np.zeros(len(windows), np.int64), boxes, altered)
    overlaps = iou_matrix(windows.boxes(), boxes)
    return View(frame, windows, overlaps.max(1, initial=0), overlaps.argmax(1), boxes, altered)


class SampleSet:
    """Windows with their features, growing as hard negatives are found.

    Attributes:
        positive: bool `(n,)`; frames: `(n,)` the frame of each.
        offsets: `(b, 4)` and box_frames `(b,)` of the windows that teach the box regression.
    """

    def __init__(self) -> None:
        self._features: list[torch.Tensor] = []
        self._positive: list[NDArray[np.bool_]] = []
        self._frames: list[NDArray[np.int64]] = []
        self._box_features: list[torch.Tensor] = []
        self._offsets: list[NDArray[np.float64]] = []
        self._box_frames: list[NDArray[np.int64]] = []

    def add(self, view: View, chosen: NDArray[np.integer], positive: bool) -> None:
        if len(chosen):
            self._features.append(view.windows.vectors(chosen))
            self._positive.append(np.full(len(chosen), positive))
            self._frames.append(np.full(len(chosen), view.frame))

    def add_boxes(self, view: View, chosen: NDArray[np.integer]) -> None:
        if len(chosen):
            self._box_features.append(view.windows.vectors(chosen))
            self._offsets.append(offsets_to(view.windows.boxes(chosen), view.boxes[view.nearest[chosen]]))
            self._box_frames.append(np.full(len(chosen), view.frame))

    @property
    def features(self) -> torch.Tensor:
        self._features = [torch.cat(self._features)]
        return self._features[0]

    @property
    def positive(self) -> NDArray[np.bool_]:
        return np.concatenate(self._positive)

    @property
    def frames(self) -> NDArray[np.int64]:
        return np.concatenate(self._frames)

    @property
    def box_features(self) -> torch.Tensor:
        self._box_features = [torch.cat(self._box_features)]
        return self._box_features[0]

    @property
    def offsets(self) -> NDArray[np.float64]:
        return np.concatenate(self._offsets)

    @property
    def box_frames(self) -> NDArray[np.int64]:
        return np.concatenate(self._box_frames)


def first_samples(views: Sequence[View], random: np.random.Generator) -> SampleSet:
    """Positives, windows for the box regression, and random negatives of all frames."""
    samples = SampleSet()
    for frame in sorted({view.frame for view in views}):
        own = [view for view in views if view.frame == frame]
        _add_positives(samples, [view for view in own if not view.altered], POSITIVES)
        for view in own:
            if view.altered:
                _add_positives(samples, [view], 3)
            best = np.argsort(-view.overlaps, kind="stable")[:BOX_WINDOWS]
            samples.add_boxes(view, best[view.overlaps[best] > BOX_OVERLAP])
        for view in random.choice(len(own), RANDOM_NEGATIVES):
            free = np.flatnonzero(own[view].overlaps < NEGATIVE_OVERLAP)
            if len(free):
                samples.add(own[view], random.choice(free, 1), False)
    return samples


def _add_positives(samples: SampleSet, views: Sequence[View], most: int) -> None:
    """The `most` best overlapping windows of an object; at least its best one, however it fits."""
    ranked = sorted(
        ((float(view.overlaps[i]), at, int(i)) for at, view in enumerate(views) for i in _leading(view, most)),
        reverse=True,
    )
    good = [entry for entry in ranked if entry[0] > POSITIVE_OVERLAP][:most] or [e for e in ranked[:1] if e[0] > 0.4]
    for _, at, index in good:
        samples.add(views[at], np.array([index]), True)


def _leading(view: View, most: int) -> NDArray[np.int64]:
    return np.argsort(-view.overlaps, kind="stable")[:most].astype(np.int64)
