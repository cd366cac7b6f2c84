"""`studio copy`: a whole project as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studio.cli.manners import Progress, say
from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.copies import open_copy, save_copy


def copy(
    source: Annotated[Path, typer.Argument(help="A project's folder, or a file that this command wrote.")],
    target: Annotated[Path, typer.Argument(help="The file to write, NAME.studio; or the new folder.")],
    with_media: Annotated[
        bool, typer.Option("--with-media", help="Also take in media outside the project's folder.")
    ] = False,
) -> None:
    """Save a copy of a project as one file, or make a project of such a file."""
    if source.is_file():
        if with_media:
            raise InputError("--with-media is for saving a copy; give a project's folder first, then the file")
        with Progress("copy") as control:
            print(open_copy(source, target, control))
        return
    with Project.open(source) as opened, Progress("copy") as control:
        copied = save_copy(opened, target, with_media, control)
    for line in copied.left_out:
        say(f"note: {line}")
    print(target)
