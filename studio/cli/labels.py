"""`studio labels`: the labels of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import JsonFlag, print_json
from studio.core.project import Project
from studio.core.project.counts import counts
from studio.core.project.edits import Planned
from studio.core.project.labels import (
    delete_label,
    merge_labels,
    recolor,
    rename_label,
    set_key,
    set_threshold,
)
from studio.core.project.row_checks import printable

app = typer.Typer(
    help="List, rename, merge and delete labels; their colours, keys and thresholds.", no_args_is_help=True
)

Folder = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder.")]
Name = Annotated[str, typer.Argument(metavar="LABEL", help="The label's name.")]


@app.command("list")
def list_labels(project: Folder, json: JsonFlag = False) -> None:
    """The labels, with their keys, colours, thresholds and regions."""
    with Project.open(project) as opened:
        counted = counts(opened).labels
        labels = [
            {
                "name": label.name,
                "key": label.key,
                "color": label.color,
                "threshold": label.threshold,
                "regions": counted[label.name],
            }
            for label in opened.labels()
        ]
    if json:
        print_json(labels)
        return
    for label in labels:
        key = label["key"] or "-"
        print(printable(f"{key} {label['color']} {label['threshold']:.2f} {label['regions']:>9,}  {label['name']}"))


@app.command("rename")
def rename(
    project: Folder, label: Name, name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")]
) -> None:
    """Call a label something else."""
    with Project.open(project, write=True) as opened:
        _do(opened, rename_label(opened, opened.label(label), name))


@app.command("merge")
def merge(
    project: Folder, label: Name, into: Annotated[str, typer.Argument(metavar="INTO", help="The label that stays.")]
) -> None:
    """Move all regions, tracks and marks of a label to another, and remove it."""
    with Project.open(project, write=True) as opened:
        _do(opened, merge_labels(opened, opened.label(label), opened.label(into)))


@app.command("delete")
def delete(
    project: Folder,
    label: Name,
    negatives: Annotated[bool, typer.Option("--negatives", help="Make negatives of its regions instead.")] = False,
) -> None:
    """Remove a label with its regions, tracks and marks."""
    with Project.open(project, write=True) as opened:
        _do(opened, delete_label(opened, opened.label(label), "background" if negatives else "delete"))


@app.command("key")
def key(
    project: Folder, label: Name, key: Annotated[str, typer.Argument(metavar="KEY", help="1 to 9, or none.")]
) -> None:
    """Choose the key of a label; another that had it loses it."""
    with Project.open(project, write=True) as opened:
        _do(opened, set_key(opened, opened.label(label), "" if key == "none" else key))


@app.command("color")
def color(
    project: Folder, label: Name, color: Annotated[str, typer.Argument(metavar="COLOR", help="As #rrggbb.")]
) -> None:
    """Choose the colour of a label."""
    with Project.open(project, write=True) as opened:
        _do(opened, recolor(opened.label(label), color))


@app.command("threshold")
def threshold(
    project: Folder,
    label: Name,
    score: Annotated[float, typer.Argument(metavar="SCORE", help="0 to 1; 0.5 by itself.")],
) -> None:
    """Choose the least score of a detection that the window shows."""
    with Project.open(project, write=True) as opened:
        _do(opened, set_threshold(opened.label(label), score))


def _do(project: Project, planned: Planned) -> None:
    project.apply(planned.edit)
    print(printable(planned.sentence))
