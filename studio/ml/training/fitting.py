"""A network is trained from its first phase to its last, and comes out with the weights of its best epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.runs import EpochLine, add_metrics
from studio.ml.training.checkpoint import Best, Checkpoints, Place, Resumed, Tensors, seed_all
from studio.ml.training.data import Batches
from studio.ml.training.interrupting import Interrupts
from studio.ml.training.loop import Tally, Validation, evaluate, train_one_epoch
from studio.ml.training.memory import Portions, memory_of
from studio.ml.training.network import TrainableNetwork
from studio.ml.training.objective import Classification, Objective
from studio.ml.training.parallel import ALONE, Group, without_cancelling
from studio.ml.training.phases import Phase, Settings, described, make_optimizer, rate_at
from studio.ml.training.saving import Saver
from studio.ml.training.steps import Precision, Stepper
from studio.ml.training.watching import NotANumber, Watch, teller

_MEET = 16  # batches on a GPU from one agreement of several processes to the next, for which it has to wait
_LESS = "take a tenth of the learning rate"


@dataclass(frozen=True)
class Fitted:
    """What came of a training; the network has the weights of its best epoch.

    Attributes:
        history: its epochs.
        best_epoch: from 1; the last one where there was nothing to validate with.
        notes: sentences for the user: why it stopped early, that memory was full.
    """

    history: tuple[EpochLine, ...]
    best_epoch: int
    notes: tuple[str, ...]


def fit_network(
    network: TrainableNetwork,
    train: Batches,
    validation: Batches | None,
    phases: Sequence[Phase],
    settings: Settings,
    run: Path,
    control: Control,
    *,
    objective: Objective | None = None,
    group: Group = ALONE,
    resume: bool = False,
) -> Fitted:
    """Train `network`, phase after phase; each but the first goes on from the best weights so far.

    Publishes `studio.core.runs.Progress`, and appends each epoch to the metrics of the run. A checkpoint is written at
    the end of epochs and within long ones. Where the training is cancelled, the best weights are in the checkpoint too,
    see `studio.ml.training.checkpoint.best_weights`.

    Args:
        network: trained in place, and left in evaluation mode.
        train: crops to learn from.
        validation: crops that choose the best epoch; None: there are none, and the last epoch is taken.
        phases: one or more.
        settings: of all phases.
        run: folder of the run, which exists.
        control: cancelling, pausing, progress.
        objective: the loss and the score; None: `Classification()`.
        group: the processes that train together.
        resume: go on from the run's checkpoint, where there is one.

    Raises:
        InputError: no crops or phases; the loss was no number before the first epoch was done; not even one crop fits
            into memory; or a checkpoint that does not belong here.
    """
    if not len(train) or not phases:
        raise InputError("there is nothing to train on" if phases else "a training needs a phase")
    for phase in phases:
        network.thaw(phase.trained)  # what is no part of it is said before anything begins
    fit = _Fit(network, train, validation, phases, settings, run, control, objective or Classification(), group)
    return fit.run(resume)


class _Fit:
    """A training while it runs."""

    def __init__(
        self,
        network: TrainableNetwork,
        train: Batches,
        validation: Batches | None,
        phases: Sequence[Phase],
        settings: Settings,
        run: Path,
        control: Control,
        objective: Objective,
        group: Group,
    ) -> None:
        self.network, self.train, self.validation = network, train, validation
        self.phases, self.settings, self.folder, self.asked = phases, settings, run, control
        self.control = control if group.size == 1 else without_cancelling(control)
        self.objective, self.group, self.device = objective, group, network.compute.device
        self.precision = Precision(network.compute, settings.mixed_precision)
        what = [network.architecture, network.input_size, network.outputs, len(train)]
        self.place = Place()
        self.best: tuple[Best, Tensors] | None = None
        self.watch = Watch(run, self.device, self.control, group, sum(phase.epochs for phase in phases), len(train))
        self.says = teller(self.place.notes, self.watch)
        self.portions = Portions(self.says)
        self.checkpoints = Checkpoints(run, described(what, phases, settings))
        self.saver = Saver(self.checkpoints, network, self.watch.clock, self.says, writes=group.first)

    def run(self, resume: bool) -> Fitted:
        resumed = self.checkpoints.load(self.network) if resume else None
        if resumed:
            self.place.notes += resumed.place.notes
            resumed.place.notes = self.place.notes
            self.place, self.best = resumed.place, resumed.best
        else:
            seed_all(self.settings.seed)
        if self.group.rank:  # what processes draw differs, as their crops do
            torch.manual_seed(self.settings.seed + 10_007 * self.group.rank + 101 * len(self.place.history))
        self._began = self.watch.clock() - self.place.seconds
        try:
            for number in range(self.place.phase, len(self.phases)):
                self._phase(number, resumed)
                resumed = None
        except NotANumber:
            self._stop_at_best()
        except BaseException:
            self.saver.stop(self.best)
            raise
        self.network.eval()
        best = self.best[0].epoch if self.best else len(self.place.history)
        return Fitted(tuple(self.place.history), best, tuple(self.place.notes))

    def _phase(self, number: int, resumed: Resumed | None) -> None:
        phase, place = self.phases[number], self.place
        self.network.thaw(phase.trained)
        optimizer = make_optimizer(self.network.named_parameters(), self.settings)
        stepper = Stepper(
            self.network, self.objective, optimizer, self.settings, self.precision, self.portions, self.group
        )
        if resumed:
            resumed.restore_optimizer(self.network, stepper)
        self.watch.epochs = len(place.history) - place.epoch + sum(each.epochs for each in self.phases[number:])
        # A GPU's steps are queued, and processes that train together must not leave each other in the middle of one.
        interrupts = None
        if self.device.type == "cpu" and self.group.size == 1:
            interrupts = Interrupts(self.network, self.control.checkpoint)
        try:
            while place.epoch < phase.epochs and not self._waited_enough():
                self._epoch(phase, stepper, interrupts)
        finally:
            if interrupts:
                interrupts.close()
        if place.epoch < phase.epochs:
            what = "phase" if number + 1 < len(self.phases) else "training"
            self.says(f"the {what} ended after {place.epoch} epochs, {place.waited} of them without a better score")
        if self.best:
            self.network.load_state_dict(self.best[1])
        place.phase, place.epoch, place.waited = number + 1, 0, 0

    def _epoch(self, phase: Phase, stepper: Stepper, interrupts: Interrupts | None) -> None:
        place, batches = self.place, len(self.train)
        tally = Tally(self.device)
        if self.group.first:  # what all processes saw before the checkpoint
            tally.restore(place.loss, place.hits, place.crops)
        number = len(place.history)
        self.network.train()
        self.watch.begin(number + 1, place.batch, tally)

        def rate(batch: int) -> float:
            self.watch.rate = rate_at(phase, place.epoch * batches + batch, phase.epochs * batches)
            return self.watch.rate

        def after(done: int) -> None:
            place.batch = done
            if interrupts:
                interrupts.after_step()
            self._after(done, stepper, tally)

        train_one_epoch(stepper, self.train, number, rate, tally, after, place.batch)
        self._end_epoch(tally)
        self.place.seconds = self.watch.clock() - self._began
        self.saver.end_epoch(self.place, stepper, self.best)

    def _after(self, done: int, stepper: Stepper, tally: Tally) -> None:
        try:
            self.watch.after(done)
            if not self._meet(done):
                return
        except Cancelled:
            whole = tally.of_all(self.group)
            if self.saver.is_quick:
                self._save(stepper, whole)
            raise
        whole = tally.of_all(self.group)
        if not math.isfinite(whole.fetch()[0]):
            raise NotANumber
        if self.group.first:
            self._save(stepper, whole)

    def _meet(self, done: int) -> bool:
        """Whether there is to be a checkpoint after this batch; all processes know it, and stop where one is asked to.

        Raises:
            Cancelled: in all of them.
        """
        within = done < len(self.train)
        due = within and self.saver.is_due(self.settings.checkpoint_seconds)
        if self.group.size == 1 or (within and self.device.type != "cpu" and done % _MEET):
            return due and self.group.size == 1
        wanted = torch.tensor([float(self.asked.cancelled), float(due)], device=self.device)
        cancelled, due_for_first = self.group.sum(wanted).tolist()
        if cancelled:
            self.asked.cancel()
            raise Cancelled
        return bool(due_for_first)

    def _end_epoch(self, tally: Tally) -> None:
        place = self.place
        speed = self.watch.trained()
        loss, accuracy = tally.means(self.group)
        if not math.isfinite(loss):
            raise NotANumber
        validation = self._validate()
        epoch = len(place.history) + 1
        line = EpochLine(
            epoch=epoch,
            loss=loss,
            accuracy=accuracy if self.objective.of_labels else None,
            validation_loss=validation.loss if validation else None,
            validation_accuracy=validation.accuracy if validation else None,
            learning_rate=self.watch.rate,
            images_per_second=speed,
            memory=memory_of(self.device),
            seconds=self.watch.clock() - self._began,
        )
        # Without validation the newest epoch is the best.
        newest = Best(epoch=epoch, score=validation.score if validation else epoch, loss=line.validation_loss or loss)
        place.waited += 1
        if newest.beats(place.best):
            place.best, place.waited = newest, 0
            state = self.network.state_dict()
            self.best = newest, {name: each.detach().to("cpu", copy=True) for name, each in state.items()}
        place.history.append(line)
        place.epoch, place.batch = place.epoch + 1, 0
        place.loss, place.hits, place.crops = 0.0, 0.0, 0
        if self.group.first:
            add_metrics(self.folder, line)
        self.watch.end(line)

    def _validate(self) -> Validation | None:
        if self.validation is None or not len(self.validation):
            return None
        how = (self.objective, self.precision, self.portions, self.group, self.control.checkpoint)
        return evaluate(self.network, self.validation, *how)

    def _waited_enough(self) -> bool:
        return 0 < self.settings.patience <= self.place.waited

    def _save(self, stepper: Stepper, tally: Tally) -> None:
        (self.place.loss, self.place.hits), self.place.crops = tally.fetch(), tally.crops
        self.place.seconds = self.watch.clock() - self._began
        self.saver.save(self.place, stepper, self.best)

    def _stop_at_best(self) -> None:
        epoch = len(self.place.history) + 1
        if self.best is None:
            raise InputError(f"the loss was no number any more in epoch {epoch}: {_LESS}")
        self.network.load_state_dict(self.best[1])
        self.says(
            f"stopped, as the loss was no number any more in epoch {epoch}; the weights of epoch {self.best[0].epoch} "
            f"are kept: {_LESS}"
        )
