"""What is told of a training while it runs, and when."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch

from studio.core.control import Control
from studio.core.runs import EpochLine, Progress
from studio.ml.training.loop import Tally
from studio.ml.training.memory import memory_of
from studio.ml.training.parallel import Group

TOLD_EVERY = 0.5  # seconds; to look at the loss is to wait for the device


class NotANumber(Exception):
    """The loss is none any more."""


class Watch:
    """Looks at the loss now and then, and publishes how far a training is.

    Attributes:
        epochs: of all phases: those that are done, and those that are planned.
        rate: the learning rate of the newest step.
    """

    def __init__(
        self, run: Path, device: torch.device, control: Control, group: Group, epochs: int, batches: int
    ) -> None:
        """`batches` of an epoch; of a `group`, the first process tells."""
        self.epochs, self.rate = epochs, 0.0
        self._run, self._device, self._control, self._group, self._batches = run, device, control, group, batches
        self._says: list[str] = []
        self._between = 0.0  # seconds from one epoch to the next, which validation takes
        self._ended = 0.0
        self.begin(1, 0, Tally(device))

    def clock(self) -> float:
        """Seconds; it stands still while the training is paused."""
        return time.monotonic() - self._control.rested

    def says(self, text: str) -> None:
        """A sentence that goes along with what is told next."""
        self._says.append(text)

    def begin(self, epoch: int, start: int, tally: Tally) -> None:
        """Of an epoch, from 1, of which `start` batches were done before; `tally` is theirs."""
        self._epoch, self._tally, self._start = epoch, tally, start
        self._loss, self._crops = tally.fetch()[0], tally.crops
        self._first = tally.crops
        self._began = self._told = self.clock()
        if self._ended:
            self._between = self._began - self._ended

    def after(self, done: int) -> None:
        """To be called after each batch: a checkpoint, and the newest numbers where it is time for them.

        Raises:
            NotANumber: instead of these.
        """
        self._control.checkpoint()
        now = self.clock()
        if self._group.first and now - self._told >= TOLD_EVERY:
            if self._group.size == 1:  # else all find it at the end of the epoch, together
                self.check()
            self._publish(done, now)

    def check(self) -> None:
        """Raise NotANumber where the loss of the epoch is none; waits for the device."""
        if not math.isfinite(self._tally.fetch()[0]):
            raise NotANumber

    def trained(self) -> float:
        """Crops a second of all processes, since the epoch began; to be asked at its end."""
        self._ended = self.clock()
        return self._group.size * (self._tally.crops - self._first) / max(self._ended - self._began, 1e-9)

    def end(self, line: EpochLine) -> None:
        """Tell an epoch that is done."""
        if self._group.first:
            self._publish(self._batches, self.clock(), line)

    def _publish(self, done: int, now: float, line: EpochLine | None = None) -> None:
        loss, crops = self._tally.fetch()[0], self._tally.crops
        seen = crops - self._crops
        recent = (loss - self._loss) / seen if seen else loss / max(crops, 1)
        speed = line.images_per_second if line else self._group.size * seen / max(now - self._told, 1e-9)
        self._told, self._loss, self._crops = now, loss, crops
        says, self._says = ". ".join(self._says), []
        fraction = (self._epoch - 1 + done / max(self._batches, 1)) / max(self.epochs, 1)
        self._control.progress(min(fraction, 1.0), f"epoch {self._epoch} of {self.epochs}, loss {recent:.3g}")
        memory, left = memory_of(self._device), self._seconds_left(done, now)
        told = (done, self._batches, recent, self.rate, speed, memory, left, line, says)
        self._control.publish(Progress(self._run, self._epoch, self.epochs, *told))

    def _seconds_left(self, done: int, now: float) -> float | None:
        if done <= self._start:
            return None
        epochs = self.epochs - self._epoch
        end = self._ended if done == self._batches and self._ended > self._began else now
        batch = (end - self._began) / (done - self._start)
        return batch * (epochs * self._batches + self._batches - done) + self._between * epochs


def teller(notes: list[str], watch: Watch) -> Callable[[str], None]:
    """Keeps sentences and tells them; no method of the training, which would keep it and its networks alive."""

    def says(text: str) -> None:
        notes.append(text)
        watch.says(text)

    return says
