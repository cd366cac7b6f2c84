"""`studio mine`: hard negatives from the videos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.applying import choose_head
from studio.cli.manners import DeviceOption, JsonFlag, Progress, print_json, say
from studio.core.project import Project, RegionRow
from studio.core.project.edits import counted
from studio.core.project.hard_negatives import hard_negatives_edit
from studio.core.project.heads import head_folder
from studio.core.project.media import medium_named
from studio.core.project.row_checks import printable


def mine(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    head: Annotated[str | None, typer.Option(help="What is asked; the active head, else the newest.")] = None,
    medium: Annotated[str | None, typer.Option(help="Look only through this one: a path, a name or an id.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Keep at most so many, the highest scores.")] = 100,
    device: DeviceOption = "auto",
    json: JsonFlag = False,
) -> None:
    """Keep as negatives what a head takes for its objects where all of them are marked; one step of the history."""
    with Project.open(project, write=True) as opened:
        only = medium_named(opened, medium).id if medium is not None else None
        folder = head_folder(opened, choose_head(opened, head))
        from studio.ml.gallery.mining import MiningRequest
        from studio.ml.gallery.mining import mine as look
        from studio.ml.heads.head import load_head
        from studio.ml.networks import Networks

        with Progress("mine") as control:
            asked = MiningRequest(opened.folder, load_head(folder), only, limit)
            found = look(asked, Networks(device), control)
        edit = hard_negatives_edit(opened, found.found)
        if edit.size:
            opened.apply(edit, who="head")
        stored = [_described(opened, row) for row in edit.changes.values() if isinstance(row, RegionRow)]
    for problem in found.unread:
        say(f"note: {problem}")
    if json:
        print_json({"frames": found.frames, "frames_there": found.there, "stored": stored})
        return
    for each in stored:
        box = ",".join(f"{value:.0f}" for value in each["box"])
        print(printable(f"{each['label']}  {each['score']:.2f}  {each['medium']} {each['frame']}  {box}"))
    of = "" if found.frames == found.there else f" of {found.there:,}"
    say(f"{counted(len(stored), 'hard negative')} from {found.frames:,}{of} frames")


def _described(project: Project, row: RegionRow) -> dict[str, Any]:
    media = {each.id: each.path for each in project.media()}
    labels = {each.id: each.name for each in project.labels()}
    box = [round(value, 2) for value in (row.x, row.y, row.width, row.height)]
    where = {"id": row.id, "label": labels[row.label], "medium": media[row.medium], "frame": row.frame}
    return where | {"box": box, "score": round(row.score or 0.0, 4)}
