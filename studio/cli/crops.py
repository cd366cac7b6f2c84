"""`studio crops`: the crops of a project, found and sorted as in the gallery."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studio.cli.manners import DeviceOption, JsonFlag, Progress, print_json, say
from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.edits import counted
from studio.core.project.row_checks import printable

if TYPE_CHECKING:
    from studio.core.control import Control
    from studio.core.gallery.crops import Crops
    from studio.ml.heads.head import Head


def crops(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    filter: Annotated[str, typer.Option("--filter", help="As in the gallery: 'label:cup doubt>0.3 -reviewed'.")] = "",
    sort: Annotated[str, typer.Option(help="By frame, newest, doubt, suspicion, sharpness, …")] = "frame",
    like: Annotated[int, typer.Option(help="The id of the crop that --sort likeness compares with.")] = 0,
    head: Annotated[str | None, typer.Option(help="What scores; the project's active head, else its newest.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="List at most so many.")] = 50,
    device: DeviceOption = "auto",
    json: JsonFlag = False,
) -> None:
    """List crops with what is measured of them."""
    from studio.core.gallery.crops import read_crops
    from studio.core.gallery.orders import ORDERS, arranged
    from studio.core.gallery.query import parse

    if sort not in ORDERS:
        raise InputError(f"crops cannot be sorted by {sort!r}; there are: {', '.join(ORDERS)}")
    query = parse(filter)
    names = sorted(query.needs | ({ORDERS[sort].measure} - {""}))
    if "likeness" in names and not like:
        raise InputError("likeness to which crop? Give its id with --like")
    with Project.open(project) as opened, Progress("crops") as control:
        known = read_crops(opened)
        if len(known):
            known = _measured(opened, known, names, _loaded(opened, head, names), like, device, control)
        rows = query.mask(known).nonzero()[0]
        rows = arranged(known, rows, sort)
        document = [_described(known, int(row), names) for row in rows[:limit]]
    if json:
        print_json({"found": len(rows), "crops": document})
        return
    for crop in document:
        print(printable("  ".join(_cells(crop, names))))
    say(f"{counted(len(rows), 'crop')} of {len(known):,}" + (f", the first {limit}" if len(rows) > limit else ""))


def _loaded(project: Project, name: str | None, measures: list[str]) -> Head | None:
    """The head that is asked for a measure."""
    from studio.core.gallery.measures import KINDS

    if not any(KINDS[measure].needs == "head" for measure in measures):
        return None
    from studio.cli.applying import choose_head
    from studio.core.project.heads import head_folder
    from studio.ml.heads.head import load_head

    return load_head(head_folder(project, choose_head(project, name)))


def _measured(
    project: Project, crops: Crops, names: list[str], head: Head | None, like: int, device: str, control: Control
) -> Crops:
    from studio.core.gallery.measures import KINDS

    if wanted := [name for name in names if KINDS[name].needs != "box"]:
        from studio.ml.gallery.measuring import MeasureRequest, measure
        from studio.ml.networks import Networks

        networks = Networks(device)
        for name in wanted:
            request = MeasureRequest(project.folder, name, head, (like,) if like else ())
            crops = crops.measured(measure(request, networks, control))
    return crops


def _described(crops: Crops, row: int, names: list[str]) -> dict[str, Any]:
    """A crop; unknown measures are None."""
    from studio.core.gallery.crops import SPLITS
    from studio.core.project.row_checks import AUTHORS, STATES

    table = crops.table
    label, medium = crops.labels.get(int(table.labels[row])), crops.media.get(int(table.media[row]))
    found: dict[str, Any] = {
        "id": int(table.ids[row]),
        "label": label.name if label else "?",
        "medium": medium.path if medium else "?",
        "frame": int(table.frames[row]),
        "box": [round(float(value), 2) for value in table.boxes[row]],
        "track": int(table.tracks[row]) or None,
        "author": AUTHORS[table.authors[row]],
        "state": STATES[table.states[row]],
        "reviewed": bool(table.reviewed[row]),
        "split": SPLITS[crops.splits[row]] or None,
    }
    for name in names:
        value = float(crops.measure(name)[row])
        found[name] = round(value, 4) if value == value else None
    return found


def _cells(crop: dict[str, Any], names: list[str]) -> list[str]:
    """Of a line on a terminal."""
    box = ",".join(f"{value:.0f}" for value in crop["box"])
    numbers = [f"{name} {'?' if crop[name] is None else format(crop[name], '.3f')}" for name in names]
    return [str(crop["id"]), *numbers, crop["label"], f"{crop['medium']} {crop['frame']}", box]
