"""`studio history`: what was done to the project."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import JsonFlag, print_json
from studio.core.project import Project


def history(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    json: JsonFlag = False,
) -> None:
    """List what was done, oldest first, a line a step: positions, time, who, what."""
    with Project.open(project) as opened:
        lines = opened.history()
    if json:
        print_json([line._asdict() for line in lines])
        return
    for _, step in groupby(lines, key=lambda line: line.group):
        first, *rest = step
        positions = f"{first.position}–{rest[-1].position}" if rest else str(first.position)
        print(f"{positions:>13}  {_local(first.time)}  {first.who:<8} {first.text}")


def _local(time: str) -> str:
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):  # a foreign project may claim anything
        return time
