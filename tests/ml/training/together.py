"""A process of several that train one network: `python -m tests.ml.training.together FOLDER [WHAT]`, see its test."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import studio.ml  # noqa: F401 - before torch is used, so that its settings hold
from studio.core.control import Cancelled, Control
from studio.core.errors import StudioError
from studio.core.runs import Progress
from studio.ml.device import choose
from studio.ml.training import fitting
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


class Dying(InMemory):
    """Batches of a process that is killed in the middle of the second epoch."""

    def epoch(self, number: int, start: int = 0):
        for place, batch in enumerate(super().epoch(number, start), start):
            if (number, place, self.group.rank) == (1, 4, 1):
                os.kill(os.getpid(), signal.SIGKILL)
            yield batch


class Little(Classification):
    """In the second process four crops are too many to learn from at once."""

    rank = 0

    def losses(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if self.rank and len(targets) > 3 and torch.is_grad_enabled():
            raise torch.OutOfMemoryError("out of memory")
        return super().losses(outputs, targets)


def train(
    run: Path, group: Group = ALONE, crops: type[InMemory] = InMemory, what: str = ""
) -> TrainableNetwork:  # fmt: skip
    """Batches of 15, so that two processes have shares of different size; phases with and without the base."""
    network = from_scratch("small-cnn", 3, EXACT)
    train = crops(striped(100, 28, 3), 15, group=group)
    judged = InMemory(striped(33, 28, 3, seed=1), 16, shuffled=False, group=group)
    phases = [Phase(1, 0.02, "added"), Phase(2, 0.02)]
    settings = Settings(clip=0.5, checkpoint_seconds=0)
    objective = (Little if what == "full" else Classification)(WEIGHTS, 0.1)
    objective.rank = group.rank

    def tell(told: object) -> None:
        if isinstance(told, Progress) and told.line:
            print(told.epoch, *[told.says] if what == "full" and told.says else [])
            if what == "cancels":
                control.cancel()

    control = Control(on_partial=tell)
    resume = what == "resumes"
    fit_network(
        network, train, judged, phases, settings, run, control, objective=objective, group=group, resume=resume
    )  # fmt: skip
    return network


def main() -> None:
    torch.set_num_threads(1)
    run, what = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    crops = {"fails": Failing, "dies": Dying}.get(what, InMemory)
    if what == "dies":
        fitting._SHARE = 0  # checkpoints after each batch
    try:
        with joined(EXACT) as group:
            network = train(run, group, crops, what)
            np.savez(run / f"{group.rank}.npz", **{name: each.numpy() for name, each in network.state_dict().items()})
    except Cancelled:
        print("cancelled")
    except StudioError as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main()
