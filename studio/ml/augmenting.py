"""The batch a recipe sees: which crops are in it, cut with room around them, and varied as the project says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.augmentation import Augmentation
from studio.core.control import Control
from studio.core.gallery.crops import SPLITS, Crops
from studio.core.geometry import Box, crop_window
from studio.core.project import BACKGROUND, Project
from studio.core.project.row_checks import STATES
from studio.ml.crops import ROOM, Picture, cut_wide
from studio.ml.gallery.reading import Frames
from studio.ml.varying import varied


@dataclass(frozen=True, eq=False)
class Batch:
    """Crops as they are read, with room around them.

    Attributes:
        ids: int64 `(n,)` of the regions; those whose frames cannot be read are left out.
        wide: uint8 `(n, ROOM · side, ROOM · side, 3)` RGB.
    """

    ids: NDArray[np.int64]
    wide: Picture

    @property
    def originals(self) -> Picture:
        """The crops as they are, uint8 `(n, side, side, 3)`."""
        side = self.wide.shape[1] // ROOM
        start = (self.wide.shape[1] - side) // 2
        return np.ascontiguousarray(self.wide[:, start : start + side, start : start + side])

    def varied(self, augmentation: Augmentation, seed: int) -> Picture:
        """What a recipe sees, see `augmented`."""
        return augmented(self.wide, augmentation, seed, self.ids)


def batch_ids(crops: Crops, size: int, seed: int) -> NDArray[np.int64]:
    """Ids `(≤ size,)` of the regions in the first batch of a seed.

    They are drawn from what is for training or in no split, visible, no negative, and no near-duplicate that training
    skips.
    """
    table = crops.table
    background = [row.id for row in crops.labels.values() if row.name == BACKGROUND]
    usable = (table.states == STATES.index("visible")) & ~np.isin(table.labels, background)
    usable &= ~table.near_duplicates & np.isin(crops.splits, [0, SPLITS.index("train")])
    return np.random.default_rng(seed).permutation(table.ids[usable])[:size]


def read_batch(
    project: Project, crops: Crops, ids: Sequence[int] | NDArray[np.int64], side: int, control: Control
) -> Batch:
    """Read these regions.

    Args:
        project: whose media are read.
        crops: all of them.
        ids: of the regions.
        side: of a crop in pixels; also the least window that is cut out, as heads cut them.
        control: progress and cancelling.
    """
    rows = crops.rows_of(np.asarray(ids, np.int64).tolist())
    order = rows[np.lexsort((crops.table.frames[rows], crops.table.media[rows]))]
    wide: dict[int, Picture] = {}
    with Frames(project) as frames:
        for done, row in enumerate(order.tolist()):
            control.progress(done / len(order), "reading the crops")
            medium = crops.media[int(crops.table.media[row])]
            picture = frames.picture(medium.sha256, int(crops.table.frames[row]))
            if picture is not None:
                box = Box(*crops.table.boxes[row].tolist())
                wide[row] = cut_wide(picture, crop_window(box, side, medium.width, medium.height), side)
    read = [row for row in rows.tolist() if row in wide]
    found = crops.table.ids[read]
    pictures = np.stack([wide[row] for row in read]) if read else np.zeros((0, ROOM * side, ROOM * side, 3), np.uint8)
    return Batch(found, pictures)


def augmented(
    wide: Picture, augmentation: Augmentation, seed: int, keys: NDArray[np.integer]
) -> Picture:  # fmt: skip
    """Crops as a recipe sees them in its first epoch, uint8 `(n, side, side, 3)`; see `studio.ml.varying`.

    Args:
        wide: uint8 `(n, ROOM · side, ROOM · side, 3)`, of `studio.ml.crops.cut_wide`.
        augmentation: how much.
        seed: of the draw.
        keys: `(n,)`, one of each picture's own, as its region's id: with the seed it decides what becomes of it.
    """
    side = wide.shape[1] // ROOM
    made = varied(torch.from_numpy(np.ascontiguousarray(wide)), side, augmentation, seed, 0, keys)
    return np.ascontiguousarray(made.permute(0, 2, 3, 1).numpy())
