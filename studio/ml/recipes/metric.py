"""What an embedding learns from: batches of a few labels with several crops each, and losses of triplets or pairs.

Sources: Schroff, Kalenichenko and Philbin, FaceNet, 2015 (semi-hard triplets of squared distances at length 1);
Hermans, Beyer and Leibe, In defense of the triplet loss, 2017 (batches of P labels with K crops); Taigman, Yang,
Ranzato and Wolf, DeepFace, 2014 (the logistic loss of pairs).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from studio.core.augmentation import Augmentation
from studio.core.training.examples import Examples
from studio.ml.training.batches import Batches
from studio.ml.training.store import CropStore

MOST = 1024  # crops whose pairs are looked at, evenly of more
SCALE, MIDDLE = 5.0, 1.0  # of the logistic loss: how sharp, and the squared distance at which it does not know


class LabelBatches(Batches):
    """Batches of P labels with K crops each, and K crops of the background where there is some.

    A label with fewer crops shows some of them again, each time varied otherwise.
    """

    def __init__(
        self,
        examples: Examples,
        store: CropStore,
        device: torch.device,
        labels: int,
        crops: int,
        seed: int,
        augmentation: Augmentation | None,
    ) -> None:
        """As `Batches` of the crops that train; `labels` in a batch at most, with `crops` of each."""
        rows = examples.rows("train")
        rows = rows[store.readable[rows]]
        background = len(examples.labels) - 1 if examples.background else -1
        own = {label: rows[examples.targets[rows] == label] for label in np.unique(examples.targets[rows]).tolist()}
        self._background = own.pop(background, None)
        self._own, self._labels_a_batch, self._crops = list(own.values()), min(labels, len(own)), crops
        size = (self._labels_a_batch + (self._background is not None)) * crops
        super().__init__(
            examples, store, "train", device, size=size, augmentation=augmentation, balanced=True, seed=seed
        )  # fmt: skip

    def __len__(self) -> int:
        """Batches in an epoch: about as many as show each crop once."""
        return max(1, round(self.crops / self._size))

    def order(self, epoch: int) -> NDArray[np.int64]:
        """The rows of the examples in the order of an epoch, batch by batch."""
        random = np.random.default_rng([self._seed, epoch])
        return np.concatenate([each for _ in range(len(self)) for each in self._batch(random)]).astype(np.int64)

    def _batch(self, random: np.random.Generator) -> Iterable[NDArray[np.intp]]:
        chosen = [self._own[at] for at in random.permutation(len(self._own))[: self._labels_a_batch]]
        for own in [*chosen, self._background]:
            if own is not None:
                rounds = -(-self._crops // len(own))
                yield np.concatenate([random.permutation(own) for _ in range(rounds)])[: self._crops]


class Triplets:
    """Each crop must be nearer to those of its label than to any other one, by a margin.

    Of each pair the triplet with the nearest crop of another label beyond it counts, FaceNet's semi-hard one; where
    none lies beyond it, that with the farthest. The hardest triplets of a batch drew the whole embedding into one
    narrow cone, in which little could be told apart: see docs/training.md.
    """

    of_labels = False

    def __init__(self, margin: float, background: int) -> None:
        """`margin` of squared distances; crops of the label `background` (−1: none) are alike to nothing."""
        self._margin, self._background = margin, background

    def losses(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Of each crop x the mean of max(|f(x) − f(y)|² − |f(x) − f(z)|² + margin, 0) over its same ones y."""
        squared, same, other = _pairs(outputs, targets, self._background)
        others = squared.masked_fill(~other, torch.inf).sort(1).values  # of each crop, from near to far
        beyond = torch.searchsorted(others.detach(), squared.detach(), right=True)
        farthest = other.sum(1, keepdim=True) - 1
        against = others.gather(1, torch.minimum(beyond, farthest).clamp(min=0))
        losses = ((squared - against + self._margin).relu() * same).sum(1) / same.sum(1).clamp(min=1)
        return torch.where(other.any(1), losses, 0 * squared.sum(1))

    def score(self, outputs: torch.Tensor, targets: torch.Tensor) -> float:
        """See `area`."""
        return area(outputs, targets, self._background)


class Pairs:
    """Whether two crops show the same is a logistic function of their squared distance."""

    of_labels = False

    def __init__(self, background: int) -> None:
        """Crops of the label `background` (−1: none) are alike to nothing."""
        self._background = background

    def losses(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Of each crop the mean over its same ones, and that over all others."""
        squared, same, other = _pairs(outputs, targets, self._background)
        alike = SCALE * (MIDDLE - squared)
        pull = (functional.softplus(-alike) * same).sum(1) / same.sum(1).clamp(min=1)
        push = (functional.softplus(alike) * other).sum(1) / other.sum(1).clamp(min=1)
        return pull + push

    def score(self, outputs: torch.Tensor, targets: torch.Tensor) -> float:
        """See `area`."""
        return area(outputs, targets, self._background)


@torch.no_grad()
def area(outputs: torch.Tensor, targets: torch.Tensor, background: int) -> float:
    """How often a pair of the same label is nearer than a pair of different ones; 0.5 where there are no such pairs."""
    squared, same, other = _pairs(outputs, targets, background)
    near, far = (squared[mask].double().sort().values for mask in (same, other))
    if not len(near) or not len(far):
        return 0.5
    beaten = len(far) - torch.searchsorted(far, near, right=True).double()
    ties = (torch.searchsorted(far, near, right=True) - torch.searchsorted(far, near)).double()
    return float((beaten + ties / 2).mean() / len(far))


def _pairs(
    outputs: torch.Tensor, targets: torch.Tensor, background: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Squared distances `(n, n)` at length 1; which pairs are of the same label, and which of different ones."""
    if len(outputs) > MOST:
        chosen = torch.linspace(0, len(outputs) - 1, MOST, device=outputs.device).round().long()
        outputs, targets = outputs[chosen], targets[chosen]
    unit = functional.normalize(outputs, dim=1)
    squared = (2 - 2 * unit @ unit.T).clamp(min=0)
    thing = targets != background
    equal = (targets[:, None] == targets) & thing[:, None]
    itself = torch.eye(len(targets), dtype=torch.bool, device=targets.device)
    return squared, equal & ~itself, (targets[:, None] != targets) & thing[:, None]
