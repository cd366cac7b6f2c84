"""A recipe, carried out: from the project's crops to a head that was judged, in a run that nothing loses."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError, StudioError, said
from studio.core.judging import write_predictions
from studio.core.project import Project
from studio.core.project.heads import head_folder, head_names
from studio.core.recipes.recipe import Parameters
from studio.core.registry import load
from studio.core.run_lock import hold_run
from studio.core.runs import (
    EPOCHS,
    PREDICTIONS,
    RunRecord,
    forget_run,
    new_run_folder,
    read_metrics,
    read_run,
    write_run,
)
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import Compute, choose
from studio.ml.heads.fit import mean_f1
from studio.ml.heads.head import Head
from studio.ml.heads.own_network import load_own_network
from studio.ml.recipes.keeping import is_of_run, keep_in_models, keep_in_run
from studio.ml.recipes.making import with_dense
from studio.ml.recipes.material import check_media, examples_for
from studio.ml.recipes.outcome import label_scores, milliseconds_a_crop, predictions_of
from studio.ml.recipes.plan import LEARNING, Plan, first_record, plan_of, side_of, stopped_run
from studio.ml.recipes.task import Task, TrainRequest
from studio.ml.training.checkpoint import remove_checkpoint
from studio.ml.training.memory import is_full, when_full
from studio.ml.training.network import trainable
from studio.ml.training.parallel import LostProcess, joined, own_device

SPLITS_JUDGED = (("validation", "val"), ("test", "test"))
TOGETHER = ("frozen", "warm-up", "fine-tune-top", "from-scratch")  # several processes share the work
CANCELLED = "cancelled before it learned to search"
FAILED = "its training failed before it learned to search"


def run_recipe(request: TrainRequest, control: Control) -> RunRecord:
    """Carry out what `request` says; the project is not locked meanwhile.

    What is trained stays in the run's folder and, as a head, in `models/`. Who cancels keeps the best weights so far,
    where an epoch was finished: the record then says "cancelled" and how the head is called.

    Raises:
        InputError: there is nothing to learn from, or something is asked for that cannot be; nothing was changed, and
            no run is left. After the first epoch as below.
        Cancelled: before there was a run.
        StudioError: it failed on the way; the run's record says so too, where it is still there.
    """
    control.checkpoint()
    compute = choose(own_device(request.device))
    # Of one moment: who labels on, or takes something back, while it trains changes nothing under it.
    with Project.open(request.folder) as project, project.moment(), joined(compute) as group:
        if request.resume is not None:
            name = stopped_run(project, request.resume) if group.first else ""
            request = replace(request, resume=group.agreed(name))
        plan = plan_of(project, request)
        backbone = load_backbone(plan.backbone, compute) if plan.recipe.backbone else None
        if backbone is not None and plan.recipe.name in LEARNING:
            trainable(backbone.name)
        examples = examples_for(project, plan.recipe, plan.parameters, side_of(plan, backbone), control)
        check_media(project, examples)
        started = datetime.now(UTC)
        with ExitStack() as held:
            made = ""
            if group.first:
                folder = plan.resumed or new_run_folder(project, plan.recipe.name, started)
                held.enter_context(hold_run(folder))
                made = folder.name
            folder = project.runs / group.agreed(made)
            task = Task(
                project, examples, compute, backbone, folder, control, plan.parameters.seed, project.position,
                list(examples.notes), group, plan.resumed is not None,
            )  # fmt: skip
            return _Run(plan, task, first_record(plan, task, started)).carried_out()


class _Run:
    """A run on its way: every ending writes its record, or takes the run back."""

    def __init__(self, plan: Plan, task: Task, record: RunRecord) -> None:
        self._plan, self._task, self._record = plan, task, record
        self._began = time.monotonic() - record.seconds - task.control.rested
        self._first = task.group.first
        self._before = read_run(plan.resumed) if plan.resumed and self._first else None
        self._told = _bytes_of(task.run / EPOCHS)

    def carried_out(self) -> RunRecord:
        """Of several processes all train where the recipe can; the rest is done by the first one."""
        self._begin()
        if not self._first and self._plan.recipe.name not in TOGETHER:
            return self._record
        try:
            train: Callable[[Task, Parameters], Head] = load(self._plan.recipe.target)
            head = train(self._task, self._plan.parameters)
        except (Cancelled, KeyboardInterrupt):
            return self._ended(state="cancelled")
        except LostProcess:
            raise  # its record stays that of a run that was killed, which can be resumed
        except Exception as error:
            raise self._failed(error) from error
        if not self._first:
            return self._record
        if self._task.failure is not None:
            raise self._failed(self._task.failure, head=self._kept(_unsearching(head, FAILED))) from self._task.failure
        try:
            head, found = self._finished(head)
        except Exception as error:
            raise self._failed(error, head=self._kept(head)) from error
        found |= {"head": self._kept(head), "labels": head.card.outputs if head.layers else self._record.labels}
        if self._task.control.cancelled:
            return self._ended(state="cancelled", **found)
        remove_checkpoint(self._task.run)
        return self._ended(state="done", **found)

    def _begin(self) -> None:
        if self._first:
            try:
                write_run(self._task.run, self._record)
            except OSError:
                self._take_back()
                raise

    def _take_back(self) -> None:
        """As if it had never begun, or never gone on."""
        if self._before is not None:
            write_run(self._task.run, self._before)
        elif self._first:
            forget_run(self._task.run)

    def _check_there(self) -> None:
        run = self._task.run
        if self._first and not run.is_dir():
            raise StudioError(
                f"the run {run.name} is no longer in {run.parent}: its project was moved, or the run was deleted, while"
                " it trained; one that was moved can be resumed where it is now"
            )

    def _finished(self, head: Head) -> tuple[Head, dict[str, Any]]:
        """With its dense part and its scores; without those that were not reached when somebody cancelled."""
        task = self._task
        found: dict[str, Any] = {}
        self._check_there()
        try:
            task.control.checkpoint()
            backbone = load_own_network(head, task.compute) if head.card.network else task.standing_on()
            head = with_dense(task, head, backbone)
            head, found = self._judged(head, backbone)
            found["milliseconds"] = milliseconds_a_crop(head, backbone)
        except (Cancelled, KeyboardInterrupt):
            task.control.cancel()
            head = _unsearching(head, CANCELLED)
        return head, found

    def _judged(self, head: Head, backbone: Backbone) -> tuple[Head, dict[str, Any]]:
        task = self._task
        predictions = predictions_of(task, head, backbone)
        write_predictions(task.run / PREDICTIONS, predictions)
        found: dict[str, Any] = {}
        for name, split in SPLITS_JUDGED:
            task.control.checkpoint()
            judged = predictions.of_split(split).judged(task.seed)
            found[name] = judged.document() if judged else None
            if name == "validation" and mean_f1(head.card.scores) is None:  # the SVM may have held out some itself
                head = replace(head, card=head.card.model_copy(update={"scores": label_scores(judged, head)}))
        return head, found

    def _kept(self, head: Head) -> str:
        """The head in the run's folder and in `models/`; returns what it is called there, "" where that failed."""
        task, project = self._task, self._task.project
        self._check_there()
        name, instead = self._called()
        training = _how(task.compute, self._seconds()) | {"run": task.run.name}
        card = head.card.model_copy(update={"training": _as_dict(head.card.training) | training})
        keep_in_run(replace(head, card=card), task.run, name)
        try:
            keep_in_models(task.run, project, name, instead=instead)
        except (OSError, StudioError) as error:
            task.notes.append(f"The head could not be kept as {name} ({said(error)}); it is in {task.run}.")
            return ""
        return name

    def _called(self) -> tuple[str, bool]:
        """The name of the head, and whether it takes the place of the one that this run made before it was resumed."""
        project, wanted = self._task.project, self._plan.name
        if wanted is not None and not head_folder(project, wanted).exists():
            return wanted, False
        if wanted is not None and self._before is not None and is_of_run(self._task.run, project, wanted):
            return wanted, True
        taken = set(head_names(project))
        stem = self._plan.recipe.name
        free = next(each for n in range(1, len(taken) + 2) if (each := f"{stem}-{n}") not in taken)
        if wanted is not None:
            self._task.notes.append(f"There is another head {wanted} by now; this one is called {free}.")
        return free, False

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began - self._task.control.rested, 3)

    def _ended(self, **found: Any) -> RunRecord:  # noqa: ANN401 - fields of the record
        task = self._task
        self._check_there()
        told = read_metrics(task.run)
        reached = {
            "seconds": self._seconds(),
            "epochs": max(task.epochs, told[-1].epoch if told else 0),
            "best_epoch": task.best_epoch or self._record.best_epoch,
            "notes": list(task.notes),
        }
        record = self._record.model_copy(update=reached | found)
        if self._first:
            write_run(task.run, record)
        return record

    def _failed(self, error: Exception, head: str = "") -> Exception:
        """Told in the record; memory that is full as a sentence. What was wrong from the beginning leaves no run.

        What is wrong later on is no longer only the user's input: something was kept.
        """
        self._check_there()
        learned = bool(head) or _bytes_of(self._task.run / EPOCHS) > self._told
        if isinstance(error, InputError) and not learned:
            self._take_back()
            return error
        if is_full(error):
            error = StudioError(when_full(error))
        if head and isinstance(error, StudioError):
            error = StudioError(f"{error}; what was learned so far is the head {head}")
        self._ended(state="failed", error=said(error), head=head or self._record.head)
        return error


def _unsearching(head: Head, why: str) -> Head:
    """The head with why it has no dense part, where it has none yet."""
    if head.dense or head.card.why_not_dense:
        return head
    return replace(head, card=head.card.model_copy(update={"why_not_dense": why}))


def _bytes_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _how(compute: Compute, seconds: float) -> dict[str, Any]:
    dtype = str(compute.dtype).removeprefix("torch.")
    return {"device": str(compute.device), "dtype": dtype, "seconds": {"all": seconds}}


def _as_dict(training: str | dict[str, Any]) -> dict[str, Any]:
    return training if isinstance(training, dict) else {}
