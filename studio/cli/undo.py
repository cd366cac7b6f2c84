"""`studio undo`: take back what was done last."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.core.errors import InputError
from studio.core.project import Project


def undo(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    steps: Annotated[int, typer.Option("--steps", min=1, help="How many steps to take back.")] = 1,
) -> None:
    """Take back what was done last."""
    with Project.open(project, write=True) as opened:
        texts = opened.undo(steps)
    if not texts:
        raise InputError(f"there is nothing to undo in {project}")
    for text in texts:
        print(f"undone: {text}")
