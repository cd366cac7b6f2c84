"""A recipe, carried out: from the project's crops to a head that was judged, in a run that nothing loses."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import distributed

from studio import __version__
from studio.core.control import Cancelled, Control
from studio.core.errors import InputError, StudioError, said
from studio.core.judging import write_predictions
from studio.core.plugins import recipes
from studio.core.project import Project
from studio.core.project.chosen_backbone import chosen_backbone
from studio.core.project.heads import head_folder, head_names
from studio.core.recipes.recipe import Parameters, Recipe
from studio.core.registry import load
from studio.core.run_lock import hold_run, is_trained_now
from studio.core.runs import PREDICTIONS, RunRecord, new_run_folder, read_run, run_folder, runs_of, write_run
from studio.core.stages import split_stage
from studio.core.training.examples import Examples
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import Compute, choose
from studio.ml.heads.head import Head
from studio.ml.heads.own_network import load_own_network
from studio.ml.recipes.keeping import keep_in_models, keep_in_run
from studio.ml.recipes.making import with_dense
from studio.ml.recipes.material import examples_for
from studio.ml.recipes.outcome import label_scores, milliseconds_a_crop, predictions_of
from studio.ml.recipes.task import Task, TrainRequest
from studio.ml.training.checkpoint import remove_checkpoint
from studio.ml.training.network import trainable
from studio.ml.training.parallel import Group, joined, own_device

SPLITS_JUDGED = (("validation", "val"), ("test", "test"))
LEARNING = ("frozen", "warm-up", "fine-tune-top", "embedding")  # train through a backbone
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
    with Project.open(request.folder) as project, joined(compute) as group:
        plan = _plan(project, request)
        backbone = load_backbone(plan.backbone, compute) if plan.recipe.backbone else None
        if backbone is not None and plan.recipe.name in LEARNING:
            trainable(backbone.name)
        examples = examples_for(project, plan.recipe, plan.parameters, _side(plan, backbone))
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
            return _Run(plan, task, _first_record(plan, task, started)).carried_out()


def _agreed(group: Group, value: str) -> str:
    """What the first of the processes says."""
    if group.size == 1:
        return value
    said = [value]
    distributed.broadcast_object_list(said)
    return said[0]


@dataclass(frozen=True)
class _Plan:
    """What is to be done: of a new run from the request, of a resumed one from its record."""

    recipe: Recipe
    parameters: Parameters
    backbone: str | None
    name: str | None
    resumed: Path | None


def _plan(project: Project, request: TrainRequest) -> _Plan:
    if request.name is not None and head_folder(project, request.name).exists():
        raise InputError(f"there is a head {request.name} already and heads do not change; give another --name")
    if request.resume is not None:
        return _resumed(project, request)
    recipe: Recipe = recipes[request.recipe].load()
    backbone = (request.backbone or chosen_backbone(project)) if recipe.backbone else None
    if backbone and request.backbone is None and recipe.name in LEARNING:
        backbone, _ = split_stage(backbone)  # what was chosen is the stage where heads look; the network learns whole
    return _Plan(recipe, recipe.read(request.parameters), backbone, request.name, None)


def _resumed(project: Project, request: TrainRequest) -> _Plan:
    """The plan of a run that stopped before its end."""
    if request.resume == "last":
        runs = (run for run in runs_of(project) if run.state != "done")
        stopped = [run for run in runs if not is_trained_now(run_folder(project, run.name))]
        if not stopped:
            raise InputError("no run of this project stopped before its end, so there is nothing to resume")
        name = stopped[0].name
    else:
        name = str(request.resume)
    folder = run_folder(project, name)
    record = read_run(folder)
    if record.state == "done":
        raise InputError(f"the run {name} came to its end; there is nothing to resume")
    if is_trained_now(folder):
        raise InputError(f"the run {name} is being trained right now; wait for its end, or cancel it there")
    recipe: Recipe = recipes[record.recipe].load()
    return _Plan(recipe, recipe.read(record.parameters), record.backbone or None, request.name, folder)


def _side(plan: _Plan, backbone: Backbone | None) -> int:
    if backbone is not None:
        return backbone.input_size
    from studio.ml.recipes.networks import input_side

    return input_side(plan.parameters)


def _first_record(plan: _Plan, task: Task, started: datetime) -> RunRecord:
    """Of a run that begins; of a resumed one with when it began and how long it took so far."""
    before = read_run(plan.resumed) if plan.resumed else None
    backbone = task.backbone
    return RunRecord(
        name=task.run.name,
        recipe=plan.recipe.name,
        parameters=plan.parameters.model_dump(),
        backbone=backbone.name if backbone else "",
        backbone_sha256=backbone.sha256 if backbone else "",
        started=before.started if before else started.isoformat(timespec="seconds"),
        seconds=before.seconds if before else 0.0,
        project=task.project.id,
        history=task.history,
        labels=list(task.examples.labels),
        counts=_counts(task.examples),
        device=task.compute.reason,
        versions={"studio": __version__, "torch": torch.__version__, "python": platform.python_version()},
        notes=list(task.notes),
        epochs=0,
        best_epoch=0,
        milliseconds=0.0,
    )


def _counts(examples: Examples) -> dict[str, dict[str, int]]:
    return {
        split: dict(zip(examples.labels, examples.counts(split).tolist(), strict=True))
        for split in ("train", "val", "test")
    }


class _Run:
    """A run on its way: every ending writes its record."""

    def __init__(self, plan: _Plan, task: Task, record: RunRecord) -> None:
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
        self._ended(state="failed", error=said(error), head=head)
        return error


def _how(compute: Compute, seconds: float) -> dict[str, Any]:
    dtype = str(compute.dtype).removeprefix("torch.")
    return {"device": str(compute.device), "dtype": dtype, "seconds": {"all": seconds}}


def _as_dict(training: str | dict[str, Any]) -> dict[str, Any]:
    return training if isinstance(training, dict) else {}
