"""Crops that are unlike the others of their label."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control
from studio.ml.gallery.neighbours import all_nearest
from studio.ml.gallery.reading import portion

NEIGHBOURS = 10
NORMAL = 1.4826  # median absolute deviations in a standard deviation of a normal distribution
FEW = 5  # crops of a label, under which nothing is usual


def outliers(
    values: NDArray[np.float16], labels: NDArray[np.int64], control: Control, device: torch.device | str = "cpu"
) -> NDArray[np.float32]:
    """How far each crop lies from its label: its mean cosine distance to the nearest of them, as a robust z-score.

    (distance − median) ÷ (1.4826 · median absolute deviation), over the crops of the label.

    Args:
        values: `(n, d)` of unit length, without NaN.
        labels: `(n,)`.
        control: progress and cancelling.
        device: where cosines are computed.

    Returns:
        float32 `(n,)`: 0 is usual, above 3 an outlier; NaN of labels with fewer than `FEW` crops.
    """
    found = np.full(len(values), np.nan, np.float32)
    done = 0
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        if len(rows) >= FEW:
            part = portion(control, done / len(values), len(rows) / len(values))
            distances = 1 - all_nearest(values[rows], NEIGHBOURS, part, device)[1].mean(1)
            found[rows] = _robust(distances)
        done += len(rows)
    return found


def _robust(distances: NDArray[np.floating]) -> NDArray[np.float32]:
    away = distances - np.median(distances)
    spread = NORMAL * float(np.median(np.abs(away)))
    return np.asarray(away / max(spread, 1e-6), np.float32)
