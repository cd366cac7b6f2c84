"""The default tracker: a ridge filter on the backbone's features, which needs no weights of its own.

In the family of discriminative correlation filters (Henriques et al., 2014; Bhat et al., 2019), but solved exactly: the
windows of a few frames are regressed on their overlap with the object, the filter slides over the next frame, and a
second regression turns the best window into a box.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn import functional

from studio.core.geometry import Box, clip_box
from studio.ml.backbones.base import Backbone
from studio.ml.box_offsets import apply_offsets
from studio.ml.trackers.base import Picture, Tracked
from studio.ml.trackers.filter import Filter, Memory, Samples, Shape, Zoom, gather
from studio.ml.trackers.patches import Grid, cut_patch, patch_features

OBJECT_PIXELS = 56  # √(width × height) of the object in a patch
MARGIN = 0.8  # of the object's size, searched on each side
ZOOMS = ((0.94, 0.94), (1.0, 1.0), (1.06, 1.06), (1.05, 0.95), (0.95, 1.05))  # across and down
WIDE_ZOOMS = ((0.85, 0.85), (1.0, 1.0), (1.18, 1.18))  # and twice the margin, when the score is low
ZOOM_PRICE = 0.97
MOTION_PRIOR = 0.3  # share of the Hann window in the choice of the best window
NEW_SIZE = 0.6  # share of the measured size in the new one
TRUST_IN_SIZES = 0.7  # of the box regression
LEARN_EVERY = 4
LEARN_ABOVE = 0.4  # of the first frame's response
FOLLOW_ABOVE = 0.2  # likewise; below, the box stays where it was
PATIENCE = 15  # frames below that until the object counts as lost
FIRST_ZOOMS = ((0.7, 0.7), (0.85, 0.85), (1.0, 1.0), (1.18, 1.18), (1.4, 1.4))
LATER_ZOOMS = ((0.8, 0.8), (1.0, 1.0), (1.25, 1.25))


class RidgeTracker:
    """Follows one object; repeatable: the same frames and box give the same boxes on the same machine."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._random = np.random.default_rng(0)

    def start(self, frame: Picture, box: Box) -> None:
        stride = self._backbone.stride
        scale = OBJECT_PIXELS / math.sqrt(box.width * box.height) / stride
        columns, rows = (max(2, round(v * scale)) for v in (box.width, box.height))
        self._shape = Shape(columns, rows, round(OBJECT_PIXELS / stride * MARGIN))
        self._centre, self._size = box.centre, (box.width, box.height)
        first = self._samples(frame, FIRST_ZOOMS, ((0, 0), (0.5, 0.5), (0.5, 0), (0, 0.5)), near=6, far=10)
        self._memory = Memory(first)
        self._filter = self._memory.solve(self._shape)
        self._response = max(self._search(frame, ZOOMS)[0], 1e-3)
        self._frames = self._low = 0

    def update(self, frame: Picture) -> Tracked | None:
        self._frames += 1
        response, centre, size = self._search(frame, ZOOMS)
        if response < LEARN_ABOVE * self._response:
            wide = self._search(frame, WIDE_ZOOMS, reach=2.0)
            if wide[0] > 1.1 * response:
                response, centre, size = wide
        score = min(max(response / self._response, 0.0), 1.0)
        self._low = self._low + 1 if score < FOLLOW_ABOVE else 0
        if score >= FOLLOW_ABOVE:
            self._move(frame, centre, size)
        box = clip_box(self._box(), frame.shape[1], frame.shape[0])
        if self._low > PATIENCE or box is None:
            return None
        if score >= LEARN_ABOVE and self._frames % LEARN_EVERY == 0:
            self._learn(frame)
        return Tracked(box, score)

    def _box(self) -> Box:
        (x, y), (width, height) = self._centre, self._size
        return Box(x - width / 2, y - height / 2, width, height)

    def _move(self, frame: Picture, centre: tuple[float, float], size: tuple[float, float]) -> None:
        height, width = frame.shape[:2]
        self._centre = min(max(centre[0], 0.0), float(width)), min(max(centre[1], 0.0), float(height))
        wide, high = (NEW_SIZE * new + (1 - NEW_SIZE) * old for new, old in zip(size, self._size, strict=True))
        self._size = min(max(wide, 4.0), 2.0 * width), min(max(high, 4.0), 2.0 * height)

    def _learn(self, frame: Picture) -> None:
        jitter = [tuple(self._random.uniform(-0.5, 0.5, 2))]
        self._memory.add(self._samples(frame, LATER_ZOOMS, jitter, near=8, far=20))
        self._filter = self._memory.solve(self._shape)

    def _samples(self, frame: Picture, zooms: tuple[Zoom, ...], shifts: object, near: int, far: int) -> Samples:
        grids = []
        for zoom in zooms:
            for column, row in shifts:  # type: ignore[attr-defined]
                grid = self._shape.grid(self._centre, self._size, zoom)
                centre = (
                    self._centre[0] + column * grid.cell_width,
                    self._centre[1] + row * grid.cell_height,
                )
                grids.append(self._shape.grid(centre, self._size, zoom))
        return gather(self._backbone, frame, self._box(), self._shape, grids, near, far, self._random)

    @torch.inference_mode()
    def _search(
        self, frame: Picture, zooms: tuple[Zoom, ...], reach: float = 1.0
    ) -> tuple[float, tuple[float, float], tuple[float, float]]:
        """The best window around the last place: its response, and the centre and size of the box it means."""
        grids = [self._shape.grid(self._centre, self._size, zoom, reach) for zoom in zooms]
        features = patch_features(self._backbone, [cut_patch(frame, grid, self._backbone.stride) for grid in grids])
        responses = (functional.conv2d(features, self._filter.kernel) + self._filter.bias)[:, 0]
        level, row, column = _best(responses, zooms)
        grid, responses = grids[level], responses[level]
        window = features[level, :, row : row + self._shape.rows, column : column + self._shape.columns].flatten()
        box = _refined(self._filter, window, responses, grid, self._shape, row, column)
        return float(responses[row, column]), box.centre, (box.width, box.height)


