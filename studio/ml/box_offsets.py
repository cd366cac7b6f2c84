"""Box regression: how a window must move and stretch to become a box (Girshick et al., 2014)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_SHIFT = 0.6  # of the window's size
MOST_STRETCH = 0.6  # natural logarithm


def offsets_to(windows: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """(dx, dy, log dw, log dh) from each window `(n, 4)` to its box `(n, 4)` or `(1, 4)`: shifts of the centre in
    window sizes, logarithms of the ratios of sizes."""
    windows, boxes = np.asarray(windows, np.float64), np.asarray(boxes, np.float64)
    centre = (boxes[:, :2] + boxes[:, 2:] / 2) - (windows[:, :2] + windows[:, 2:] / 2)
    return np.concatenate([centre / windows[:, 2:], np.log(boxes[:, 2:] / windows[:, 2:])], axis=1)


def apply_offsets(windows: NDArray[np.floating], offsets: NDArray[np.floating]) -> NDArray[np.float64]:
    """The boxes `(n, 4)` that `offsets` `(n, 4)` make of `windows` `(n, 4)`; wild offsets are held back."""
    windows = np.asarray(windows, np.float64)
    shift = np.clip(offsets[:, :2], -MOST_SHIFT, MOST_SHIFT)
    sizes = windows[:, 2:] * np.exp(np.clip(offsets[:, 2:], -MOST_STRETCH, MOST_STRETCH))
    centres = windows[:, :2] + windows[:, 2:] / 2 + shift * windows[:, 2:]
    return np.concatenate([centres - sizes / 2, sizes], axis=1)
