"""What the training dock asks of workers: the form of a recipe, a run, and what is known of the newest one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.plugins import recipes
from studio.core.project import Project

if TYPE_CHECKING:
    from studio.core.recipes.recipe import Recipe
    from studio.core.runs import EpochLine, RunRecord


@dataclass(frozen=True, eq=False)
class Form:
    """A recipe, and the parameters it was run with last in this project."""

    recipe: Recipe
    values: dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """A run to be.

    Attributes:
        project: its folder.
        recipe: by name.
        parameters: what the user said.
        resume: name of the run to go on with; "" for a new one.
    """

    project: Path
    recipe: str
    parameters: dict[str, Any] = field(default_factory=dict)
    resume: str = ""


@dataclass(frozen=True, eq=False)
class Past:
    """A run that has ended, or was interrupted.

    Attributes:
        record, epochs: what is known of it.
        resumable: whether it can go on from a checkpoint.
    """

    record: RunRecord
    epochs: list[EpochLine]
    resumable: bool


def read_form(folder: Path, name: str, control: Control) -> Form:
    """The recipe `name`, with the values of its newest run."""
    from studio.core.recipes.recipe import form_fields
    from studio.core.runs import runs_of

    control.checkpoint()
    recipe: Recipe = recipes[name].load()
    with Project.open(folder) as project:
        newest = next((run for run in runs_of(project) if run.recipe == name), None)
    known = {each.name for each in form_fields(recipe.parameters)}
    values = {name: value for name, value in (newest.parameters if newest else {}).items() if name in known}
    try:
        return Form(recipe, recipe.read(values).model_dump())
    except InputError:  # of another version
        return Form(recipe, {})


def train(networks: LaneNetworks, wish: Wish, device: str, control: Control) -> RunRecord:
    """Run a recipe on the batch lane; publishes `studio.core.runs.Progress`."""
    control.progress(0.0, "starting")
    from studio.ml.recipes.run import run_recipe
    from studio.ml.recipes.task import TrainRequest

    networks.on("batch")  # leaves a core to the window, or takes as many threads as the settings say
    parameters = {} if wish.resume else wish.parameters  # its record says with what a run goes on
    return run_recipe(
        TrainRequest(wish.project, wish.recipe, parameters, device=device, resume=wish.resume or None), control
    )


def can_go_on(folder: Path, record: RunRecord) -> bool:
    """Whether the run in `folder` was stopped, killed or failed, and left from where it can go on."""
    from studio.core.run_lock import was_killed
    from studio.core.runs import can_resume

    known = record.recipe in recipes.names  # else it is of another version
    ended = record.state in ("cancelled", "failed") or was_killed(folder, record)
    return known and ended and can_resume(folder)


def read_past(folder: Path, name: str, control: Control) -> Past | None:
    """The run `name`; where it is "", the newest one if it can go on: it was killed, stopped, or its project closed."""
    from studio.core.runs import read_metrics, run_folder, runs_of

    control.checkpoint()
    with Project.open(folder) as project:
        runs = runs_of(project)
        record = next((run for run in runs if not name or run.name == name), None)
        if record is None:
            return None
        folder = run_folder(project, record.name)
    resumable = can_go_on(folder, record)
    if not name and not resumable:
        return None
    epochs = read_metrics(folder)
    if epochs:  # a run that was killed could not say how far it came
        record = record.model_copy(update={"epochs": max(record.epochs, epochs[-1].epoch)})
    return Past(record, epochs, resumable)
