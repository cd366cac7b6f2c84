"""How far a score may be off: crops of one track are alike, so whole tracks are drawn anew.

Sources: Efron, Bootstrap methods: another look at the jackknife, 1979; Field and Welsh, Bootstrapping clustered data,
2007; the widening for few groups is Hesterberg's expanded percentile interval, What teachers should know about the
bootstrap, 2015; where every group agrees, Clopper and Pearson, 1934.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
FEWEST_GROUPS = 5  # with fewer, what is drawn says nothing of what was not
SURE = 0.95
_AT_ONCE = 100_000  # numbers in memory


class Interval(NamedTuple):
    """95 % of what the score would be on other tracks of the same kind."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.2f}–{self.high:.2f}"


def draws(groups: NDArray[np.integer], seed: int) -> Iterator[NDArray[np.intp]]:
    """How often each crop takes part in data sets whose groups are drawn with replacement.

    Args:
        groups: `(n,)` number of the group of each crop.
        seed: the same gives the same.

    Yields:
        intp `(some, n)`, `DRAWS` lines in all.
    """
    names, place = np.unique(groups, return_inverse=True)
    random = np.random.default_rng(seed)
    size, portion = len(names), max(_AT_ONCE // len(groups), 1)
    for start in range(0, DRAWS, portion):
        lines = np.arange(min(portion, DRAWS - start))[:, None]
        chosen = random.integers(size, size=(len(lines), size)) + size * lines
        yield np.bincount(chosen.ravel(), minlength=size * len(lines)).reshape(-1, size)[:, place]


def interval_of(drawn: NDArray[np.float64], groups: int, value: float, limits: tuple[float, float]) -> Interval | None:
    """The interval of a score.

    Args:
        drawn: `(draws,)` the score of each drawn data set; nan where it has none.
        groups: from how many groups.
        value: the score itself, one of `limits` where every group agrees: then drawing again says nothing, and the
            interval is that of as many trials that all ended alike.
        limits: the least and the most that the score can be.

    Returns:
        None where there are fewer than `FEWEST_GROUPS`.
    """
    known = drawn[np.isfinite(drawn)]
    if groups < FEWEST_GROUPS or not len(known):
        return None
    low, high = np.quantile(known, _tails(groups))
    least, most = limits
    if low == high == value and value in limits:
        missed = (most - least) * (1 - ((1 - SURE) / 2) ** (1 / groups))
        return Interval(most - missed, most) if value == most else Interval(least, least + missed)
    return Interval(float(low), float(high))


def _tails(groups: int) -> tuple[float, float]:
    """The quantiles of the draws that bound the interval: further out than 2.5 and 97.5 % where groups are few."""
    normal = NormalDist()
    tail = normal.cdf(-student(normal.inv_cdf((1 + SURE) / 2), groups - 1) * sqrt(groups / (groups - 1)))
    return tail, 1 - tail


def student(normal: float, freedom: int) -> float:
    """Student's quantile beside the normal one, to 0.3 % from 4 degrees of freedom on.

    Source: Abramowitz and Stegun, Handbook of mathematical functions, 26.7.5.
    """
    z = normal
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + float(sum(term / freedom**power for power, term in enumerate(terms, 1)))
