"""A training that a test kills: `python -m tests.ml.training.killed FOLDER`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch
from torch import nn

import studio.ml  # noqa: F401 - before torch is used, so that its settings hold
from studio.core.control import Control
from studio.ml.device import choose
from studio.ml.training.fitting import Fitted, fit_network
from studio.ml.training.network import TrainableNetwork, from_scratch
from studio.ml.training.phases import Phase, Settings
from tests.ml.training.pictures import Crops, InMemory, striped

PHASES = (Phase(1, 3e-3, "added"), Phase(3, 3e-3))


class Unhurried(InMemory):
    """Takes its time, so that it can be killed in the middle."""

    pause = 0.0

    def epoch(self, number: int, start: int = 0) -> Iterator[Crops]:
        for batch in super().epoch(number, start):
            time.sleep(self.pause)
            yield batch


def network() -> TrainableNetwork:
    """With dropout, so that what is drawn matters."""
    made = from_scratch("small-cnn", 4, replace(choose("cpu"), dtype=torch.float32))
    made.base = nn.Sequential(made.base, nn.Dropout(0.3))
    return made


def train(
    trained: TrainableNetwork,
    run: Path,
    *,
    optimizer: Literal["sgd", "adamw"] = "sgd",
    pause: float = 0.0,
    resume: bool = False,
    control: Control | None = None,
) -> Fitted:
    batches = Unhurried(striped(96, 28, 4), 8)
    batches.pause = pause
    judged = InMemory(striped(32, 28, 4, seed=1), 16, shuffled=False)
    settings = Settings(optimizer=optimizer, seed=5, checkpoint_seconds=0.0)
    return fit_network(trained, batches, judged, PHASES, settings, run, control or Control(), resume=resume)


if __name__ == "__main__":
    train(network(), Path(sys.argv[1]), pause=0.2)
