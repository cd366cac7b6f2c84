"""What another threshold of a label would find, and what it would take for it wrongly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Said(NamedTuple):
    """What a threshold makes of the crops.

    Attributes:
        precision, recall: 0 where they are quotients of nothing.
        said: how many crops reach it.
        right: how many of those are of the label.
    """

    precision: float
    recall: float
    said: int
    right: int


@dataclass(frozen=True, eq=False)
class Curve:
    """Precision and recall of one label against all others, a point for each score that occurs.

    Attributes:
        thresholds: float64 `(k,)`, falling; a crop is said to be of the label from the threshold on.
        said, right: int64 `(k,)`: how many crops reach it, and how many of those are of the label.
        positives: how many crops are of the label.
    """

    thresholds: NDArray[np.float64]
    said: NDArray[np.int64]
    right: NDArray[np.int64]
    positives: int

    @property
    def precision(self) -> NDArray[np.float64]:
        """float64 `(k,)`."""
        return self.right / np.maximum(self.said, 1)

    @property
    def recall(self) -> NDArray[np.float64]:
        """float64 `(k,)`, rising."""
        return self.right / max(self.positives, 1)

    def at(self, threshold: float) -> Said:
        """What a threshold in 0…1 makes of the crops; compared as float32, as scores are."""
        place = int(np.searchsorted(-self.thresholds, -float(np.float32(threshold)), side="right")) - 1
        if place < 0:
            return Said(0.0, 0.0, 0, 0)
        said, right = int(self.said[place]), int(self.right[place])
        return Said(right / said, right / max(self.positives, 1), said, right)


def curve_of(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> Curve:
    """The curve of one label.

    Args:
        scores: `(n,)` of the label, in 0…1.
        positive: `(n,)` which crops are of it.
    """
    order = np.argsort(-scores, kind="stable")
    falling = scores[order].astype(np.float64)
    last_of_equals = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1) if len(falling) else order
    right = np.cumsum(positive[order], dtype=np.int64)[last_of_equals]
    return Curve(falling[last_of_equals], last_of_equals.astype(np.int64) + 1, right, int(positive.sum()))
