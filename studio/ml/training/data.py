"""What the loop asks of the crops it is fed with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch


class Batch(Protocol):
    """Crops and what they are, on the device.

    Attributes:
        pictures: uint8 `(b, 3, s, s)` RGB.
        targets: int64 `(b,)`.
    """

    @property
    def pictures(self) -> torch.Tensor: ...

    @property
    def targets(self) -> torch.Tensor: ...


class Batches(Protocol):
    """The crops of a split in batches; of several processes each sees its share of the same batches."""

    def __len__(self) -> int:
        """Batches in an epoch, the same in all processes."""
        ...

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """The batches of the epoch `number` from `start` on; its order depends on the number alone."""
        ...
