"""Support vector machines on a Gram matrix that is computed once and sliced for every fold.

scikit-learn (libsvm) solves; the kernel's values come from one matrix product, which is many times faster than libsvm's
own loop over dense vectors of thousands of dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.svm import SVC

PENALTY = 1.0  # C of the support vector machine


@dataclass(frozen=True)
class Machine:
    """A binary SVM in its dual form: margin(x) = Σ coefficientᵢ · k(supportᵢ, x) + intercept.

    Attributes:
        support: `(s,)` rows of the training samples.
        coefficients: float64 `(s,)`, label times dual variable.
        intercept: the constant.
    """

    support: NDArray[np.int64]
    coefficients: NDArray[np.float64]
    intercept: float

    def margins(self, gram: NDArray[np.floating]) -> NDArray[np.float64]:
        """Margins `(n,)` of samples whose kernel values with all training samples are `gram` `(n, training)`."""
        return np.asarray(gram[:, self.support] @ self.coefficients + self.intercept)


def train_machine(
    gram: NDArray[np.floating],
    positive: NDArray[np.bool_],
    rows: NDArray[np.integer] | None = None,
    weights: NDArray[np.floating] | None = None,
) -> Machine:
    """Train on `rows` (None: all) of the samples; both classes weigh the same together (C balanced).

    Args:
        gram: `(n, n)` kernel values of all samples.
        positive: `(n,)` which of them are of the label.
        rows: which to train on; both classes must be among them.
        weights: `(n,)` how much each counts against others of its class; None: all the same.
    """
    rows = np.arange(len(positive)) if rows is None else rows
    solver = SVC(C=PENALTY, kernel="precomputed", class_weight="balanced", cache_size=400)
    shares = None if weights is None else _within_class(weights[rows].astype(np.float64), positive[rows])
    solver.fit(gram[np.ix_(rows, rows)].astype(np.float64), positive[rows], sample_weight=shares)
    return Machine(rows[solver.support_].astype(np.int64), solver.dual_coef_[0].copy(), float(solver.intercept_[0]))


def _within_class(weights: NDArray[np.float64], positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights whose mean is 1 in either class."""
    return weights / np.where(positive, weights[positive].mean(), weights[~positive].mean())


def penalties(positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The bounds `(n,)` of the dual variables in `train_machine` on samples of which these are of the label."""
    share = np.where(positive, positive.mean(), 1 - positive.mean())
    return np.asarray(PENALTY / (2 * share), np.float64)


def linear_gram(samples: torch.Tensor, known: torch.Tensor | None = None) -> torch.Tensor:
    """Inner products `(n, n)` of float32 samples `(n, d)`; `known` are those of the first rows, if computed before."""
    done = 0 if known is None else len(known)
    new = samples[done:] @ samples.T
    if known is None:
        return new
    return torch.cat([torch.cat([known, new[:, :done].T], 1), new])


def rbf_gram(first: torch.Tensor, second: torch.Tensor, gamma: float) -> torch.Tensor:
    """exp(−gamma |x − y|²) of every row of `first` `(n, d)` with every one of `second` `(m, d)`: `(n, m)`."""
    squared = first.square().sum(1)[:, None] + second.square().sum(1)[None] - 2 * first @ second.T
    return torch.exp(-gamma * squared.clamp_min(0))
