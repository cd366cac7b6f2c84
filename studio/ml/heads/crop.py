"""The crop part of a head: a support vector machine on embeddings, run in torch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from studio.ml.calibration import Calibration, calibrate
from studio.ml.svm import rbf_gram, train_machine

Fold = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # masks of the training and of the held-out samples
TAUGHT_WEIGHT = 8.0  # of a correction against other windows: one against hundreds must be able to win
ROWS = 4096  # embeddings scored at once, which bounds the kernel matrix


@dataclass(frozen=True)
class CropPart:
    """How one label is told from a crop.

    Attributes:
        support: float64 `(s, d)` of unit length.
        coefficients: float64 `(s,)`.
        intercept: the constant of the margin.
        gamma: of the RBF kernel exp(−gamma |x − y|²); 0 for the linear kernel.
        calibration: from margins to scores.
    """

    support: torch.Tensor
    coefficients: torch.Tensor
    intercept: float
    gamma: float
    calibration: Calibration

    @torch.inference_mode()
    def margins(self, embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
        """Margins `(n,)` of embeddings `(n, d)`, as scikit-learn's `decision_function` gives them.

        In float64 on the processor: it is a small matrix, and the decision should not hang on rounding.
        """
        parts = [np.zeros(0)]
        for start in range(0, len(embeddings), ROWS):
            unit = unit_length(embeddings[start : start + ROWS])
            parts.append((kernel_values(unit, self.support, self.gamma) @ self.coefficients + self.intercept).numpy())
        return np.concatenate(parts)

    def scores(self, embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
        """Calibrated scores `(n,)` in 0…1."""
        return self.calibration.scores(self.margins(embeddings))


@dataclass(frozen=True)
class CropFit:
    """A crop part, and the margins that fold machines gave to their held-out samples.

    Attributes:
        margins: float64 `(n,)`, nan where a sample was never held out.
        calibration_seconds: of the time spent, what the folds took.
    """

    part: CropPart
    margins: NDArray[np.float64]
    calibration_seconds: float


def unit_length(embeddings: NDArray[np.floating]) -> torch.Tensor:
    """Embeddings as float64 `(n, d)` of length 1, which is what the machine is trained on."""
    ready = torch.from_numpy(np.asarray(embeddings, np.float64))
    return torch.nn.functional.normalize(ready, dim=1)


def kernel_values(first: torch.Tensor, second: torch.Tensor, gamma: float) -> torch.Tensor:
    """The kernel between embeddings `(n, d)` and `(m, d)` of unit length: `(n, m)`; the linear one where gamma is 0."""
    return rbf_gram(first, second, gamma) if gamma else first @ second.T


def scale_gamma(unit: torch.Tensor) -> float:
    """scikit-learn's gamma="scale": 1 / (d · variance of all values)."""
    variance = float(unit.var(correction=0))
    return 1 / (unit.shape[1] * variance) if variance > 0 else 1.0


def fit_crop(
    embeddings: NDArray[np.floating],
    positive: NDArray[np.bool_],
    kernel: str,
    folds: Sequence[Fold],
    taught: NDArray[np.bool_] | None = None,
) -> CropFit:
    """Train on embeddings `(n, d)`, of which `positive` `(n,)` are of the label; both kinds must be there.

    Args:
        embeddings: of any length.
        positive: which are of the label.
        kernel: "rbf" or "linear".
        folds: on whose held-out samples the scores are calibrated.
        taught: which of them a person looked at, one by one; these count more.
    """
    unit = unit_length(embeddings)
    gamma = scale_gamma(unit) if kernel == "rbf" else 0.0
    gram = kernel_values(unit, unit, gamma).numpy()
    weights = None if taught is None else np.where(taught, TAUGHT_WEIGHT, 1.0)
    machine = train_machine(gram, positive, weights=weights)
    began = time.perf_counter()
    held = np.full(len(positive), np.nan)
    for train, test in folds:
        rows = np.flatnonzero(train)
        if 0 < positive[rows].sum() < len(rows):
            held[test] = train_machine(gram, positive, rows, weights).margins(gram[test])
    known = np.isfinite(held)
    calibration = calibrate(held[known & positive], held[known & ~positive])
    spent = time.perf_counter() - began
    support = unit[torch.from_numpy(machine.support)]
    coefficients = torch.from_numpy(machine.coefficients)
    return CropFit(CropPart(support, coefficients, machine.intercept, gamma, calibration), held, spent)
