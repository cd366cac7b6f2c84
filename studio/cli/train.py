"""`studio train`: a recipe, from the project's crops to a head that was judged."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studio.cli.manners import DeviceOption, JsonFlag, Progress, print_json, say
from studio.cli.recipe_options import split_words
from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.plugins import recipes
from studio.core.project import Project
from studio.core.recipes.recipe import Recipe
from studio.core.runs import Progress as Epochs
from studio.core.runs import RunRecord, run_folder

if TYPE_CHECKING:
    from studio.ml.recipes.task import TrainRequest

CONTEXT = {"ignore_unknown_options": True}  # those of the recipe, which are read here
INTERRUPTED = 130
STOPPING = "stopping; the best weights so far are kept"


def train(
    words: Annotated[
        list[str],
        typer.Argument(metavar="PROJECT [OPTIONS OF THE RECIPE]", help="What they are says: studio recipes NAME"),
    ],
    recipe: Annotated[str | None, typer.Option("--recipe", help="Its name, see: studio recipes")] = None,
    backbone: Annotated[str | None, typer.Option("--backbone", help="The network, as for studio fit.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Of the head; RECIPE-1, … by default.")] = None,
    device: DeviceOption = "auto",
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="RUN", help="Go on with a run that was stopped; or: last.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Train a head by a recipe, judge it on crops that it did not see, and keep both in a run.

    Under torchrun on several processes or machines: torchrun --nproc-per-node N -m studio train …
    """
    request = _request(words, recipe, backbone, name, device, resume)
    from studio.ml.recipes.run import run_recipe

    if int(os.environ.get("RANK", 0)):  # of several processes the first one speaks
        control = Control()
        with suppress(Cancelled), _first_interrupt_cancels(control, ""):
            run_recipe(request, control)
        return
    with Progress(f"train {request.recipe}".strip()) as control:
        told = Control(control.progress, _say_what_happened)
        try:
            with _first_interrupt_cancels(told):
                record = run_recipe(request, told)
        except Cancelled:  # before there was a run
            raise KeyboardInterrupt from None
    _show(record, request.folder, json)
    if record.state == "cancelled":
        raise SystemExit(INTERRUPTED)


def _request(
    words: list[str], recipe: str | None, backbone: str | None, name: str | None, device: str, resume: str | None
) -> TrainRequest:
    if recipe is None and resume is None:
        raise InputError(f"which --recipe? There are: {', '.join(recipes.names)}; studio recipes says more")
    if recipe is not None and resume is not None:
        raise InputError("--resume goes on with the recipe of its run; leave --recipe out")
    loaded: Recipe = recipes[recipe or "svm"].load()
    if resume is not None and (backbone or any(word.startswith("--") for word in words)):
        raise InputError("--resume goes on with what its run was started with; leave options of the recipe out")
    if backbone is not None and not loaded.backbone:
        raise InputError(f"the recipe {loaded.name} brings a network of its own and takes no --backbone")
    others, values = split_words(words, loaded)
    if len(others) != 1:
        given = ", ".join(others) or "none"
        raise InputError(f"one PROJECT is needed, not {len(others)} ({given}); see studio train --help")
    folder = Path(others[0])
    loaded.read(values)
    if resume not in (None, "last"):
        with Project.open(folder) as project:
            run_folder(project, str(resume))
    from studio.ml.recipes.task import TrainRequest

    return TrainRequest(folder, recipe or "", values, device, backbone, name, resume)


def _say_what_happened(value: object) -> None:
    if isinstance(value, Epochs) and value.says:
        say(value.says)


@contextmanager
def _first_interrupt_cancels(control: Control, says: str = STOPPING) -> Iterator[None]:
    """Ctrl-C once ends the training in order, the best weights kept; twice ends it at once.

    Of several processes each hears it twice, from the terminal and from torchrun, which ends them after half a minute.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def cancel(number: int, frame: FrameType | None) -> None:
        if int(os.environ.get("WORLD_SIZE", 1)) == 1:
            signal.signal(signal.SIGINT, before)
        if says and not control.cancelled:
            say(says)
        control.cancel()

    before = signal.signal(signal.SIGINT, cancel)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _show(record: RunRecord, folder: Path, json: bool) -> None:
    if json:
        print_json({"run": str(folder / "runs" / record.name), **record.model_dump(exclude={"name"})})
        return
    for note in record.notes:
        say(f"note: {note}")
    epochs = f", {record.epochs} epochs, the best is {record.best_epoch}" if record.epochs else ""
    if record.head:
        print(
            f"head {record.head}: {', '.join(_named(record.labels))}; run {record.name}{epochs}, {record.seconds:.1f} s"
        )
    else:
        print(f"no head: the run {record.name} was stopped before there was one")
    for name, scores in (("validation", record.validation), ("test", record.test)):
        if scores:
            print(f"  {name}: {_line(scores)}")
    if record.milliseconds:
        print(f"  {record.milliseconds:.1f} ms a crop")


def _named(labels: list[str]) -> list[str]:
    return labels if len(labels) <= 12 else [*labels[:12], f"{len(labels) - 12} more"]


def _line(scores: dict[str, Any]) -> str:
    interval = scores["interval"]
    sure = f"{interval[0]:.3f} to {interval[1]:.3f} with 95 %" if interval else "too few tracks for an interval"
    return f"accuracy {scores['accuracy']:.3f} ({sure}), F1 {scores['f1']:.3f}, {scores['n']} crops"
