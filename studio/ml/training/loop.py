"""One epoch of training, and one of judging."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
from torch import nn

from studio.ml.training.data import Batches
from studio.ml.training.memory import Portions
from studio.ml.training.objective import Objective
from studio.ml.training.parallel import Group
from studio.ml.training.steps import Precision, Stepper


class Tally:
    """Sums over the crops of an epoch. They stay on the device: to ask for them is to wait for it.

    Attributes:
        crops: seen so far by this process.
    """

    def __init__(self, device: torch.device) -> None:
        # Metal knows no float64.
        self._sums = torch.zeros(2, dtype=torch.float32 if device.type == "mps" else torch.float64, device=device)
        self.crops = 0

    def add(self, sums: torch.Tensor, crops: int) -> None:
        """`sums` as of `Stepper.step`."""
        self._sums += sums
        self.crops += crops

    def fetch(self) -> tuple[float, float]:
        """The sum of losses, and how many were right, of this process; waits for the device."""
        loss, hits = self._sums.tolist()
        return loss, hits

    def restore(self, loss: float, hits: float, crops: int) -> None:
        """What a checkpoint said."""
        self._sums[0], self._sums[1], self.crops = loss, hits, crops

    def of_all(self, group: Group) -> Tally:
        """That of all processes, the same in each."""
        found = Tally(self._sums.device)
        crops = torch.tensor([float(self.crops)], dtype=self._sums.dtype, device=self._sums.device)
        loss, hits, total = group.sum(torch.cat([self._sums, crops])).tolist()
        found.restore(loss, hits, int(total))
        return found

    def means(self, group: Group) -> tuple[float, float]:
        """Mean loss and share of right ones over the crops of all processes."""
        whole = self.of_all(group)
        loss, hits = whole.fetch()
        return loss / max(whole.crops, 1), hits / max(whole.crops, 1)


@dataclass(frozen=True, eq=False)
class Validation:
    """How a network did on crops it does not learn from.

    Attributes:
        loss: mean.
        accuracy: share that was right; None where outputs are not those of labels.
        score: of the objective.
        crops: how many.
    """

    loss: float
    accuracy: float | None
    score: float
    crops: int


def train_one_epoch(
    stepper: Stepper,
    batches: Batches,
    epoch: int,
    rate: Callable[[int], float],
    tally: Tally,
    after: Callable[[int], None],
    start: int = 0,
) -> None:
    """Learn from all batches of an epoch; nothing in here waits for the device.

    Args:
        stepper: of a network in training mode.
        batches: to learn from.
        epoch: from 0.
        rate: the learning rate of each batch.
        tally: what is summed up; waits only where it is asked.
        after: told after each batch how many are done; may raise.
        start: batches that were done before.
    """
    made = batches.epoch(epoch, start)
    try:
        for done, batch in enumerate(made, start):
            tally.add(stepper.step(batch, rate(done)), len(batch.targets))
            after(done + 1)
    finally:
        if isinstance(made, Generator):
            made.close()  # where it was left early, a thread may be ahead with the next batches


@torch.no_grad()  # not inference mode: an objective may keep a tensor for the next step
def evaluate(
    network: nn.Module,
    batches: Batches,
    objective: Objective,
    precision: Precision,
    portions: Portions,
    group: Group,
    checkpoint: Callable[[], None],
) -> Validation:
    """Judge `network`, which is left in evaluation mode; the same in all processes.

    Args:
        network: not wrapped.
        batches: each of its crops once.
        objective: the judge.
        precision: as in training.
        portions: as in training.
        group: of processes, each with its share of the batches.
        checkpoint: called between batches; may raise.
    """
    network.eval()

    def forward(pictures: torch.Tensor) -> Callable[[int], torch.Tensor]:
        def in_portions(most: int) -> torch.Tensor:
            with precision.autocast():
                return torch.cat([network(part).float() for part in pictures.split(most)])

        return in_portions

    found: list[torch.Tensor] = []
    wanted: list[torch.Tensor] = []
    for batch in batches.epoch(0):
        checkpoint()
        found.append(portions.run(len(batch.targets), forward(batch.pictures)))
        wanted.append(batch.targets)
    outputs, targets = group.gather(torch.cat(found)), group.gather(torch.cat(wanted))
    return Validation(
        float(objective.losses(outputs, targets).mean()),
        float((outputs.argmax(1) == targets).double().mean()) if objective.of_labels else None,
        objective.score(outputs, targets),
        len(targets),
    )
