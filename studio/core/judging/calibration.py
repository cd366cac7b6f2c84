"""Whether 0.8 means that four of five are right, and how to make it so.

Source: Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_BINS = 10
CROPS_A_BIN = 5  # at least, of few crops
COLDEST, HOTTEST = 0.01, 20.0  # temperatures that are looked at, in units of how far the logits of a crop spread


class ReliabilityBin(NamedTuple):
    """Crops whose likeliest label has about the same probability.

    Attributes:
        crops: how many.
        confidence: mean of those probabilities.
        accuracy: share of the crops that is right.
    """

    crops: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """How far probabilities are from what they promise.

    Attributes:
        error: the expected calibration error, 0…1: the mean distance of confidence and accuracy over the bins, weighed
            by their crops.
        bins: from the least sure to the surest, of about equally many crops.
    """

    error: float
    bins: tuple[ReliabilityBin, ...]


def calibration_of(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> Calibration:
    """Judge the probabilities of the likeliest labels.

    Args:
        confidence: `(n,)` in 0…1; equal ones share a bin.
        right: `(n,)` whether that label is the true one.
    """
    count = len(confidence)
    if not count:
        return Calibration(0.0, ())
    confidence = np.asarray(confidence, np.float64)
    bins = min(MOST_BINS, max(count // CROPS_A_BIN, 1))
    place = np.searchsorted(np.sort(confidence), confidence) * bins // count
    counts = np.bincount(place, minlength=bins)
    held = np.flatnonzero(counts)
    sure = np.bincount(place, confidence, bins)[held] / counts[held]
    hits = np.bincount(place, right, bins)[held] / counts[held]
    rows = zip(counts[held].tolist(), sure.tolist(), hits.tolist(), strict=True)
    error = float((np.abs(sure - hits) * counts[held]).sum() / count)
    return Calibration(error, tuple(ReliabilityBin(*row) for row in rows))


def fit_temperature(logits: NDArray[np.floating], targets: NDArray[np.integer]) -> float:
    """The temperature by which logits are divided before the softmax, so that probabilities keep their promise.

    It moves no decision, only how sure they sound: accuracy and what is confused stay as they are. But it was chosen on
    these very crops: the calibration error on them flatters afterwards, and whoever reports it says so; that of the
    test crops does not flatter.

    Minimises the cross entropy, whose slope in 1 / T rises, by bisection. As in Platt's calibration the true label of
    each crop is believed by all but 1 in n + 2: else all probabilities would be 1 where all are right.

    Args:
        logits: `(n, outputs)`, finite.
        targets: `(n,)` the true output of each.

    Returns:
        From 0.01 to 20 times how far the logits of a crop spread, so cosines may be divided by thousandths; 1 where
        there are no crops, fewer than two outputs, or no differences.
    """
    exact = logits.astype(np.float64)
    count, outputs = exact.shape
    if not count or outputs < 2:
        return 1.0
    spread = float(exact.std(axis=1).mean())
    if spread < 1e-12:
        return 1.0
    doubt = 1 / (count + 2)
    wanted = (1 - doubt) * exact[np.arange(count), targets].mean() + doubt * exact.mean()
    low, high = np.log(1 / (HOTTEST * spread)), np.log(1 / (COLDEST * spread))
    for _ in range(24):
        middle = (low + high) / 2
        if _expected(exact, np.exp(middle)) < wanted:
            low = middle
        else:
            high = middle
    return float(np.exp(-(low + high) / 2))


def _expected(logits: NDArray[np.float64], factor: float) -> float:
    """Mean of the logits that the softmax of `factor` × logits expects."""
    scaled = logits * factor
    weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return float(((weights * logits).sum(axis=1) / weights.sum(axis=1)).mean())
