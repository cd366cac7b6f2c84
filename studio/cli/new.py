"""`studio new`: make a project folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.core.project import Project


def new(
    project: Annotated[Path, typer.Argument(help="The folder to make; an empty one will do.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it; the folder's name by default.")] = None,
) -> None:
    """Make a project folder."""
    with Project.create(project, name) as made:
        print(f"made the project {made.name!r} in {made.folder}")
