"""The squares that are cut, for many boxes at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Values = NDArray[np.floating]


def crop_windows(
    boxes: NDArray[np.floating], input_size: int, widths: NDArray[np.integer], heights: NDArray[np.integer]
) -> Integers:
    """As `studio.core.geometry.crop_window` for each box.

    Args:
        boxes: `(n, 4)` x, y, width, height in pixels.
        input_size: side of the network's pictures.
        widths, heights: `(n,)` of the frames; 0 where it is not known.

    Returns:
        int64 `(n, 3)` x, y and side.
    """
    boxes, widths, heights = np.asarray(boxes, np.float64), np.asarray(widths), np.asarray(heights)
    longest = np.maximum(widths, heights)
    least = np.minimum(input_size, np.where(longest > 0, longest, input_size))
    side = np.maximum(np.rint(boxes[:, 2:].max(1)).astype(np.int64), least)

    def starts(low: Values, extent: Values, whole: NDArray[np.integer]) -> Integers:
        around = np.rint(low + extent / 2 - side / 2).astype(np.int64)
        inside = np.clip(around, 0, np.maximum(whole - side, 0))
        return np.asarray(np.where(whole == 0, around, np.where(side >= whole, (whole - side) // 2, inside)), np.int64)

    left, top = starts(boxes[:, 0], boxes[:, 2], widths), starts(boxes[:, 1], boxes[:, 3], heights)
    return np.stack([left, top, side], axis=1).astype(np.int64)
