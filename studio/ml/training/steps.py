"""A step of training: forward, loss, backward, and the weights moved."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from studio.core.errors import StudioError
from studio.ml.device import Compute
from studio.ml.training.data import Batch
from studio.ml.training.memory import Portions, is_full
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
        self._network = network
        self._objective, self._precision = objective, precision
        self._portions, self._group = portions, group
        self._clip = settings.clip
        self._tried = False

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
        if self._group.size > 1 and not self._tried:
            self._try(batch, share)
            self._tried = True
        sums = self._learnt(batch, share)
        if self._clip:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_((p for group in self.optimizer.param_groups for p in group["params"]), self._clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return sums

    def _learnt(self, batch: Batch, share: float | torch.Tensor) -> torch.Tensor:
        """The gradients of a batch, in portions that fit into memory."""
        crops = len(batch.targets)
        if self._group.size == 1:
            return self._portions.run(crops, lambda most: self._gradients(batch, share, most))
        try:
            with self._group.meeting():
                return self._gradients(batch, share, self._portions.of(crops))
        except (RuntimeError, MemoryError, OSError) as error:  # all wait for the gradients: none can begin again alone
            if not is_full(error):
                raise
        raise StudioError(
            f"memory became full in process {self._group.rank}, with {self._portions.of(crops)} crops at a time: end"
            f" what else uses it, then --resume goes on; or begin anew with --batch {crops * self._group.size // 2}"
        )

    def _try(self, batch: Batch, share: float | torch.Tensor) -> None:
        """Find out how many crops fit into memory, before the processes wait for each other's gradients.

        Each goes through its first batch by itself; then all take portions of the smallest size. Nothing is left of it.
        """
        kept = [buffer.clone() for buffer in self._network.buffers()]
        device = batch.pictures.device
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            self._portions.run(len(batch.targets), lambda most: self._gradients(batch, share, most))
        self.optimizer.zero_grad()
        for buffer, before in zip(self._network.buffers(), kept, strict=True):
            buffer.copy_(before)
        most = self._group.gather(torch.tensor([self._portions.most], device=device)).tolist()
        self._portions.limit(min((each for each in most if each), default=0))
        self._network = self._group.wrap(self._network)

    def _gradients(self, batch: Batch, share: float | torch.Tensor, most: int) -> torch.Tensor:
        """Of a batch, added up over portions; those of other processes come in with the last one."""
        self.optimizer.zero_grad()
        sums = []
        portions = list(zip(batch.pictures.split(most), batch.targets.split(most), strict=True))
        for number, (pictures, targets) in enumerate(portions, 1):
            with self._by_itself() if number < len(portions) else nullcontext():
                with self._precision.autocast():
                    outputs = self._network(pictures)
                losses = self._objective.losses(outputs.float(), targets)
                loss = losses.sum()
                self.scaler.scale(loss * share).backward()
            hits = (outputs.detach().argmax(1) == targets).sum()
            sums.append(torch.stack([loss.detach(), hits.to(loss.dtype)]))
        return torch.stack(sums).sum(0)

    def _by_itself(self) -> AbstractContextManager[None]:
        """Gradients stay with this process."""
        network = self._network
        return network.no_sync() if isinstance(network, DistributedDataParallel) else nullcontext()
