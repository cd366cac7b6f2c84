"""`studio redo`: bring back what was undone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.core.errors import InputError
from studio.core.project import Project


def redo(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    steps: Annotated[int, typer.Option("--steps", min=1, help="How many steps to bring back.")] = 1,
) -> None:
    """Bring back what was undone, as long as nothing new was done since."""
    with Project.open(project, write=True) as opened:
        texts = opened.redo(steps)
    if not texts:
        raise InputError(f"there is nothing to redo in {project}; new edits end what can be redone")
    for text in texts:
        print(f"redone: {text}")