def _best(responses: torch.Tensor, zooms: tuple[Zoom, ...]) -> tuple[int, int, int]:
    """Level, row and column of the best window: response, nearness and unchanged size together."""
    _, rows, columns = responses.shape
    prior = torch.outer(_hann(rows), _hann(columns)).to(responses.device)
    price = torch.tensor([1.0 if zoom == (1.0, 1.0) else ZOOM_PRICE for zoom in zooms], device=responses.device)[
        :, None, None
    ]
    merit = price * ((1 - MOTION_PRIOR) * responses + MOTION_PRIOR * prior * responses.clamp(min=0))
    level, rest = divmod(int(merit.flatten().argmax()), rows * columns)
    return (level, *divmod(rest, columns))


def _hann(length: int) -> torch.Tensor:
    return torch.hann_window(length + 2, periodic=False)[1:-1]


def _refined(
    fit: Filter, window: torch.Tensor, responses: torch.Tensor, grid: Grid, shape: Shape, row: int, column: int
) -> Box:
    """The box that a window means: its place between the cells, half by the peak's shape and half by regression."""
    shift_x = _peak_shift(responses[row], column)
    shift_y = _peak_shift(responses[:, column], row)
    x, y = grid.to_frame(column, row)
    corner = np.array([[x, y, shape.columns * grid.cell_width, shape.rows * grid.cell_height]])
    offsets = (window @ fit.box_weights + fit.box_bias).cpu().numpy().astype(np.float64)[None]
    offsets[:, 2:] *= TRUST_IN_SIZES  # the regression overshoots: it has seen few sizes
    by_regression = Box(*apply_offsets(corner, offsets)[0])
    peak_x = x + (shift_x + shape.columns / 2) * grid.cell_width
    peak_y = y + (shift_y + shape.rows / 2) * grid.cell_height
    centre_x, centre_y = (by_regression.centre[0] + peak_x) / 2, (by_regression.centre[1] + peak_y) / 2
    width, height = by_regression.width, by_regression.height
    return Box(centre_x - width / 2, centre_y - height / 2, width, height)


def _peak_shift(values: torch.Tensor, index: int) -> float:
    """The top of the parabola through a peak and its neighbours, in −0.5…0.5 from the peak."""
    if not 0 < index < len(values) - 1:
        return 0.0
    before, here, after = values[index - 1 : index + 2].tolist()
    bend = before - 2 * here + after
    return min(max(0.5 * (before - after) / bend, -0.5), 0.5) if abs(bend) > 1e-6 else 0.0
