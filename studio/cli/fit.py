"""`studio fit`: train a head on what was collected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studio.cli.manners import DeviceOption, JsonFlag, Progress, SeedOption, print_json, say
from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.chosen_backbone import chosen_backbone
from studio.core.project.edits import counted
from studio.core.project.heads import head_folder, head_names
from studio.core.project.held_back import held_back

if TYPE_CHECKING:
    from studio.ml.heads.fit import Fitted

NAMED = 5  # frames that cannot be read


def fit(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    name: Annotated[str | None, typer.Option("--name", help="The head's name; head-1, head-2, … by default.")] = None,
    backbone: Annotated[
        str | None,
        typer.Option(
            "--backbone",
            help="The network, or NETWORK@LAYER:POOLING (avg, max, grid) for crops seen by a layer inside of it; by "
            "default the one chosen in the window, else the bundled one.",
        ),
    ] = None,
    kernel: Annotated[str, typer.Option("--kernel", help="rbf or linear, of the crop part.")] = "rbf",
    device: DeviceOption = "auto",
    seed: SeedOption = 0,
    json: JsonFlag = False,
) -> None:
    """Train an SVM head on the regions of a project; scores are of held-out time blocks, per frame."""
    with Project.open(project, write=True) as opened:
        chosen = name or _free_name(opened)
        folder = head_folder(opened, chosen)
        if folder.exists():
            raise InputError(f"there is a head {chosen} already and heads do not change; give another --name")
        from studio.ml.backbones.loading import load_backbone
        from studio.ml.device import choose
        from studio.ml.heads.fit import fit as train
        from studio.ml.heads.head import save_head

        if backbone is None and (backbone := chosen_backbone(opened)):
            say(f"backbone: {backbone}, the one chosen for this project")
        compute = choose(device)
        say(compute.reason)
        if kept := len(held_back(opened).regions):
            say(f"note: {kept:,} regions for validation or the test, or too near to those, are not used: studio split")
        with Progress("fit") as control:
            fitted = train(opened, chosen, load_backbone(backbone, compute), kernel, seed, control)
        save_head(fitted.head, folder)
    _say_what_is_left_out(fitted.unread)
    document = _document(chosen, fitted)
    if json:
        print_json(document)
    else:
        _show(document)


def _free_name(project: Project) -> str:
    taken = set(head_names(project))
    return next(name for number in range(1, len(taken) + 2) if (name := f"head-{number}") not in taken)


def _document(name: str, fitted: Fitted) -> dict[str, Any]:
    return {
        "head": name,
        "labels": fitted.head.labels,
        "positives": fitted.positives,
        "negatives": fitted.negatives,
        "seconds": round(sum(fitted.seconds.values()), 3),
        "parts": fitted.seconds,
        "f1": fitted.f1,
        "scores": fitted.scores,
        "searched_sizes": fitted.head.card.searched_sizes,
        "left_out": list(fitted.unread),
    }


def _say_what_is_left_out(unread: Sequence[str]) -> None:
    for why in unread[:NAMED]:
        say(f"note: left out: {why}")
    if len(unread) > NAMED:
        say(f"note: left out: {counted(len(unread) - NAMED, 'more frame')}; --json lists all")


def _show(document: dict[str, Any]) -> None:
    print(
        f"head {document['head']}: {', '.join(document['labels'])}; {document['positives']} positive and "
        f"{document['negatives']} negative crops, {document['seconds']:.2f} s"
    )
    for label, parts in document["scores"].items():
        for part, scores in parts.items():
            if scores:
                print(
                    f"  {label}, {part} part: F1 {scores['f1']:.3f}, precision {scores['precision']:.3f}, "
                    f"recall {scores['recall']:.3f} on {scores['frames']} held-out frames"
                )
    if document["f1"] is None:
        print("  no scores: they need labelled stretches of four seconds and more, to hold out blocks with gaps")
    for label, (least, most) in document["searched_sizes"].items():
        print(f"  dense search looks for {label} of about {least:.0f} to {most:.0f} pixels")
