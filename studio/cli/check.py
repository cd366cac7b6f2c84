"""`studio check`: is everything in the project as it should be?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.core.project import Project
from studio.core.runs import damaged_runs


def check(project: Annotated[Path, typer.Argument(help="The project's folder.")]) -> None:
    """Verify the database, the files and the references; exit code 1 and a list where something is wrong."""
    with Project.open(project) as opened:
        problems = [*opened.check(), *damaged_runs(opened).values()]
        if not problems:
            print(f"ok: {len(opened.media())} media and {opened.position} lines of history, all as they should be")
            return
    for problem in problems:
        print(problem)
    raise typer.Exit(1)
