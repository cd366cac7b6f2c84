"""`studio restore`: back to what a project held at a moment of its history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import say
from studio.core.project import Project
from studio.core.project.restoring import plan_restoring
from studio.core.project.restoring import restore as go_back


def restore(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    position: Annotated[int, typer.Argument(help="Of the history, as studio history lists it; 0 is the beginning.")],
    only_look: Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")] = False,
) -> None:
    """Let the project hold again what it held at a position of its history: one more step, which undo takes back."""
    restore_to(project, position, "", only_look)


def restore_to(folder: Path, position: int, name: str, only_look: bool) -> None:
    """Say what going back does, and do it unless `only_look`."""
    with Project.open(folder, write=not only_look) as project:
        plan = plan_restoring(project, position)
        if plan or only_look:
            say(plan.sentence)
        if not only_look:
            print(go_back(project, position, name))
