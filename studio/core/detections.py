"""What a head says about one frame: the type that crosses the border of `ml`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


def _boxes() -> NDArray[np.float32]:
    return np.zeros((0, 4), np.float32)


def _scores() -> NDArray[np.float32]:
    return np.zeros(0, np.float32)


def _label_ids() -> NDArray[np.int64]:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Detections:
    """N detections of one frame, best first.

    Attributes:
        boxes: float32 `(N, 4)`: x, y, width, height in pixels of the frame, origin top left.
        scores: float32 `(N,)` in 0…1: calibrated probability of the label.
        label_ids: int64 `(N,)`: positions in the head's list of labels.

    Raises:
        ValueError: where shapes, dtypes or ranges are not these.
    """

    boxes: NDArray[np.float32] = field(default_factory=_boxes)
    scores: NDArray[np.float32] = field(default_factory=_scores)
    label_ids: NDArray[np.int64] = field(default_factory=_label_ids)

    def __post_init__(self) -> None:
        count = len(self.boxes)
        if self.boxes.shape != (count, 4) or self.scores.shape != (count,) or self.label_ids.shape != (count,):
            shapes = self.boxes.shape, self.scores.shape, self.label_ids.shape
            raise ValueError(f"boxes, scores and label_ids must be (N, 4), (N,), (N,), not {shapes}")
        found = [array.dtype.name for array in (self.boxes, self.scores, self.label_ids)]
        if found != ["float32", "float32", "int64"]:
            raise ValueError("boxes and scores must be float32, label_ids int64")
        if not np.isfinite(self.boxes).all() or (self.boxes[:, 2:] < 0).any():
            raise ValueError("boxes must be finite and of no negative size")
        if not ((self.scores >= 0) & (self.scores <= 1)).all():
            raise ValueError("scores must be in 0…1")

    def __len__(self) -> int:
        return len(self.boxes)

    def above(self, threshold: float) -> Detections:
        """Only those whose score is at least `threshold`."""
        keep = self.scores >= threshold
        return Detections(self.boxes[keep], self.scores[keep], self.label_ids[keep])
