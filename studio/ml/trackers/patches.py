"""Patches of a frame on a grid of feature cells."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch.nn import functional

from studio.ml.backbones.base import Backbone
from studio.ml.trackers.base import Picture


class Grid(NamedTuple):
    """Where a patch lies on the frame.

    Attributes:
        centre_x, centre_y: its centre in pixels of the frame.
        cell_width, cell_height: pixels of the frame under one feature cell.
        columns, rows: cells of the patch.
    """

    centre_x: float
    centre_y: float
    cell_width: float
    cell_height: float
    columns: int
    rows: int

    def to_frame(self, column: float, row: float) -> tuple[float, float]:
        """The point of the frame under a point of the patch, given in cells from its upper left corner."""
        return (
            self.centre_x + (column - self.columns / 2) * self.cell_width,
            self.centre_y + (row - self.rows / 2) * self.cell_height,
        )


def cut_patch(frame: Picture, grid: Grid, stride: int) -> Picture:
    """The pixels under `grid`, uint8 `(rows · stride, columns · stride, 3)`; the frame's border is repeated beyond it.

    Sampled bilinearly; a frame that shrinks much is averaged first, so that fine texture does not alias.
    """
    step_x, step_y = grid.cell_width / stride, grid.cell_height / stride
    left, top = grid.to_frame(0, 0)
    if max(step_x, step_y) > 1.4:
        frame, left, top, step_x, step_y = _shrunk(frame, grid, left, top, step_x, step_y)
    sampling = np.array([[step_x, 0, left + step_x / 2 - 0.5], [0, step_y, top + step_y / 2 - 0.5]], np.float32)
    size = (grid.columns * stride, grid.rows * stride)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(frame, sampling, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _shrunk(
    frame: Picture, grid: Grid, left: float, top: float, step_x: float, step_y: float
) -> tuple[Picture, float, float, float, float]:
    """The part of the frame under the grid at the size of the patch, with the corner and steps to sample it."""
    height, width = frame.shape[:2]
    right, bottom = grid.to_frame(grid.columns, grid.rows)
    x0, x1 = (int(np.clip(v, 0, width)) for v in (np.floor(left), np.ceil(right)))
    y0, y1 = (int(np.clip(v, 0, height)) for v in (np.floor(top), np.ceil(bottom)))
    if x1 - x0 < step_x or y1 - y0 < step_y:
        return frame, left, top, step_x, step_y
    size = (max(1, round((x1 - x0) / step_x)), max(1, round((y1 - y0) / step_y)))
    part = np.asarray(cv2.resize(frame[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA), np.uint8)
    shrink_x, shrink_y = (x1 - x0) / size[0], (y1 - y0) / size[1]
    return part, (left - x0) / shrink_x, (top - y0) / shrink_y, step_x / shrink_x, step_y / shrink_y


@torch.inference_mode()
def patch_features(backbone: Backbone, patches: list[Picture]) -> torch.Tensor:
    """Feature maps of patches of one size, float32 `(n, channels, rows, columns)`, each position of unit length."""
    pictures = torch.from_numpy(np.stack(patches)).permute(0, 3, 1, 2)
    return functional.normalize(backbone.maps(pictures).float(), dim=1)
