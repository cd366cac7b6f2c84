"""The dense part of a head: a linear SVM as a convolution over feature maps, and a box regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.detections import Detections
from studio.core.geometry import intersections
from studio.ml.box_offsets import apply_offsets
from studio.ml.calibration import Calibration
from studio.ml.grid_windows import GridWindows
from studio.ml.pyramid import Level

LEVELS = (-2, -1, 0, 1, 2)  # exponents around that of the object: a quarter to four times its area, and half again
MOST_CELLS = 16  # of a window's side; a head with larger kernels is refused
LOWEST_SCORE = 0.05
MOST_PER_LEVEL = 32
SAME_OBJECT = 0.3  # IoU above which two boxes of one label are one object
SAME_PLACE = 0.6  # IoU above which boxes of different labels compete
INSIDE = 0.75  # share of the smaller box inside the larger of its label


@dataclass(frozen=True)
class DensePart:
    """How one label is searched for.

    Attributes:
        kernel: float32 `(channels, rows, columns)`.
        bias: the margin is kernel · window + bias.
        box_weights: float32 `(channels · rows · columns, 4)`; box_bias: float32 `(4,)`.
        exponent: of the pyramid level where the object fits the window.
        calibration: from margins to scores.
    """

    kernel: torch.Tensor
    bias: float
    box_weights: torch.Tensor
    box_bias: torch.Tensor
    exponent: int
    calibration: Calibration

    @property
    def exponents(self) -> list[int]:
        return [self.exponent + step for step in LEVELS]

    def to(self, device: torch.device) -> DensePart:
        moved = (tensor.to(device) for tensor in (self.kernel, self.box_weights, self.box_bias))
        kernel, box_weights, box_bias = moved
        return DensePart(kernel, self.bias, box_weights, box_bias, self.exponent, self.calibration)


class Peaks(NamedTuple):
    """Windows of one level that score higher than their neighbours.

    Attributes:
        grid: all windows of the level; chosen: `(n,)` which of them; margins: `(n,)`, best first.
    """

    grid: GridWindows
    chosen: NDArray[np.int64]
    margins: NDArray[np.float64]


@torch.inference_mode()
def candidates(part: DensePart, levels: Sequence[Level]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The peaks of the margin over all levels: boxes `(n, 4)` after regression, not yet clipped, and margins `(n,)`."""
    found = peaks(part, levels)
    return boxes_of(part, found), np.concatenate([np.zeros(0), *(each.margins for each in found)])


@torch.inference_mode()
def peaks(part: DensePart, levels: Sequence[Level]) -> list[Peaks]:
    """The peaks of the margin on every level that `part` uses."""
    _, rows, columns = part.kernel.shape
    bias = torch.tensor([part.bias], device=part.kernel.device)
    lowest = part.calibration.margin_of(LOWEST_SCORE)
    found = []
    for level in levels:
        grid = GridWindows(level, columns, rows)
        if level.exponent - part.exponent in LEVELS and len(grid):
            found.append(Peaks(grid, *_peaks(grid.margins(part.kernel[None], bias), lowest)))
    return found


@torch.inference_mode()
def boxes_of(part: DensePart, found: Sequence[Peaks]) -> NDArray[np.float64]:
    """Boxes `(n, 4)` of all peaks after regression, in pixels of the frame."""
    if not found:
        return np.zeros((0, 4))
    weights = part.box_weights.view(len(part.kernel), -1, 4).transpose(0, 1).flatten(0, 1)
    cells = torch.cat([each.grid.cells(each.chosen) for each in found]).flatten(1)
    offsets = (cells @ weights.to(cells.dtype)).float() + part.box_bias
    windows = np.concatenate([each.grid.boxes(each.chosen) for each in found])
    return apply_offsets(windows, offsets.cpu().numpy())


def _peaks(margins: torch.Tensor, lowest: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where margins `(1, down, across)` above `lowest` are the largest of their neighbours: the best indices, values.

    Margins come to the processor at once: they are small, and each question asked of a GPU would cost a wait.
    """
    found = margins[0].cpu().numpy()
    # Borders count as lower, as everything beyond the last window.
    largest = cv2.dilate(found, np.ones((3, 3), np.uint8))
    places = np.flatnonzero((found == largest) & (found > lowest))
    values = found.ravel()[places].astype(np.float64)
    best = np.argsort(-values, kind="stable")[:MOST_PER_LEVEL]
    return places[best], values[best]


def detect(parts: Sequence[DensePart], levels: Sequence[Level], width: int, height: int) -> Detections:
    """What all labels find on one frame of `width` × `height`: clipped to it, one box an object, best first.

    Args:
        parts: one for each label, in the order of the head's labels.
        levels: of the frame; those that a part does not use are passed over.
    """
    boxes, scores, labels = [], [], []
    for label, part in enumerate(parts):
        found, margins = candidates(part, levels)
        boxes.append(clipped(found, width, height))
        scores.append(part.calibration.scores(margins))
        labels.append(np.full(len(found), label))
    if not boxes:
        return Detections()
    return suppress(np.concatenate(boxes), np.concatenate(scores), np.concatenate(labels))


def clipped(boxes: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """The parts of boxes inside the frame; those wholly outside have no area."""
    low = np.clip(boxes[:, :2], 0, (width, height))
    high = np.clip(boxes[:, :2] + boxes[:, 2:], 0, (width, height))
    return np.concatenate([low, high - low], axis=1)


def suppress(boxes: NDArray[np.float64], scores: NDArray[np.float32], labels: NDArray[np.integer]) -> Detections:
    """Greedy non-maximum suppression: the best box stands, and what shows the same object goes."""
    kept = standing(boxes, scores, labels)
    return Detections(boxes[kept].astype(np.float32), scores[kept], labels[kept].astype(np.int64))


def standing(
    boxes: NDArray[np.float64], scores: NDArray[np.floating], labels: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Which boxes non-maximum suppression keeps, best first; those smaller than a pixel never stand."""
    order = np.argsort(-scores, kind="stable")
    order = order[(boxes[order, 2:] > 1).all(1)]
    boxes, labels = boxes[order], labels[order]
    shared = intersections(boxes, boxes)
    areas = boxes[:, 2] * boxes[:, 3]
    iou = shared / np.maximum(areas[:, None] + areas[None] - shared, 1e-9)
    inside = shared / np.maximum(np.minimum(areas[:, None], areas[None]), 1e-9)
    alike = labels[:, None] == labels[None]
    rivals = np.where(alike, (iou > SAME_OBJECT) | (inside > INSIDE), iou > SAME_PLACE)
    free = np.ones(len(boxes), bool)
    kept: list[int] = []
    for index in range(len(boxes)):
        if free[index]:
            kept.append(index)
            free &= ~rivals[index]
    return order[kept].astype(np.int64)
