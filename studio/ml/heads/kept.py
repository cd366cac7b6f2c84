"""What a linear machine was trained on, kept so that a few more samples change it within milliseconds.

A support vector machine that is solved stays solved where new samples enter with dual variables of zero: only these,
and those of the old ones that the change pushes over their margin, have to move. Coordinate descent on the kept Gram
matrix does that, from where the last solution lies (Hsieh et al., A Dual Coordinate Descent Method for Large-scale
Linear SVM, 2008, with the variable of the largest violation first).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from studio.ml.svm import Machine, penalties

TOLERANCE = 0.01  # of a margin
ALIKE = 0.97  # cosine from which samples of opposite sides contradict each other: the newer one counts
MOST_STEPS = 4_000


@dataclass(frozen=True, eq=False)
class Kept:
    """Samples of a linear machine and its solution.

    Attributes:
        features: float32 `(…, d)`, n rows in several pieces, on the device of the backbone.
        gram: float32 `(n, n)`, their inner products.
        coefficients: float64 `(n,)`: label times dual variable; 0 for most.
        signs: float64 `(n,)`: 1 for positives, −1 for negatives.
        wanted: float64 `(n,)`: the least margin on its own side that a sample should have; 1 but for corrections.
        most: float64 `(n,)`: bounds of the dual variables.
        intercept: the constant of the margin; it stays.
    """

    features: tuple[torch.Tensor, ...]
    gram: NDArray[np.float32]
    coefficients: NDArray[np.float64]
    signs: NDArray[np.float64]
    wanted: NDArray[np.float64]
    most: NDArray[np.float64]
    intercept: float

    @staticmethod
    def empty(size: int, device: torch.device, intercept: float) -> Kept:
        """Of a machine whose samples are not known: corrections then change it as little as they can."""
        none = np.zeros(0)
        return Kept(
            (torch.zeros(0, size, device=device),), np.zeros((0, 0), np.float32), none, none, none, none, intercept
        )


def kept_samples(features: torch.Tensor, gram: torch.Tensor, positive: NDArray[np.bool_], machine: Machine) -> Kept:
    """What `machine` was trained on: all of `features` `(n, d)`."""
    coefficients = np.zeros(len(positive))
    coefficients[machine.support] = machine.coefficients
    signs = np.where(positive, 1.0, -1.0)
    return Kept(
        (features,), gram.cpu().numpy(), coefficients, signs, np.ones(len(positive)), penalties(positive),
        machine.intercept,
    )  # fmt: skip


def taught(
    kept: Kept, kernel: torch.Tensor, features: torch.Tensor, sign: float, wanted: float
) -> tuple[Kept, torch.Tensor]:
    """The machine with more samples, all of one side.

    Args:
        kept: as it was.
        kernel: float32 `(d,)`, its weights.
        features: float32 `(k, d)` of the new samples.
        sign: 1 where they are positives, −1 where they are negatives.
        wanted: the least margin on that side.

    Returns:
        The samples with the new ones and their solution, and the weights that go with it.
    """
    everything = (*kept.features, features)
    # One pass over all features. The weights, not the coefficients, tell the margins: of a loaded head only they are
    # known.
    questions = torch.cat([features, kernel[None]]).T
    products = torch.cat([piece @ questions for piece in everything]).cpu().numpy()
    cross, margins = products[:, :-1], products[:, -1].astype(np.float64)
    old, count = len(kept.signs), len(features)
    gram = np.block([[kept.gram, cross[:old]], [cross[:old].T, cross[old:]]])
    before = np.concatenate([kept.coefficients, np.zeros(count)])
    start, most = before.copy(), np.concatenate([kept.most, np.full(count, np.inf)])
    if old:
        withdrawn = np.append(_contradicted(kept, cross[:old], gram.diagonal(), sign), np.zeros(count, bool))
        margins -= gram[:, withdrawn] @ before[withdrawn]
        start[withdrawn] = most[withdrawn] = 0
    signs = np.concatenate([kept.signs, np.full(count, sign)])
    goals = np.concatenate([kept.wanted, np.full(count, wanted)])
    after = _settled(gram, start, signs, goals - signs * kept.intercept, most, margins)
    changed = kernel + _weights(everything, after - before)
    return Kept(everything, gram, after, signs, goals, most, kept.intercept), changed


def _contradicted(
    kept: Kept, cross: NDArray[np.float32], squares: NDArray[np.float32], sign: float
) -> NDArray[np.bool_]:
    """Which of the old samples `(n,)` are the same as a new one and were on the other side."""
    lengths = np.sqrt(squares)
    cosines = cross / np.maximum(lengths[: len(cross), None] * lengths[None, len(cross) :], 1e-9)
    return np.asarray((kept.signs != sign) & (cosines.max(1) > ALIKE))


def _weights(pieces: tuple[torch.Tensor, ...], coefficients: NDArray[np.float64]) -> torch.Tensor:
    """Σ coefficientᵢ · sampleᵢ `(d,)`; most coefficients are 0."""
    total = torch.zeros(pieces[0].shape[1], device=pieces[0].device)
    start = 0
    for piece in pieces:
        own = coefficients[start : start + len(piece)]
        start += len(piece)
        moved = np.flatnonzero(own)
        if len(moved):
            total += (
                torch.from_numpy(own[moved]).float().to(piece.device) @ piece[torch.from_numpy(moved).to(piece.device)]
            )
    return total


def _settled(
    gram: NDArray[np.float32],
    coefficients: NDArray[np.float64],
    signs: NDArray[np.float64],
    wanted: NDArray[np.float64],
    most: NDArray[np.float64],
    margins: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Coefficients with which every sample has the margin (here without the intercept) it should have, or is bound."""
    duals, margins = signs * coefficients, margins.copy()
    diagonal = np.maximum(gram.diagonal().astype(np.float64), 1e-9)
    for _ in range(MOST_STEPS):
        lacking = wanted - signs * margins
        movable = np.where(lacking > 0, duals < most, duals > 0)
        index = int(np.argmax(np.where(movable, np.abs(lacking), 0)))
        if not movable[index] or abs(lacking[index]) < TOLERANCE:
            break
        value = min(max(duals[index] + lacking[index] / diagonal[index], 0.0), most[index])
        margins += gram[index] * (signs[index] * (value - duals[index]))
        duals[index] = value
    return signs * duals
