"""What a training will be, before anything is trained: the plan, and the first record of its run."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import torch

from studio import __version__
from studio.core.errors import InputError
from studio.core.judging.run_lines import data_change
from studio.core.plugins import recipes
from studio.core.project import Project
from studio.core.project.chosen_backbone import chosen_backbone
from studio.core.project.heads import head_folder
from studio.core.recipes.recipe import Parameters, Recipe
from studio.core.run_lock import is_trained_now
from studio.core.runs import RunRecord, can_resume, read_metrics, read_run, run_folder, runs_of
from studio.core.stages import split_stage
from studio.core.training.examples import Examples
from studio.ml.backbones.base import Backbone
from studio.ml.recipes.task import Task, TrainRequest

LEARNING = ("frozen", "warm-up", "fine-tune-top", "embedding")  # train through a backbone


@dataclass(frozen=True)
class Plan:
    """What is to be done: of a new run from the request, of a resumed one from its record.

    Attributes:
        recipe, parameters: what is trained, and how.
        backbone: its name; None: the bundled one, or none where the recipe brings its own.
        name: of the head; None: RECIPE-1, …. Of a resumed run that of the head it made before.
        resumed: folder of the run that goes on; None: a new one.
    """

    recipe: Recipe
    parameters: Parameters
    backbone: str | None
    name: str | None
    resumed: Path | None


def plan_of(project: Project, request: TrainRequest) -> Plan:
    """What `request` wants, whose `resume` is the name of a run or None.

    Raises:
        InputError: a name that is taken, or an unknown recipe, run or parameter.
    """
    if request.resume is not None:
        return _resumed(project, request)
    _check_free(project, request.name)
    recipe: Recipe = recipes[request.recipe].load()
    backbone = (request.backbone or chosen_backbone(project)) if recipe.backbone else None
    if backbone and request.backbone is None and recipe.name in LEARNING:
        backbone, _ = split_stage(backbone)  # what was chosen is the stage where heads look; the network learns whole
    return Plan(recipe, recipe.read(request.parameters), backbone, request.name, None)


def stopped_run(project: Project, wanted: str) -> str:
    """The name of the run `wanted`, which stopped before its end and can go on; "last" is the newest such run.

    Raises:
        InputError: there is none, it came to its end, or somebody works on it.
    """
    if wanted == "last":
        runs = (run for run in runs_of(project) if run.state != "done")
        stopped = [run for run in runs if not is_trained_now(run_folder(project, run.name))]
        if not stopped:
            raise InputError("no run of this project stopped before its end, so there is nothing to resume")
        return stopped[0].name
    folder = run_folder(project, wanted)
    if read_run(folder).state == "done":
        raise InputError(f"the run {wanted} came to its end; there is nothing to resume")
    if is_trained_now(folder):
        raise InputError(f"the run {wanted} is being trained right now; wait for its end, or cancel it there")
    return wanted


def _resumed(project: Project, request: TrainRequest) -> Plan:
    folder = run_folder(project, str(request.resume))
    record = read_run(folder)
    own = record.head or record.head_wanted
    if own:
        head_folder(project, own)  # a record may say anything
    if request.name != own:
        _check_free(project, request.name)
    recipe: Recipe = recipes[record.recipe].load()
    name = request.name or own or None
    return Plan(recipe, recipe.read(record.parameters), record.backbone or None, name, folder)


def _check_free(project: Project, name: str | None) -> None:
    if name is not None and head_folder(project, name).exists():
        raise InputError(f"there is a head {name} already and heads do not change; give another --name")


def side_of(plan: Plan, backbone: Backbone | None) -> int:
    """Of the crops that the network sees, in pixels."""
    if backbone is not None:
        return backbone.input_size
    from studio.ml.recipes.networks import input_side

    return input_side(plan.parameters)


def first_record(plan: Plan, task: Task, started: datetime) -> RunRecord:
    """Of a run that begins; of a resumed one with when it began and how long it took so far."""
    before = read_run(plan.resumed) if plan.resumed else None
    mixed = _mixed(task, before) if before else ""
    if mixed:
        task.notes.append(f"The regions have changed since it began: {mixed}.")
    backbone = task.backbone
    return RunRecord(
        name=task.run.name,
        recipe=plan.recipe.name,
        parameters=plan.parameters.model_dump(),
        backbone=backbone.name if backbone else "",
        backbone_sha256=backbone.sha256 if backbone else "",
        started=before.started if before else started.isoformat(timespec="seconds"),
        seconds=_spent(before, task.run) if before else 0.0,
        project=task.project.id,
        history=task.history,
        labels=list(task.examples.labels),
        counts=_counts(task.examples),
        device=task.compute.reason,
        versions={"studio": __version__, "torch": torch.__version__, "python": platform.python_version()},
        notes=list(task.notes),
        leaks=task.examples.leaks,
        mixed=mixed,
        milliseconds=0.0,
        epochs=before.epochs if before else 0,
        best_epoch=before.best_epoch if before else 0,
        head=before.head if before else "",
        head_wanted=before.head_wanted if before else plan.name or "",
    )


def _mixed(task: Task, before: RunRecord) -> str:
    """How the regions changed while a run that goes on from a checkpoint was stopped; "" where they did not.

    Raises:
        InputError: its labels are others by now, so that the network's outputs would mean something else.
    """
    if not can_resume(task.run):
        return ""
    now = list(task.examples.labels)
    if before.labels and before.labels != now:
        raise InputError(
            f"the run {before.name} learned {', '.join(before.labels)}, and the labels are {', '.join(now)} by now:"
            " start this training anew"
        )
    change = data_change(task.project, before)
    if change == "of another project":  # or of changes that were taken back
        change = "how is not known"
    return "; then ".join([before.mixed] * bool(before.mixed) + [change] * (change != "as now"))


def _spent(before: RunRecord, folder: Path) -> float:
    """Seconds that a run took so far; of one that was killed those up to its last epoch."""
    return max([before.seconds, *(line.seconds for line in read_metrics(folder))])


def _counts(examples: Examples) -> dict[str, dict[str, int]]:
    return {
        split: dict(zip(examples.labels, examples.counts(split).tolist(), strict=True))
        for split in ("train", "val", "test")
    }
