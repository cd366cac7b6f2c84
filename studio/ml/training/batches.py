"""Batches of crops for training and for judging, read by a thread while the network computes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.augmentation import Augmentation
from studio.core.training.examples import Examples
from studio.ml.training.ahead import ahead
from studio.ml.training.store import CropStore
from studio.ml.varying import plain, reach, varied

_OTHER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiples of it differ

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Batch:
    """Crops and what they are, on the device.

    Attributes:
        pictures: uint8 `(b, 3, side, side)` RGB, varied where that was asked for.
        targets: int64 `(b,)`, indices of the examples' labels.
        rows: int64 `(b,)` of the examples, in the processor's memory.
    """

    pictures: torch.Tensor
    targets: torch.Tensor
    rows: NDArray[np.int64]


class Batches:
    """The readable crops of a split.

    What is in a batch and what becomes of it depends on seed, epoch and region alone: a training that goes on after a
    break, and several processes that share each batch, see what one process sees that never stopped.

    Batches of an epoch are of equal size, but for one crop more or less: none is a small rest.
    """

    def __init__(
        self,
        examples: Examples,
        store: CropStore,
        split: str,
        device: torch.device,
        *,
        size: int = 64,
        augmentation: Augmentation | None = None,
        shuffled: bool = True,
        balanced: bool = False,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        """Nothing is read yet.

        Args:
            examples: with the targets.
            store: with the pixels, beside them.
            split: "train", "val" or "test".
            device: where the batches are wanted.
            size: the most crops of a batch, of all processes together.
            augmentation: how crops are varied; None: not at all.
            shuffled: in another order in each epoch.
            balanced: in an epoch each label is seen equally often, as often as all on average: crops of rare labels
                several times, of frequent ones not each.
            seed: of order and augmentation.
            rank, world: which of how many processes this is.
        """
        rows = examples.rows(split)
        self._rows: Rows = rows[store.readable[rows]]
        self._examples, self._store, self._device = examples, store, device
        self._size, self._augmentation, self._seed = max(size, 1), augmentation, seed
        self._shuffled, self._balanced, self._rank, self._world = shuffled, balanced, rank, world
        self._targets = torch.from_numpy(examples.targets)

    def __len__(self) -> int:
        """Batches in an epoch."""
        return -(-len(self._rows) // self._size)

    @property
    def crops(self) -> int:
        """Crops in an epoch, of all processes."""
        return len(self._rows)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The rows of the examples that are in it, ascending."""
        return self._rows.astype(np.int64)

    def class_weights(self) -> NDArray[np.float32]:
        """For the loss: how much a crop of each label counts, float32 `(labels,)`, so that all labels count alike.

        Their mean over the crops is 1; 0 for a label without any.
        """
        counts = np.bincount(self._examples.targets[self._rows], minlength=len(self._examples.labels))
        there = counts > 0
        weights = np.zeros(len(counts), np.float32)
        weights[there] = len(self._rows) / (there.sum() * counts[there])
        return weights

    def order(self, epoch: int) -> NDArray[np.int64]:
        """The rows of the examples in the order of an epoch."""
        random = np.random.default_rng([self._seed, epoch])
        if self._balanced:
            return self._drawn(random)
        return (random.permutation(self._rows) if self._shuffled else self._rows).astype(np.int64)

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch (from 0), from the batch `start` on; of several processes the share of this one."""
        if not len(self):
            return iter(())
        order = self.order(number)
        places = np.array_split(np.arange(len(order)), len(self))[start:]
        shares = [np.array_split(each, self._world)[self._rank] for each in places]
        times = _times(order) if self._balanced else np.zeros_like(order)
        read = ahead([partial(self._read, order[share]) for share in shares])
        # Varied by all threads between two steps: on a processor whose cores all compute, a thread that varies beside
        # them takes a core from one, and the others wait for that one.
        return (self._made(*each, number, times[share]) for each, share in zip(read, shares, strict=True))

    def _read(self, rows: NDArray[np.int64]) -> tuple[torch.Tensor, NDArray[np.int64]]:
        side = self._store.side
        half = reach(self._augmentation, side) if self._augmentation else side // 2 + side % 2
        return self._seen(rows, half), rows

    def _made(self, seen: torch.Tensor, rows: NDArray[np.int64], epoch: int, times: NDArray[np.int64]) -> Batch:
        """What was read of some crops as it is seen in an epoch.

        Args:
            seen: of `_read`.
            rows: `(b,)` of the examples.
            epoch: from 0.
            times: `(b,)`, how often the same crop was there before in this epoch.
        """
        side = self._store.side
        if self._augmentation is None:
            pictures = plain(seen, side)
        else:  # the same crop is never seen twice alike
            keys = self._examples.ids[rows].astype(np.uint64) ^ (times.astype(np.uint64) * _OTHER)
            pictures = varied(seen, side, self._augmentation, self._seed, epoch, keys)
        return Batch(pictures, self._targets[rows].to(self._device), rows)

    def _seen(self, rows: NDArray[np.int64], half: int) -> torch.Tensor:
        """So many pixels around the middles of crops, uint8 `(b, 2 · half, 2 · half, 3)` on the device.

        Row by row: each is copied without holding the interpreter, and the file is read where it is needed.
        """
        wide = self._store.wide
        middle = wide.shape[1] // 2
        part = wide[:, middle - half : middle + half, middle - half : middle + half]
        gpu = self._device.type == "cuda"
        made = torch.empty((len(rows), *part.shape[1:]), dtype=torch.uint8, pin_memory=gpu)
        target = made.numpy()
        for place, row in enumerate(rows.tolist()):
            target[place] = part[row]
        return made.to(self._device, non_blocking=gpu)

    def _drawn(self, random: np.random.Generator) -> NDArray[np.int64]:
        """As many rows as there are, of each label equally often; no crop again before all of its label were seen."""
        targets = self._examples.targets[self._rows]
        labels = np.unique(targets)
        shares = np.full(len(labels), len(self._rows) // len(labels))
        shares[random.permutation(len(labels))[: len(self._rows) % len(labels)]] += 1
        found = []
        for label, share in zip(labels, shares.tolist(), strict=True):
            own = self._rows[targets == label]
            rounds = [random.permutation(own) for _ in range(-(-share // len(own)))]
            found.append(np.concatenate(rounds)[:share] if rounds else own[:0])
        return random.permutation(np.concatenate(found)).astype(np.int64)


def _times(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each entry was there before, `(n,)`."""
    sorted_ = np.argsort(order, kind="stable")
    values = order[sorted_]
    first = np.flatnonzero(np.diff(values, prepend=-1))
    found = np.empty_like(order)
    found[sorted_] = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    return found
