"""`studio import`: a data set of another program into a project."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import JsonFlag, Progress, print_json, say
from studio.core.plugins import formats
from studio.core.project.edits import counted, listed
from studio.core.project.row_checks import printable


def importing(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder; made where there is none.")],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The data set: a folder, one of its files, or a zip.")],
    format: Annotated[
        str | None, typer.Option("--format", help=f"{', '.join(formats.names)}; recognised where it is left out.")
    ] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy the pictures into the project's folder.")] = False,
    json: JsonFlag = False,
) -> None:
    """Read a data set of another program: one step of the history, all of it or nothing."""
    if format:
        formats[format]  # an unknown one is said at once
    from studio.core.formats.importing import import_data

    with Progress("import") as control:
        done = import_data(project, path, format, copy, control)
    if done.made:
        say(f"made the project {project}")
    if done.recognised:
        say(f"recognised the format: {done.format}")
    for line in done.notes:
        say(f"note: {line}")
    if json:
        print_json(asdict(done))
        return
    parts = (
        counted(done.regions, "region"),
        counted(done.tracks, "track"),
        counted(done.media, "new medium", "new media"),
    )
    labels = f"; labels: {', '.join(done.labels[:20])}{', …' if len(done.labels) > 20 else ''}" if done.labels else ""
    print(printable(f"read {listed(parts)}{labels}"))
