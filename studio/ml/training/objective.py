"""What a training wants: the loss of each crop, and a score that says which epoch was the best."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional


class Objective(Protocol):
    """What is minimised, and how the outputs of a network are judged.

    Attributes:
        of_labels: whether outputs are those of labels, so that the largest one is right or wrong.
    """

    @property
    def of_labels(self) -> bool: ...

    def losses(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Of each crop of a batch.

        Args:
            outputs: float32 `(n, k)`.
            targets: int64 `(n,)`.

        Returns:
            `(n,)`, with gradients.
        """
        ...

    def score(self, outputs: torch.Tensor, targets: torch.Tensor) -> float:
        """Of all validation crops at once: the larger the better; equal ones are told apart by their loss."""
        ...


class Classification:
    """Softmax cross-entropy over labels, and the mean over labels of the share that is right."""

    of_labels = True

    def __init__(self, weights: NDArray[np.floating] | None = None, smoothing: float = 0.0) -> None:
        """Cross-entropy as wanted.

        Args:
            weights: `(labels,)`, with a mean of 1 over the crops that train; None: all 1.
            smoothing: share of each target that all labels get alike (Szegedy et al. 2016).
        """
        self._weights = None if weights is None else torch.from_numpy(np.asarray(weights, np.float32))
        self._smoothing = smoothing

    def losses(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Each crop's weight is its label's."""
        losses = functional.cross_entropy(outputs, targets, reduction="none", label_smoothing=self._smoothing)
        if self._weights is None:
            return losses
        if self._weights.device != losses.device:
            self._weights = self._weights.to(losses.device)
        return losses * self._weights[targets]

    def score(self, outputs: torch.Tensor, targets: torch.Tensor) -> float:
        """Balanced accuracy over the labels that there are crops of, 0…1."""
        right = (outputs.argmax(1) == targets).double()
        counts = torch.bincount(targets)
        shares = torch.bincount(targets, right) / counts
        return float(shares[counts > 0].mean())
