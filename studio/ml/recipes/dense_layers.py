"""Dense layers trained on features that lie in memory."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from studio.core.control import Cancelled
from studio.core.errors import StudioError
from studio.core.recipes.fast_transfer import FastTransfer
from studio.core.runs import EpochLine, Progress, add_metrics
from studio.ml.heads.layers import Layers
from studio.ml.recipes.task import Task

BATCH = 64


@dataclass(frozen=True, eq=False)
class Fold:
    """Crops of a split.

    Attributes:
        features: float32 `(n, d)`.
        targets: int64 `(n,)`.
    """

    features: NDArray[np.float32]
    targets: NDArray[np.int64]


def train_layers(task: Task, train: Fold, val: Fold, parameters: FastTransfer) -> Layers:
    """Dense units with ReLU and dropout, then one output a label, by Adam on batches; the best epoch by validation.

    Who cancels gets the best epoch so far, and so does who meets an error after the first one, which is `task.failure`
    then. Features are standardised as those that train are; the first layer takes that over afterwards.

    Raises:
        Cancelled: before the first epoch was over.
        StudioError: the loss became no number in that epoch.
    """
    mean, deviation = train.features.mean(0), np.maximum(train.features.std(0), 1e-6)
    trainer = _Trainer(task, parameters, train, val, mean, deviation)
    try:
        for epoch in range(1, parameters.epochs + 1):
            trainer.epoch(epoch)
    except Cancelled:
        if not task.epochs:
            raise
    except Exception as error:
        if not task.epochs:
            raise
        task.failure = error
    first, last = trainer.best()
    weight = first.weight / torch.from_numpy(deviation).to(first.weight)
    with torch.no_grad():
        first.bias.sub_(weight @ torch.from_numpy(mean).to(weight))
        first.weight.copy_(weight)
    return Layers.of_linear(first, last)


class _Trainer:
    def __init__(
        self,
        task: Task,
        parameters: FastTransfer,
        train: Fold,
        val: Fold,
        mean: NDArray[np.float32],
        deviation: NDArray[np.float32],
    ) -> None:
        self._task, self._parameters = task, parameters
        device = task.compute.device
        self._features, self._val = (
            torch.from_numpy((fold.features - mean) / deviation).to(device) for fold in (train, val)
        )
        self._targets, self._val_targets = (torch.from_numpy(fold.targets).to(device) for fold in (train, val))
        self._random = torch.Generator().manual_seed(task.seed)
        self._weights = torch.from_numpy(task.class_weights()).float()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(task.seed)
            width, outputs = train.features.shape[1], len(task.examples.labels)
            self._first, self._last = nn.Linear(width, parameters.units), nn.Linear(parameters.units, outputs)
        self._first.to(device)
        self._last.to(device)
        learned = [*self._first.parameters(), *self._last.parameters()]
        self._optimizer = torch.optim.Adam(learned, parameters.learning_rate)
        self._began = time.perf_counter()
        self._best = (-1.0, float("inf"), self._state())

    def best(self) -> tuple[nn.Linear, nn.Linear]:
        """The layers of the epoch that did best in validation; of the last one where nothing is for validation."""
        first, last = self._best[2]
        self._first.load_state_dict(first)
        self._last.load_state_dict(last)
        return self._first, self._last

    def epoch(self, number: int) -> None:
        began, seen = time.perf_counter(), len(self._targets)
        loss, right = 0.0, 0.0
        for rows in self._order().split(BATCH):
            self._task.control.checkpoint()
            logits, targets = self._forward(self._features[rows], number), self._targets[rows]
            found = functional.cross_entropy(logits, targets, self._loss_weights())
            self._optimizer.zero_grad(set_to_none=True)
            found.backward()
            self._optimizer.step()
            loss += float(found.detach()) * len(rows)
            right += float((logits.argmax(1) == targets).sum())
        if not np.isfinite(loss):
            raise StudioError("the loss became no number; try a lower --learning-rate")
        validation_loss, validation_accuracy = self._validated(number)
        line = EpochLine(
            epoch=number,
            loss=loss / seen,
            accuracy=right / seen,
            validation_loss=validation_loss,
            validation_accuracy=validation_accuracy,
            learning_rate=self._parameters.learning_rate,
            images_per_second=seen / max(time.perf_counter() - began, 1e-9),
            seconds=time.perf_counter() - self._began,
        )
        self._tell(line)

    def _order(self) -> torch.Tensor:
        count = len(self._targets)
        if self._parameters.balance == "sampling":
            share = self._weights[self._targets.cpu()]
            return torch.multinomial(share, count, replacement=True, generator=self._random)
        return torch.randperm(count, generator=self._random)

    def _loss_weights(self) -> torch.Tensor | None:
        return self._weights.to(self._targets.device) if self._parameters.balance == "weights" else None

    def _forward(self, features: torch.Tensor, epoch: int) -> torch.Tensor:
        hidden = self._first(features).relu()
        if epoch and (share := self._parameters.dropout):
            kept = torch.rand(hidden.shape, generator=self._random) >= share
            hidden = hidden * kept.to(hidden.device) / (1 - share)
        return self._last(hidden)

    @torch.no_grad()
    def _validated(self, number: int) -> tuple[float | None, float | None]:
        """Loss and accuracy on validation; keeps the weights where they are the best so far."""
        if not len(self._val_targets):
            self._best = (0.0, 0.0, self._state())
            self._task.best_epoch = number
            return None, None
        logits = self._forward(self._val, 0)
        loss = float(functional.cross_entropy(logits, self._val_targets))
        accuracy = float((logits.argmax(1) == self._val_targets).float().mean())
        if (-accuracy, loss) < (-self._best[0], self._best[1]):
            self._best = (accuracy, loss, self._state())
            self._task.best_epoch = number
        return loss, accuracy

    def _state(self) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        return copy.deepcopy(self._first.state_dict()), copy.deepcopy(self._last.state_dict())

    def _tell(self, line: EpochLine) -> None:
        task, epochs = self._task, self._parameters.epochs
        task.epochs = line.epoch
        add_metrics(task.run, line)
        left = line.seconds / line.epoch * (epochs - line.epoch)
        task.control.progress(line.epoch / epochs, f"epoch {line.epoch} of {epochs}, loss {line.loss:.3f}")
        task.control.publish(
            Progress(
                task.run,
                line.epoch,
                epochs,
                1,
                1,
                line.loss,
                line.learning_rate,
                line.images_per_second,
                seconds_left=left,
                line=line,
            )
        )
