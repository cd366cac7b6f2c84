"""Feature maps on disk: pictures to look at, and the values themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.files import making, own_place
from studio.core.media.medium import Picture
from studio.core.media.pictures import write_picture


def save_features(
    folder: Path, pictures: Mapping[str, Picture], arrays: Mapping[str, NDArray[np.float32]], archive: str
) -> list[Path]:
    """Write `pictures` as NAME.png and `arrays` together as ARCHIVE.npz; all of them or none.

    Args:
        folder: made where it is missing.
        pictures: uint8 `(height, width, 3)` RGB, by name.
        arrays: float32 `(channels, rows, columns)`, by the names of their layers.
        archive: name of the file of arrays.

    Returns:
        What was written.

    Raises:
        InputError: one of the files is there already, or the folder cannot be made.
    """
    names = [*(f"{name}.png" for name in pictures), f"{archive}.npz"]
    with making(folder):
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder} is a file; name a folder for the pictures")
        existing = next((folder / name for name in names if (folder / name).exists()), None)
        if existing is not None:
            raise InputError(f"{existing} exists already; nothing is overwritten, choose another folder or move it")
        folder.mkdir(parents=True, exist_ok=True)
    with own_place(folder) as place:
        for name, picture in pictures.items():
            write_picture(place / f"{name}.png", picture)
        with (place / f"{archive}.npz").open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # its other arguments have names that no layer has
        for name in names:
            (place / name).rename(folder / name)
    return [folder / name for name in names]


def file_name(layer: str) -> str:
    """`layer` as a part of a file's name."""
    return re.sub(r"[^\w.#-]", "_", layer)
