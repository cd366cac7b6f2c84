"""The folders beside the database, and that they are the project's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from studio.core.errors import InputError

NAMES = ("media", "models", "runs", "exports", "cache")
KERNELS = "kernels"  # made with the first kernel of the project
AUGMENTATION = "augmentation.json"  # made when something of it is set


def own_folder(project: Path, name: str) -> Path:
    """The folder `name` of a project, after a look that nothing in it leads out of the project.

    The program writes there; a link in a stranger's project would make it write anywhere.

    Raises:
        InputError: it is a link, or holds one, whose end lies outside the project's folder.
    """
    folder, home = project / name, os.path.realpath(project)
    for link in _links(folder):
        if not Path(os.path.realpath(link)).is_relative_to(home):
            raise InputError(f"{link} is a link out of the project's folder; remove it, nothing is written through it")
    return folder


def _links(folder: Path) -> Iterator[Path]:
    if folder.is_symlink():
        yield folder
    elif folder.is_dir():
        below = [os.fspath(folder)]
        while below:
            with os.scandir(below.pop()) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        yield Path(entry.path)
                    elif entry.is_dir():
                        below.append(entry.path)
