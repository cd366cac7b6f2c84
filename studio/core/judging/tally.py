"""Counts of each label from which accuracy and F1 follow, of the crops as they are and of drawn data sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from studio.core.judging.intervals import draws


@dataclass(frozen=True, eq=False)
class Tally:
    """One data set, or one a line.

    Attributes:
        count: float64 `(…, outputs)`: crops of each label.
        said: likewise, crops taken for it.
        right: likewise, those of both.
    """

    count: NDArray[np.float64]
    said: NDArray[np.float64]
    right: NDArray[np.float64]

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """`(…)` share of all crops that is right."""
        return np.asarray(self.right.sum(axis=-1) / self.count.sum(axis=-1))

    @cached_property
    def f1(self) -> NDArray[np.float64]:
        """`(…, outputs)` harmonic mean of precision and recall; 0 where nothing is of the label or taken for it."""
        return 2 * self.right / np.maximum(self.count + self.said, 1)

    @property
    def macro_f1(self) -> NDArray[np.float64]:
        """`(…)` mean of F1 over the labels that have crops."""
        occurs = self.count > 0
        return np.asarray((self.f1 * occurs).sum(axis=-1) / occurs.sum(axis=-1))


def tally(targets: NDArray[np.int64], predicted: NDArray[np.int64], outputs: int) -> Tally:
    """Of the crops as they are.

    Args:
        targets, predicted: `(n,)` indices of the outputs.
        outputs: how many there are.
    """
    parts = targets, predicted, targets[targets == predicted]
    return Tally(*(np.bincount(part, minlength=outputs).astype(np.float64) for part in parts))


def drawn_tally(
    targets: NDArray[np.int64], predicted: NDArray[np.int64], groups: NDArray[np.int64], outputs: int, seed: int
) -> Tally:
    """Of data sets whose groups are drawn with replacement, a line for each; arguments as of `tally` and `draws`."""
    hit = np.flatnonzero(targets == predicted)
    hits = targets[hit]
    portions = [
        (_sums(targets, times, outputs), _sums(predicted, times, outputs), _sums(hits, times[:, hit], outputs))
        for times in draws(groups, seed)
    ]
    return Tally(*(np.concatenate(part) for part in zip(*portions, strict=True)))


def _sums(kinds: NDArray[np.int64], times: NDArray[np.intp], outputs: int) -> NDArray[np.float64]:
    """For each line of `times` how often each kind takes part, float64 `(lines, outputs)`."""
    cells = kinds + outputs * np.arange(len(times))[:, None]
    sums: NDArray[np.float64] = np.bincount(cells.ravel(), times.ravel(), outputs * len(times)).astype(np.float64)
    return sums.reshape(-1, outputs)
