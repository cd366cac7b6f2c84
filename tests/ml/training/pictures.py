"""Synthetic crops in batches, whose order depends on the epoch alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from studio.ml.training.parallel import ALONE, Group


@dataclass(frozen=True)
class Crops:
    pictures: torch.Tensor
    targets: torch.Tensor


def striped(count: int, side: int, labels: int, seed: int = 0) -> Crops:
    """Stripes of another direction for each label, in colours and noise that say nothing."""
    random = np.random.default_rng(seed)
    targets = np.arange(count) % labels
    y, x = np.mgrid[:side, :side]
    pictures = np.zeros((count, 3, side, side), np.uint8)
    for place, target in enumerate(targets):
        angle = np.pi * target / labels
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / 8 + random.uniform(0, 6.28))
        colour = random.uniform(40, 90, (3, 1, 1))
        noise = random.normal(0, 20, (3, side, side))
        pictures[place] = np.clip(128 + colour * wave + noise, 0, 255)
    return Crops(torch.from_numpy(pictures), torch.from_numpy(targets.astype(np.int64)))


class InMemory:
    """Batches of crops that are all there."""

    def __init__(self, crops: Crops, size: int, shuffled: bool = True, group: Group = ALONE) -> None:
        self.crops, self.size, self.shuffled, self.group = crops, size, shuffled, group

    def __len__(self) -> int:
        return -(-len(self.crops.targets) // self.size)

    def epoch(self, number: int, start: int = 0) -> Iterator[Crops]:
        count = len(self.crops.targets)
        order = np.random.default_rng([7, number]).permutation(count) if self.shuffled else np.arange(count)
        for place in range(start, len(self)):
            rows = torch.from_numpy(
                order[place * self.size : (place + 1) * self.size][self.group.rank :: self.group.size]
            )
            yield Crops(self.crops.pictures[rows], self.crops.targets[rows])
