"""The windows that slide over the feature maps of a level."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from studio.ml.pyramid import Level

OVERHANG = 0.25  # of a window may lie beyond the frame, where objects come and go


class GridWindows:
    """All windows of `columns` × `rows` cells of one level, in reading order.

    Cells beyond the frame are zero, which is orthogonal to every feature.
    """

    def __init__(self, level: Level, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.level = level
        self._pad = round(columns * OVERHANG), round(rows * OVERHANG)
        height, width = level.features.shape[1:]
        self.across = max(width + 2 * self._pad[0] - columns + 1, 0)
        self.down = max(height + 2 * self._pad[1] - rows + 1, 0)

    def __len__(self) -> int:
        return self.across * self.down

    def boxes(self, indices: NDArray[np.integer] | None = None) -> NDArray[np.float64]:
        """Where windows lie on the frame, `(n, 4)` in pixels; all of them where no indices are given."""
        indices = np.arange(len(self)) if indices is None else indices
        y, x = np.divmod(indices, max(self.across, 1))
        cell = np.array([self.level.cell_width, self.level.cell_height])
        corners = (np.stack([x, y], 1) - np.array(self._pad)) * cell
        return np.concatenate([corners, np.broadcast_to(cell * (self.columns, self.rows), corners.shape)], axis=1)

    def cells(self, indices: NDArray[np.integer]) -> torch.Tensor:
        """The features of windows cell by cell, `(n, rows, columns, channels)` in the level's dtype."""
        features = self.level.features
        channels, height, width = features.shape
        y, x = np.divmod(indices, max(self.across, 1))
        ys = (y - self._pad[1])[:, None, None] + np.arange(self.rows)[:, None]
        xs = (x - self._pad[0])[:, None, None] + np.arange(self.columns)
        beyond = (ys < 0) | (ys >= height) | (xs < 0) | (xs >= width)
        places = torch.from_numpy(np.where(beyond, 0, ys * width + xs)).to(features.device)
        picked = features.permute(1, 2, 0).reshape(-1, channels)[places]
        return picked.masked_fill_(torch.from_numpy(beyond).to(features.device)[..., None], 0)

    def vectors(self, indices: NDArray[np.integer]) -> torch.Tensor:
        """The features of windows, `(n, channels · rows · columns)` in float32."""
        return self.cells(indices).permute(0, 3, 1, 2).flatten(1).float()

    def margins(self, kernels: torch.Tensor, biases: torch.Tensor) -> torch.Tensor:
        """The margins of all windows under linear kernels `(k, channels, rows, columns)`: float32 `(k, down, across)`.

        A linear SVM on windows is a convolution: each cell meets each of the kernel's cells once, in one matrix
        product in the level's dtype, and the products are added up along the windows in float32.
        """
        count, channels = kernels.shape[:2]
        if not len(self):
            return kernels.new_zeros((count, self.down, self.across))
        features = self.level.features
        weights = kernels.permute(0, 2, 3, 1).reshape(-1, channels).to(features.dtype)
        products = weights @ features.permute(1, 2, 0).reshape(-1, channels).T
        (across, down), (height, width) = self._pad, features.shape[1:]
        padded = torch.zeros(len(weights), height + 2 * down, width + 2 * across, device=features.device)
        padded[:, down : down + height, across : across + width] = products.view(-1, height, width)
        plane, line = padded[0].numel(), padded.shape[2]
        # One view in which the product of window (y, x) with the kernel's cell (r, c) stands at [k, r, c, y, x].
        along_columns, along_rows = plane + 1, self.columns * plane + line
        strides = (self.rows * self.columns * plane, along_rows, along_columns, line, 1)
        aligned = padded.as_strided((count, self.rows, self.columns, self.down, self.across), strides)
        # In two steps, because each of them runs over whole rows of memory.
        return aligned.sum(1).sum(1) + biases.float()[:, None, None]
