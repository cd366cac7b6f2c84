"""Where a trained head is kept: in the folder of its run and, by its name, in the project's `models`."""

from __future__ import annotations

import shutil
from pathlib import Path

from studio.core.errors import InputError
from studio.core.files import own_place, sha256_of
from studio.core.project import Project
from studio.core.project.heads import head_folder
from studio.ml.heads.head import Head, save_head

FILES = ("weights.safetensors", "card.json")
OLD = ".old"  # no name of a head


def keep_in_run(head: Head, run: Path, name: str) -> None:
    """Write the head's two files into the folder of the run, in the place of older ones; its card calls it `name`."""
    with own_place(run) as place:
        save_head(head, place / name)
        for file in FILES:
            (place / name / file).replace(run / file)


def is_of_run(run: Path, project: Project, name: str) -> bool:
    """Whether `models/NAME` is the very head that the run keeps: nobody put another there, or changed it."""
    folder = head_folder(project, name)
    try:
        alone = {path.name for path in folder.iterdir()} == set(FILES)
        return alone and all(sha256_of(run / file) == sha256_of(folder / file) for file in FILES)
    except OSError:
        return False


def keep_in_models(run: Path, project: Project, name: str, *, instead: bool = False) -> None:
    """Copy the head of a run to `models/NAME`, whole or not at all.

    Args:
        run: its folder.
        project: whose `models` it is.
        name: of the head.
        instead: take the place of the head of that name.

    Raises:
        InputError: there is a head of that name by now.
        OSError: the disk is full, or the folder cannot be written to; a head that was there is there still.
    """
    folder = head_folder(project, name)
    if folder.exists() and not instead:
        raise InputError(f"there is a head {name} already")
    project.models.mkdir(parents=True, exist_ok=True)
    with own_place(project.models) as place:
        staged = place / name
        staged.mkdir()
        for file in FILES:
            shutil.copyfile(run / file, staged / file)
        if instead:
            folder.rename(place / OLD)
        try:
            staged.rename(folder)
        except OSError:
            if instead:
                (place / OLD).rename(folder)
            raise
