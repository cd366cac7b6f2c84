"""From margins to scores: a sigmoid whose middle lies where held-out frames say the decision belongs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

FROM_BACKGROUND = 0.25  # of the way from the last false margin to the first true one


@dataclass(frozen=True)
class Calibration:
    """score = 1 / (1 + exp(−slope · (margin − middle))): 0.5 is the decision (Platt, 1999)."""

    slope: float
    middle: float

    def scores(self, margins: NDArray[np.floating]) -> NDArray[np.float32]:
        """Scores in 0…1 of margins of any shape."""
        return np.asarray(expit(self.slope * (np.asarray(margins, np.float64) - self.middle)), np.float32)

    def margin_of(self, score: float) -> float:
        """The margin that has `score`."""
        return self.middle + float(np.log(score / (1 - score))) / self.slope


UNCALIBRATED = Calibration(2.0, 0.0)  # nothing was held out: a support vector machine's own decision


def calibrate(true: NDArray[np.floating], false: NDArray[np.floating]) -> Calibration:
    """A calibration from held-out margins.

    The middle maximises F1. Where a range of margins does so equally, it is taken a quarter up from the background:
    frames held out from a clip resemble those trained on more than later ones will, so true margins fall further than
    false ones rise. The slope is the maximum-likelihood one with both sides of equal weight, with a unit normal prior.

    Args:
        true: margins of windows or frames with the object.
        false: margins of those without.
    """
    if not len(true) or not len(false):
        return UNCALIBRATED
    middle = _best_margin(np.asarray(true, np.float64), np.asarray(false, np.float64))
    margins = np.concatenate([true, false])[:, None] - middle
    labels = np.concatenate([np.ones(len(true)), np.zeros(len(false))])
    solver = LogisticRegression(fit_intercept=False, class_weight="balanced").fit(margins, labels)
    return Calibration(max(float(solver.coef_[0, 0]), 0.5), middle)


def _best_margin(true: NDArray[np.float64], false: NDArray[np.float64]) -> float:
    edges = np.unique(np.concatenate([true, false]))
    lower = np.concatenate([[edges[0] - 1], edges])  # a threshold between lower[i] and upper[i]
    upper = np.concatenate([edges, [edges[-1] + 1]])
    hits = (true[None] >= upper[:, None]).sum(1)
    alarms = (false[None] >= upper[:, None]).sum(1)
    f1 = 2 * hits / np.maximum(hits + alarms + len(true), 1)
    best = int(np.argmax(f1))
    return float(lower[best] + FROM_BACKGROUND * (upper[best] - lower[best]))
