"""`studio marks`: what holds for a label on ranges of frames."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import JsonFlag, print_json
from studio.core.errors import InputError
from studio.core.geometry import parse_box
from studio.core.project import BACKGROUND, Edit, LabelRow, MediumRow, Project
from studio.core.project.marks import clear_marks, ignore_box, mark
from studio.core.project.media import medium_named
from studio.core.project.row_checks import printable


def marks(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    medium: Annotated[str | None, typer.Argument(help="Its path, name or id; without it the marks are listed.")] = None,
    first: Annotated[int | None, typer.Argument(help="The first frame.")] = None,
    last: Annotated[int | None, typer.Argument(help="The last frame, itself included; the first by itself.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="Of what; the only label by itself.")] = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="No object of the label is there.")] = False,
    complete: Annotated[bool, typer.Option("--complete", help="Every object of the label is marked.")] = False,
    incomplete: Annotated[bool, typer.Option("--incomplete", help="Not every object of the label is marked.")] = False,
    ignore: Annotated[bool, typer.Option("--ignore", help="Learn nothing about the label from these frames.")] = False,
    box: Annotated[
        str | None, typer.Option("--ignore-box", metavar="X,Y,W,H", help="Ignore a box on each of the frames.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take back what was said about these frames.")] = False,
    json: JsonFlag = False,
) -> None:
    """Say of frames that nothing is there, or that everything is marked, or not; or list what was said."""
    kinds = {"nothing": nothing, "complete": complete, "incomplete": incomplete, "ignore": ignore}
    chosen = [kind for kind, wanted in [*kinds.items(), ("box", box is not None), ("clear", clear)] if wanted]
    if medium is None:
        with Project.open(project) as opened:
            _list(opened, json)
        return
    if first is None or len(chosen) != 1:
        raise InputError("give MEDIUM, FIRST and LAST, and one of --nothing, --complete, --incomplete, --ignore, ...")
    with Project.open(project, write=True) as opened:
        place, row = medium_named(opened, medium), _label(opened, label)
        edit = _edit(opened, place, row, (first, first if last is None else last), chosen[0], box)
        opened.apply(edit)
    print(printable(edit.text if edit.changes else "nothing changed"))


def _edit(
    project: Project, medium: MediumRow, label: LabelRow, frames: tuple[int, int], kind: str, box: str | None
) -> Edit:
    if box is not None:
        return ignore_box(medium, label, parse_box(box), *frames)
    if kind == "clear":
        return clear_marks(project, medium, label, *frames)
    return mark(project, medium, label, *frames, kind)


def _label(project: Project, name: str | None) -> LabelRow:
    if name is not None:
        return project.label(name)
    labels = [label for label in project.labels() if label.name != BACKGROUND]
    if len(labels) != 1:
        raise InputError(
            f"say which label with --label: {', '.join(label.name for label in labels) or 'there is none'}"
        )
    return labels[0]


def _list(project: Project, json: bool) -> None:
    media = {row.id: row.path for row in project.media()}
    labels = {row.id: row.name for row in project.labels()}
    found = [
        {
            "medium": media.get(row.medium, "?"),
            "label": labels.get(row.label, "?"),
            "first": row.first,
            "last": row.last,
            "kind": row.kind,
        }
        for row in sorted(project.marks(), key=lambda row: (row.medium, row.label, row.first))
    ]
    if json:
        print_json(found)
        return
    for each in found:
        line = f"{each['medium']}, frames {each['first']} to {each['last']}: {each['kind']} ({each['label']})"
        print(printable(line))
