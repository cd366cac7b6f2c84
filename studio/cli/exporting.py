"""`studio export`: a project as a data set of another program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import JsonFlag, Progress, print_json, say
from studio.core.plugins import formats
from studio.core.project import Project
from studio.core.project.row_checks import printable


def exporting(
    project: Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder.")],
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help="A new or empty folder; exports/FORMAT of the project by itself."),
    ] = None,
    *,
    format: Annotated[str, typer.Option("--format", help=f"{', '.join(formats.names)}.")],
    json: JsonFlag = False,
) -> None:
    """Write the regions for another program; what it cannot hold is said first, the rest is proved by reading it."""
    formats[format]  # an unknown one is said at once
    from studio.core.formats.exporting import default_folder, planned_export, write_export

    with Project.open(project) as opened, planned_export(opened, format) as plan:
        for line in plan.lost:
            say(f"not held by {format}: {line}")
        target = path or default_folder(opened, format)
        with Progress("export") as control:
            proof = write_export(plan, target, control)
        if json:
            found = {"format": format, "path": str(target), "not_held": list(plan.lost)}
            print_json({**found, "regions": len(plan.data.regions), "pictures": len(plan.cuts), "proof": proof})
            return
    print(printable(target))
    say(proof)
