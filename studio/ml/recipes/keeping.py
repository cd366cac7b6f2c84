"""Where a trained head is kept: in the folder of its run and, by its name, in the project's `models`."""

from __future__ import annotations

import shutil
from pathlib import Path

from studio.core.errors import InputError
from studio.core.files import own_place
from studio.core.project import Project
from studio.core.project.heads import head_folder
from studio.ml.heads.head import Head, save_head

FILES = ("weights.safetensors", "card.json")


def keep_in_run(head: Head, run: Path, name: str) -> None:
    """Write the head's two files into the folder of the run, in the place of older ones; its card calls it `name`."""
    with own_place(run) as place:
        save_head(head, place / name)
        for file in FILES:
            (place / name / file).replace(run / file)


def keep_in_models(run: Path, project: Project, name: str) -> None:
    """Copy the head of a run to `models/NAME`, whole or not at all.

    Raises:
        InputError: there is a head of that name by now.
        OSError: the disk is full, or the folder cannot be written to.
    """
    folder = head_folder(project, name)
    if folder.exists():
        raise InputError(f"there is a head {name} already")
    project.models.mkdir(parents=True, exist_ok=True)
    with own_place(project.models) as place:
        staged = place / name
        staged.mkdir()
        for file in FILES:
            shutil.copyfile(run / file, staged / file)
        staged.rename(folder)
