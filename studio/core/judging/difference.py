"""Whether one run is better than another, or was only luckier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.judging.intervals import DRAWS, FEWEST_GROUPS, Interval, draws, interval_of
from studio.core.judging.judgement import Judgement
from studio.core.judging.predictions import Predictions
from studio.core.project.edits import counted

CHANCE = 0.05  # a difference that chance brings more often is none
LIMITS = (-1.0, 1.0)  # of a difference of accuracies


@dataclass(frozen=True)
class Difference:
    """Two runs, judged on the same crops or not.

    Attributes:
        accuracies: of the first and the second, on the crops that were compared.
        value: the second less the first.
        interval: of `value`, of the pairs drawn by track; None where tracks are too few or the crops are others.
        chance: how often exchanging the two runs at random, track by track, makes a difference at least as large,
            0…1; None likewise.
        crops, tracks: that were compared; 0 where the crops are others.
        real: whether it is more than chance: both `interval` and `chance` say so, or, on other crops, the intervals of
            the two runs do not touch.
        says: all of it in a sentence.
    """

    accuracies: tuple[float, float]
    value: float
    interval: Interval | None
    chance: float | None
    crops: int
    tracks: int
    real: bool
    says: str

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "accuracies": list(self.accuracies),
            "difference": self.value,
            "interval": None if self.interval is None else list(self.interval),
            "chance": self.chance,
            "crops": self.crops,
            "tracks": self.tracks,
            "more_than_chance": self.real,
            "says": self.says,
        }


def difference(first: Predictions, second: Predictions, seed: int = 0) -> Difference:
    """Compare the accuracies of two runs on crops of one split.

    Where both judged the same crops (the same regions with the same labels; half of the larger set at least, by at
    least one) they are compared crop by crop, in pairs: a bootstrap over tracks gives the interval, and the sign-flip
    test of Fisher (The design of experiments, 1935), over tracks, whether chance would do as well. Where the crops are
    others only the intervals of the two can be compared.

    Args:
        first, second: of one split, at least one crop each.
        seed: of the drawing.

    Raises:
        ValueError: one has no crop.
    """
    one, two = first.judged(seed), second.judged(seed)
    if one is None or two is None:
        raise ValueError("nothing was judged")
    rows, others = _shared(first, second)
    if 2 * len(rows) < max(len(first), len(second)):
        return _apart(one, two)
    hits = _hits(one)[rows], _hits(two)[others]
    return _paired(hits, first.groups[rows], seed, len(rows) < max(len(first), len(second)))


def _hits(judgement: Judgement) -> NDArray[np.int64]:
    right: NDArray[np.bool_] = judgement.predicted == judgement.targets
    return right.astype(np.int64)


def _shared(first: Predictions, second: Predictions) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the crops that both judged, by the same true label."""
    _, rows, others = np.intersect1d(first.ids, second.ids, assume_unique=True, return_indices=True)
    names = [np.array(each.labels, np.str_)[each.targets] for each in (first, second)]
    same = names[0][rows] == names[1][others]
    return rows[same], others[same]


def _paired(
    hits: tuple[NDArray[np.int64], NDArray[np.int64]], groups: NDArray[np.int64], seed: int, some: bool
) -> Difference:
    one, two = (float(each.mean()) for each in hits)
    gained = hits[1] - hits[0]
    tracks = len(np.unique(groups))
    drawn = np.concatenate([(times @ gained) / times.sum(axis=1) for times in draws(groups, seed)])
    interval = interval_of(drawn, tracks, two - one, LIMITS)
    chance = _chance(gained, groups, seed) if interval is not None else None
    real = interval is not None and chance is not None and not interval.low <= 0 <= interval.high and chance < CHANCE
    on = f"on the {'same ' if not some else ''}{counted(len(gained), 'crop')}{' that both judged' if some else ''}"
    on += "" if tracks == len(gained) else f" of {counted(tracks, 'track')}"
    if not gained.any():
        says = f"Both are right and wrong {on.replace('on the', 'about the', 1)} alike."
    elif interval is None:
        says = (
            f"{_signed(two - one)} {on}: too few tracks to tell this from chance; {FEWEST_GROUPS} at least are needed."
        )
    else:
        said = f"{_signed(two - one)} ({_signed(interval.low)} to {_signed(interval.high)}) {on}"
        says = f"{said}: more than chance." if real else f"{said}: this may be chance."
    return Difference((one, two), two - one, interval, chance, len(gained), tracks, real, says)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _chance(gained: NDArray[np.int64], groups: NDArray[np.int64], seed: int) -> float:
    """How often random signs of the tracks give a sum at least as far from 0."""
    _, place = np.unique(groups, return_inverse=True)
    sums = np.bincount(place, gained)
    sums = sums[sums != 0]
    signs = np.random.default_rng(seed).integers(2, size=(DRAWS, len(sums)), dtype=np.int8) * 2 - 1
    reached = np.abs(signs @ sums) >= abs(sums.sum()) - 1e-9
    return float((1 + reached.sum()) / (1 + DRAWS))


def _apart(one: Judgement, two: Judgement) -> Difference:
    value = two.accuracy - one.accuracy
    first, second = one.interval, two.interval
    start = "They judged different crops and cannot be compared crop by crop"
    apart = first is not None and second is not None and (first.high < second.low or second.high < first.low)
    if first is None or second is None:
        end = "and there are too few tracks for an interval of both"
    elif apart:
        end = f"but their intervals, {first} and {second}, lie apart: more than chance, if both sets are alike"
    else:
        end = f"and their intervals, {first} and {second}, overlap: this may be chance"
    return Difference((one.accuracy, two.accuracy), value, None, None, 0, 0, apart, f"{start}, {end}.")
