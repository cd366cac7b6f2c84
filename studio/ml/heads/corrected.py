"""One correction, learned at once by the two parts of a head; a fit with everything follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.geometry import Box, iou_matrix
from studio.ml.grid_windows import GridWindows
from studio.ml.heads.crop import CropPart, kernel_values, unit_length
from studio.ml.heads.dense import LEVELS, DensePart, boxes_of, peaks
from studio.ml.heads.kept import Kept, taught
from studio.ml.pyramid import Level

ROUNDS = 6
WINDOWS = 8  # that overlap the box best, in the first round
NEIGHBOUR_OVERLAP = 0.5  # IoU of a window with the corrected box, from which it is corrected too
LEAST_OVERLAP = 0.3  # of the best window of a box that fits none well
SAME = 0.4  # IoU from which a box that is found is the corrected one
OBJECT_OVERLAP = 0.5  # IoU with a box that holds an object, from which a window is not unlearned
RIGHT, WRONG = 0.65, 0.35  # scores that a confirmed and a rejected detection should have passed


@dataclass(frozen=True, eq=False)
class Correction:
    """What a person said about a box of a frame.

    Attributes:
        right: whether the label is there.
        box: in pixels of the picture whose levels are given.
        objects: float64 `(n, 4)`: boxes of the picture that do hold the label.
    """

    right: bool
    box: Box
    objects: NDArray[np.float64]


def correct_crop(part: CropPart, embedding: NDArray[np.floating], right: bool) -> CropPart:
    """The part with one more support, weighed so that this embedding `(d,)` lies on its side of the decision."""
    margin = float(part.margins(embedding[None])[0])
    goal = part.calibration.margin_of(RIGHT if right else WRONG)
    if (margin >= goal) if right else (margin <= goal):
        return part
    unit = unit_length(embedding[None])
    weight = (goal - margin) / float(kernel_values(unit, unit, part.gamma)[0, 0])
    coefficients = torch.cat([part.coefficients, torch.tensor([weight], dtype=torch.float64)])
    return replace(part, support=torch.cat([part.support, unit]), coefficients=coefficients)


@torch.inference_mode()
def correct_dense(
    part: DensePart, kept: Kept, levels: Sequence[Level], correction: Correction
) -> tuple[DensePart, Kept]:
    """The part and its samples after the windows of the correction were added to them.

    After each round the frame is searched again: a rejected box may be found by the windows next to those that are
    unlearned, until none is left.

    Args:
        part: on the device of the levels.
        kept: what it was trained on.
        levels: of the picture.
    """
    sign = 1.0 if correction.right else -1.0
    goal = part.calibration.margin_of(RIGHT if correction.right else WRONG)
    wanted = max(1.0, sign * goal)
    for turn in range(ROUNDS):
        vectors = _neighbours(part, levels, correction) if turn == 0 else []
        if not correction.right:
            vectors += _still_found(part, levels, correction, goal)
        if not vectors:
            break
        kept, kernel = taught(kept, part.kernel.flatten(), torch.cat(vectors), sign, wanted)
        part = replace(part, kernel=kernel.view_as(part.kernel))
    return part, kept


def _neighbours(part: DensePart, levels: Sequence[Level], correction: Correction) -> list[torch.Tensor]:
    """The features of the windows that overlap the box best: at least the best one of all."""
    _, rows, columns = part.kernel.shape
    grids = [GridWindows(level, columns, rows) for level in levels if level.exponent - part.exponent in LEVELS]
    found: list[tuple[float, int, int]] = []
    for at, grid in enumerate(grids):
        boxes = grid.boxes()
        overlaps = np.where(_spared(boxes, correction), 0, iou_matrix(boxes, np.array([correction.box]))[:, 0])
        best = np.argsort(-overlaps, kind="stable")[:WINDOWS]
        found += [(float(overlaps[index]), at, int(index)) for index in best]
    ranked = sorted(found, reverse=True)
    good = [each for each in ranked if each[0] >= NEIGHBOUR_OVERLAP][:WINDOWS]
    good = good or [each for each in ranked[:1] if each[0] >= LEAST_OVERLAP]
    return [grids[at].vectors(np.array([index])) for _, at, index in good]


def _still_found(part: DensePart, levels: Sequence[Level], correction: Correction, goal: float) -> list[torch.Tensor]:
    """The features of the windows that still find the box."""
    found = peaks(part, levels)
    boxes = boxes_of(part, found)
    hits = (iou_matrix(boxes, np.array([correction.box]))[:, 0] >= SAME) & ~_spared(boxes, correction)
    vectors, start = [], 0
    for each in found:
        own = hits[start : start + len(each.chosen)] & (each.margins > goal)
        start += len(each.chosen)
        if own.any():
            vectors.append(each.grid.vectors(each.chosen[own]))
    return vectors


def _spared(boxes: NDArray[np.float64], correction: Correction) -> NDArray[np.bool_]:
    """Which boxes are not unlearned, because they lie on an object better than on what was rejected."""
    if correction.right or not len(correction.objects):
        return np.zeros(len(boxes), bool)
    objects = iou_matrix(boxes, correction.objects).max(1)
    return np.asarray((objects >= OBJECT_OVERLAP) & (objects > iou_matrix(boxes, np.array([correction.box]))[:, 0]))
