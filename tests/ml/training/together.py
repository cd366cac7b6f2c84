"""A process of several that train one network: `python -m tests.ml.training.together FOLDER [fails]`, see its test."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import studio.ml  # noqa: F401 - before torch is used, so that its settings hold
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.runs import Progress
from studio.ml.device import choose
from studio.ml.training.fitting import fit_network
from studio.ml.training.network import TrainableNetwork, from_scratch
from studio.ml.training.objective import Classification
from studio.ml.training.parallel import ALONE, Group, joined
from studio.ml.training.phases import Phase, Settings
from tests.ml.training.pictures import InMemory, striped

EXACT = replace(choose("cpu"), dtype=torch.float32)
WEIGHTS = np.array([0.5, 1.5, 1.0])


class Failing(InMemory):
    """Batches of a process whose disk goes away in the second epoch."""

    def epoch(self, number: int, start: int = 0):
        if number == 1 and self.group.rank == 1:
            raise StudioError("the disk has gone")
        return super().epoch(number, start)


def train(run: Path, group: Group = ALONE, crops: type[InMemory] = InMemory) -> TrainableNetwork:
    """Batches of 15, so that two processes have shares of different size; phases with and without the base."""
    network = from_scratch("small-cnn", 3, EXACT)
    train = crops(striped(100, 28, 3), 15, group=group)
    judged = InMemory(striped(33, 28, 3, seed=1), 16, shuffled=False, group=group)
    phases = [Phase(1, 0.02, "added"), Phase(2, 0.02)]
    settings = Settings(clip=0.5)
    objective = Classification(WEIGHTS, 0.1)
    control = Control(on_partial=lambda told: print(told.epoch) if isinstance(told, Progress) and told.line else None)
    fit_network(network, train, judged, phases, settings, run, control, objective=objective, group=group)
    return network


def main() -> None:
    torch.set_num_threads(1)
    run = Path(sys.argv[1])
    try:
        with joined(EXACT) as group:
            network = train(run, group, Failing if "fails" in sys.argv else InMemory)
            np.savez(run / f"{group.rank}.npz", **{name: each.numpy() for name, each in network.state_dict().items()})
    except StudioError as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main()
