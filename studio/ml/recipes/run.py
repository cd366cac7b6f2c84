"""A recipe, carried out: from the project's crops to a head that was judged, in a run that nothing loses."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import torch
from torch import distributed

from studio.core.control import Cancelled, Control
from studio.core.errors import StudioError, said
from studio.core.judging import write_predictions
from studio.core.project import Project
from studio.core.project.heads import head_folder, head_names
from studio.core.recipes.recipe import Parameters
from studio.core.registry import load
from studio.core.run_lock import hold_run
from studio.core.runs import (
    PREDICTIONS,
    RunRecord,
    new_run_folder,
    write_run,
)
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import Compute, choose
from studio.ml.heads.head import Head
from studio.ml.heads.own_network import load_own_network
from studio.ml.recipes.keeping import keep_in_models, keep_in_run
from studio.ml.recipes.making import with_dense
from studio.ml.recipes.material import examples_for
from studio.ml.recipes.outcome import label_scores, milliseconds_a_crop, predictions_of
from studio.ml.recipes.plan import LEARNING, Plan, first_record, plan_of, side_of, stopped_run
from studio.ml.recipes.task import Task, TrainRequest
from studio.ml.training.checkpoint import remove_checkpoint
from studio.ml.training.network import trainable
from studio.ml.training.parallel import Group, joined, own_device

SPLITS_JUDGED = (("validation", "val"), ("test", "test"))
TOGETHER = ("frozen", "warm-up", "fine-tune-top", "from-scratch")  # several processes share the work
CANCELLED = "cancelled before it learned to search"


def run_recipe(request: TrainRequest, control: Control) -> RunRecord:
    """Carry out what `request` says; the project is not locked meanwhile.

    What is trained stays in the run's folder and, as a head, in `models/`. Who cancels keeps the best weights so far,
    where an epoch was finished: the record then says "cancelled" and how the head is called.

    Raises:
        InputError: there is nothing to learn from, or something is asked for that cannot be; nothing was changed.
        StudioError: it failed on the way; the run's record says so too.
    """
    compute = choose(own_device(request.device))
    # Of one moment: who labels on, or takes something back, while it trains changes nothing under it.
    with Project.open(request.folder) as project, project.moment(), joined(compute) as group:
        if request.resume is not None:
            name = stopped_run(project, request.resume) if group.first else ""
            request = replace(request, resume=_agreed(group, name))
        plan = plan_of(project, request)
        backbone = load_backbone(plan.backbone, compute) if plan.recipe.backbone else None
        if backbone is not None and plan.recipe.name in LEARNING:
            trainable(backbone.name)
        examples = examples_for(project, plan.recipe, plan.parameters, side_of(plan, backbone), control)
        started = datetime.now(UTC)
        with ExitStack() as held:
            made = ""
            if group.first:
                folder = plan.resumed or new_run_folder(project, plan.recipe.name, started)
                held.enter_context(hold_run(folder))
                made = folder.name
            folder = project.runs / _agreed(group, made)
            task = Task(
                project, examples, compute, backbone, folder, control, plan.parameters.seed, project.position,
                list(examples.notes), group, plan.resumed is not None,
            )  # fmt: skip
            return _Run(plan, task, first_record(plan, task, started)).carried_out()


def _agreed(group: Group, value: str) -> str:
    """What the first of the processes says."""
    if group.size == 1:
        return value
    said = [value]
    distributed.broadcast_object_list(said)
    return said[0]


class _Run:
    """A run on its way: every ending writes its record."""

    def __init__(self, plan: Plan, task: Task, record: RunRecord) -> None:
        self._plan, self._task, self._record = plan, task, record
        self._began = time.monotonic() - record.seconds - task.control.rested
        self._first = task.group.first
        if self._first:
            write_run(task.run, record)

    def carried_out(self) -> RunRecord:
        """Of several processes all train where the recipe can; the rest is done by the first one."""
        if not self._first and self._plan.recipe.name not in TOGETHER:
            return self._record
        try:
            train: Callable[[Task, Parameters], Head] = load(self._plan.recipe.target)
            head = train(self._task, self._plan.parameters)
        except (Cancelled, KeyboardInterrupt):
            return self._ended(state="cancelled")
        except Exception as error:
            raise self._failed(error) from error
        if not self._first:
            return self._record
        try:
            head, found = self._finished(head)
        except Exception as error:
            raise self._failed(error, head=self._kept(head)) from error
        found |= {"head": self._kept(head), "labels": head.card.outputs if head.layers else self._record.labels}
        if self._task.control.cancelled:
            return self._ended(state="cancelled", **found)
        remove_checkpoint(self._task.run)
        return self._ended(state="done", **found)

    def _finished(self, head: Head) -> tuple[Head, dict[str, Any]]:
        """With its dense part and its scores; without those that were not reached when somebody cancelled."""
        task = self._task
        found: dict[str, Any] = {}
        try:
            task.control.checkpoint()
            backbone = load_own_network(head, task.compute) if head.card.network else task.standing_on()
            head = with_dense(task, head, backbone)
            head, found = self._judged(head, backbone)
            found["milliseconds"] = milliseconds_a_crop(head, backbone)
        except (Cancelled, KeyboardInterrupt):
            task.control.cancel()
            if not head.dense and not head.card.why_not_dense:
                head = replace(head, card=head.card.model_copy(update={"why_not_dense": CANCELLED}))
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
            if name == "validation" and not head.card.scores:
                head = replace(head, card=head.card.model_copy(update={"scores": label_scores(judged, head)}))
        return head, found

    def _kept(self, head: Head) -> str:
        """The head in the run's folder and in `models/`; returns what it is called there, "" where that failed."""
        task, project = self._task, self._task.project
        name = self._plan.name
        if name is None or head_folder(project, name).exists():
            taken = set(head_names(project))
            stem = self._plan.recipe.name
            free = next(each for n in range(1, len(taken) + 2) if (each := f"{stem}-{n}") not in taken)
            if name is not None:
                task.notes.append(f"There is a head {name} by now; this one is called {free}.")
            name = free
        training = _how(task.compute, self._seconds()) | {"run": task.run.name}
        card = head.card.model_copy(update={"training": _as_dict(head.card.training) | training})
        keep_in_run(replace(head, card=card), task.run, name)
        try:
            keep_in_models(task.run, project, name)
        except (OSError, StudioError) as error:
            task.notes.append(f"The head could not be kept as {name} ({said(error)}); it is in {task.run}.")
            return ""
        return name

    def _seconds(self) -> float:
        return round(time.monotonic() - self._began - self._task.control.rested, 3)

    def _ended(self, **found: Any) -> RunRecord:  # noqa: ANN401 - fields of the record
        task = self._task
        reached = {
            "seconds": self._seconds(), "epochs": task.epochs, "best_epoch": task.best_epoch, "notes": list(task.notes)
        }  # fmt: skip
        record = self._record.model_copy(update=reached | found)
        if self._first:
            write_run(task.run, record)
        return record

    def _failed(self, error: Exception, head: str = "") -> Exception:
        """Told in the record; memory that is full as a sentence."""
        if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
            error = StudioError("the memory is full; use a smaller --batch, smaller crops or --device cpu")
        self._ended(state="failed", error=said(error), head=head or self._record.head)
        return error


def _how(compute: Compute, seconds: float) -> dict[str, Any]:
    dtype = str(compute.dtype).removeprefix("torch.")
    return {"device": str(compute.device), "dtype": dtype, "seconds": {"all": seconds}}


def _as_dict(training: str | dict[str, Any]) -> dict[str, Any]:
    return training if isinstance(training, dict) else {}
