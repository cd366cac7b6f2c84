"""A step of training: forward, loss, backward, and the weights moved."""

from __future__ import annotations

import torch
from torch import nn

from studio.ml.device import Compute
from studio.ml.training.data import Batch
from studio.ml.training.memory import Portions
from studio.ml.training.objective import Objective
from studio.ml.training.parallel import Group
from studio.ml.training.phases import Settings


class Precision:
    """In which number format a network computes while it is trained; its weights stay float32.

    Attributes:
        dtype: bfloat16 or float16 where the device is faster with them, else None: float32.
    """

    def __init__(self, compute: Compute, mixed: bool) -> None:
        self._device = compute.device.type
        # Metal has no scaler of gradients that float16 needs.
        fewer = mixed and compute.dtype != torch.float32 and self._device != "mps"
        self.dtype = compute.dtype if fewer else None

    def autocast(self) -> torch.autocast:
        return torch.autocast(self._device, self.dtype, enabled=self.dtype is not None)

    def scaler(self) -> torch.amp.GradScaler:
        """Scales the loss, so that small gradients are not lost in float16; does nothing in the other formats."""
        return torch.amp.GradScaler(self._device, enabled=self.dtype == torch.float16)


class Stepper:
    """Trains on one batch after another.

    Attributes:
        optimizer: of the parameters that learn.
        scaler: of the loss.
    """

    def __init__(
        self,
        network: nn.Module,
        objective: Objective,
        optimizer: torch.optim.Optimizer,
        settings: Settings,
        precision: Precision,
        portions: Portions,
        group: Group,
    ) -> None:
        self.optimizer, self.scaler = optimizer, precision.scaler()
        self._network = group.wrap(network)
        self._objective, self._precision = objective, precision
        self._portions, self._group = portions, group
        self._clip = settings.clip

    def step(self, batch: Batch, rate: float) -> torch.Tensor:
        """Learn from a batch at a learning rate.

        Returns:
            `(2,)` on the device: the sum of the losses of this process's crops, and how many of them were right.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        crops = len(batch.targets)
        # The mean is that of all processes' crops; DistributedDataParallel divides by their number once more.
        share = self._group.size / self._group.total(crops, batch.targets.device)
        if self._group.size == 1:
            sums = self._portions.run(crops, lambda most: self._gradients(batch, share, most))
        else:  # all wait for the gradients of each: none can begin again by itself
            sums = self._gradients(batch, share, max(crops, 1))
        if self._clip:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_((p for group in self.optimizer.param_groups for p in group["params"]), self._clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return sums

    def _gradients(self, batch: Batch, share: float | torch.Tensor, most: int) -> torch.Tensor:
        self.optimizer.zero_grad()
        sums = []
        for pictures, targets in zip(batch.pictures.split(most), batch.targets.split(most), strict=True):
            with self._precision.autocast():
                outputs = self._network(pictures)
            losses = self._objective.losses(outputs.float(), targets)
            loss = losses.sum()
            self.scaler.scale(loss * share).backward()
            hits = (outputs.detach().argmax(1) == targets).sum()
            sums.append(torch.stack([loss.detach(), hits.to(loss.dtype)]))
        return torch.stack(sums).sum(0)
