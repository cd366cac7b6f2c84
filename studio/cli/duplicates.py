"""`studio duplicates`: crops that look alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.manners import DeviceOption, JsonFlag, Progress, print_json, say
from studio.core.errors import InputError
from studio.core.project import Edit, Project
from studio.core.project.edits import counted
from studio.core.project.row_checks import printable


def duplicates(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    similarity: Annotated[
        float, typer.Option(help="The least cosine of crops that look alike, 0.9 to 1; 1: the same pixels.")
    ] = 0.98,
    remove: Annotated[bool, typer.Option("--remove", help="Remove all crops of a group but the sharpest.")] = False,
    device: DeviceOption = "auto",
    json: JsonFlag = False,
) -> None:
    """List groups of crops of one label that look alike, the sharpest of each first."""
    from studio.ml.gallery.duplicates import LEAST
    from studio.ml.gallery.material import compare, read_material
    from studio.ml.gallery.reading import portion
    from studio.ml.networks import Networks

    if not LEAST <= similarity <= 1:
        raise InputError(f"a similarity is {LEAST} to 1, not {similarity}")
    with Project.open(project, write=remove) as opened:
        seen = opened.position
        with Progress("duplicates") as control:
            material = read_material(opened, Networks(device), portion(control, 0.0, 0.5))
            found, looks = compare(material, portion(control, 0.5, 0.5))
        gone = {int(region) for region in found.superfluous(similarity, looks)}
        groups = [[int(region) for region in ids] for ids in found.groups(similarity)]
        groups = [sorted(ids, key=lambda region: region in gone) for ids in groups]
        _show(opened, groups, json)
        if remove and gone:
            _remove(opened, gone, seen)
    if unread := material.vectors.unread:
        say(f"{counted(unread, 'crop')} cannot be read and {'was' if unread == 1 else 'were'} not compared")


def _remove(project: Project, gone: set[int], seen: int) -> None:
    """As one step, with the tracks that nothing is left of."""
    regions = project.regions()
    left = {row.track for row in regions if row.id not in gone}
    rows = [row for row in regions if row.id in gone]
    emptied = {row.track for row in rows} - left
    text = f"remove {counted(len(rows), 'near-duplicate')}"
    project.apply(Edit.removal(text, [*rows, *(t for t in project.tracks() if t.id in emptied)], seen))
    say(f"removed {counted(len(rows), 'near-duplicate')}; studio undo {project.folder} brings them back")


def _show(project: Project, groups: list[list[int]], json: bool) -> None:
    rows = {row.id: row for row in project.regions()}
    labels = {row.id: row.name for row in project.labels()}
    paths = {row.id: row.path for row in project.media()}

    def described(region: int) -> dict[str, Any]:
        row = rows[region]
        return {"id": region, "medium": paths.get(row.medium, "?"), "frame": row.frame}

    named = [(labels.get(rows[ids[0]].label, "?"), [described(region) for region in ids]) for ids in groups]
    if json:
        print_json([{"label": label, "crops": crops} for label, crops in named])
        return
    for label, (first, *others) in named:
        places = ", ".join(_place(each, first["medium"]) for each in others)
        print(printable(f"{label}  {first['medium']} frame {first['frame']}: {places}"))
    superfluous = sum(len(ids) - 1 for ids in groups)
    say(f"{counted(len(groups), 'group')}, {counted(superfluous, 'crop')} more than needed")


def _place(crop: dict[str, Any], medium: str) -> str:
    return str(crop["frame"]) if crop["medium"] == medium else f"{crop['medium']} {crop['frame']}"
