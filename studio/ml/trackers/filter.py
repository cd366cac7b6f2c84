"""The filter of the ridge tracker: what it learns from, how it is solved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.geometry import Box, iou_matrix
from studio.ml.backbones.base import Backbone
from studio.ml.box_offsets import offsets_to
from studio.ml.ridge import ridge
from studio.ml.trackers.base import Picture
from studio.ml.trackers.patches import Grid, cut_patch, patch_features

FILTER_PENALTY = 1.0
BOX_PENALTY = 3.0
REMEMBERED = 10  # frames, beside the first
BOX_OVERLAP = 0.5  # windows with a larger IoU teach the box regression


Zoom = tuple[float, float]  # across and down


@dataclass(frozen=True)
class Shape:
    """Cells of the object's window, and of the margin around it that is searched."""

    columns: int
    rows: int
    margin: int

    def grid(self, centre: tuple[float, float], size: tuple[float, float], zoom: Zoom, reach: float = 1.0) -> Grid:
        """The patch around `centre` in which an object of `size` · `zoom` fills the window.

        `reach` multiplies the margin.
        """
        margin = 2 * max(1, round(self.margin * reach))
        cell = size[0] / self.columns * zoom[0], size[1] / self.rows * zoom[1]
        return Grid(*centre, *cell, self.columns + margin, self.rows + margin)

    def windows(self, grid: Grid) -> NDArray[np.float64]:
        """The boxes in the frame of all windows of a patch, `(n, 4)`, row by row."""
        columns = np.arange(grid.columns - self.columns + 1)
        rows = np.arange(grid.rows - self.rows + 1)
        x, y = np.meshgrid(columns, rows)
        left, top = grid.to_frame(0, 0)
        boxes = np.empty((x.size, 4))
        boxes[:, 0] = left + x.ravel() * grid.cell_width
        boxes[:, 1] = top + y.ravel() * grid.cell_height
        boxes[:, 2:] = self.columns * grid.cell_width, self.rows * grid.cell_height
        return boxes


@dataclass(frozen=True)
class Samples:
    """Windows of one frame.

    Attributes:
        features: float32 `(n, d)`.
        targets: float32 `(n,)` in 0…1, what the filter should answer.
        offsets: float32 `(n, 4)`, from the window to the object's box.
        overlaps: float32 `(n,)`, IoU with the object's box.
    """

    features: torch.Tensor
    targets: torch.Tensor
    offsets: torch.Tensor
    overlaps: torch.Tensor


@dataclass(frozen=True)
class Filter:
    """A solved filter.

    Attributes:
        kernel: `(1, channels, rows, columns)`; bias: `(1,)`.
        box_weights: `(d, 4)`; box_bias: `(4,)`: from a window's features to its offsets.
    """

    kernel: torch.Tensor
    bias: torch.Tensor
    box_weights: torch.Tensor
    box_bias: torch.Tensor


def gather(
    backbone: Backbone,
    frame: Picture,
    box: Box,
    shape: Shape,
    grids: list[Grid],
    near: int,
    far: int,
    random: np.random.Generator,
) -> Samples:
    """Windows of `frame` with the object in `box`: from each grid the `near` best overlapping and `far` others."""
    features = patch_features(backbone, [cut_patch(frame, grid, backbone.stride) for grid in grids])
    rows, boxes = [], []
    for index, grid in enumerate(grids):
        windows = shape.windows(grid)
        order = np.argsort(-iou_matrix(windows, np.array([box]))[:, 0], kind="stable")
        chosen = np.concatenate([order[:near], random.choice(order[near:], min(far, len(order) - near), replace=False)])
        unfolded = features[index].unfold(1, shape.rows, 1).unfold(2, shape.columns, 1)  # (c, y, x, rows, columns)
        across = unfolded.shape[2]
        y, x = torch.from_numpy(chosen // across), torch.from_numpy(chosen % across)
        rows.append(unfolded[:, y, x].permute(1, 0, 2, 3).flatten(1))
        boxes.append(windows[chosen])
    windows = np.concatenate(boxes)
    overlaps = iou_matrix(windows, np.array([box]))[:, 0]
    device = features.device
    return Samples(
        torch.cat(rows),
        torch.from_numpy(np.clip((overlaps - 0.3) / 0.7, 0, 1)).float().to(device),
        torch.from_numpy(offsets_to(windows, np.array([box]))).float().to(device),
        torch.from_numpy(overlaps).float().to(device),
    )


class Memory:
    """The samples of the first frame, which stay, and of the last frames learned from; with their inner products.

    Only the products with new samples are computed: they are most of the work of solving.
    """

    def __init__(self, first: Samples) -> None:
        self._groups = [first]
        self._features = first.features
        self._gram = first.features @ first.features.T

    def add(self, samples: Samples) -> None:
        """Take in the samples of one more frame; the oldest but the first goes when there are `REMEMBERED`."""
        if len(self._groups) > REMEMBERED:
            gone = self._groups.pop(1)
            start = len(self._groups[0].targets)
            kept = [*range(start), *range(start + len(gone.targets), len(self._gram))]
            self._gram, self._features = self._gram[kept][:, kept], self._features[kept]
        self._groups.append(samples)
        self._features = torch.cat([self._features, samples.features])
        products = samples.features @ self._features.T
        old = len(self._gram)
        self._gram = torch.cat([torch.cat([self._gram, products[:, :old].T], 1), products])

    def solve(self, shape: Shape) -> Filter:
        """The filter for all samples; those of the first frame always keep a quarter of the weight."""
        features, targets = self._features, self._joined("targets")
        first = len(self._groups[0].targets)
        weights = torch.ones_like(targets)
        weights[:first] = max(1.0, (len(self._groups) - 1) / 3) * 60 / first
        weights *= 1 + 2 * targets
        kernel, bias = ridge(features, targets[:, None], FILTER_PENALTY, weights, self._gram)
        near = torch.nonzero(self._joined("overlaps") > BOX_OVERLAP)[:, 0]
        offsets, gram = self._joined("offsets")[near], self._gram[near][:, near]
        box_weights, box_bias = ridge(features[near], offsets, BOX_PENALTY, gram=gram)
        return Filter(kernel.view(1, -1, shape.rows, shape.columns), bias, box_weights, box_bias)

    def _joined(self, name: str) -> torch.Tensor:
        return torch.cat([getattr(group, name) for group in self._groups])
