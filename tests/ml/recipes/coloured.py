"""Class folders of coloured pictures, imported as a project, with a hand for damaging them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from studio.core.control import Control
from studio.core.formats.importing import import_data
from studio.core.media.pictures import write_picture

COLOURS = {"green": (40, 160, 60), "red": (180, 40, 40), "yellow": (190, 180, 40)}
SIDE = 32


def write_pictures(folder: Path, count: int, seed: int, colours: tuple[str, ...] = tuple(COLOURS)) -> None:
    random = np.random.default_rng(seed)
    for name in colours:
        (folder / name).mkdir(parents=True)
        for number in range(count):
            noise = random.normal(0, 40, (SIDE, SIDE, 3)) + random.normal(0, 15, 3)
            picture = np.clip(np.array(COLOURS[name]) + noise, 0, 255).astype(np.uint8)
            write_picture(folder / name / f"{number}.png", picture)


def make_project(folder: Path, splits: dict[str, int], colours: tuple[str, ...] = tuple(COLOURS)) -> Path:
    """A project of so many pictures of each colour in each split."""
    for seed, (split, count) in enumerate(splits.items()):
        write_pictures(folder / "pictures" / split, count, seed, colours)
    import_data(folder / "project", folder / "pictures", "image-folder", True, Control())
    return folder / "project"
