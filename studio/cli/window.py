"""`studio window`: what `studio` alone does, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.opening import open_window


def window(
    project: Annotated[Path | None, typer.Argument(help="The project's folder; without it the start page.")] = None,
) -> None:
    """Open the window; the word window may be left out."""
    open_window(project)
