"""Near-identical crops, told by a difference hash."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

MOST_BITS = 3  # of 64 that may differ
COMPARED = 16  # the last kept ones


def difference_hash(crop: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """64 bits: whether each cell of an 8 × 9 grey picture is brighter than its left neighbour (Krawetz, 2013)."""
    grey = cv2.cvtColor(cv2.resize(crop, (9, 8), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return np.asarray(grey[:, 1:] > grey[:, :-1]).ravel()


class NearDuplicates:
    """Says whether a crop looks like one of the last that did not."""

    def __init__(self) -> None:
        self._kept: deque[NDArray[np.bool_]] = deque(maxlen=COMPARED)

    def is_one(self, crop: NDArray[np.uint8]) -> bool:
        """Whether `crop`, uint8 `(height, width, 3)`, is near-identical to a kept one; otherwise it is kept."""
        bits = difference_hash(crop)
        if any(int((bits != kept).sum()) <= MOST_BITS for kept in self._kept):
            return True
        self._kept.append(bits)
        return False
