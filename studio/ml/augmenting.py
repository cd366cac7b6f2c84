"""The batch a recipe sees: which crops are in it, cut with room around them, and varied as the project says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as ways

from studio.core.augmentation import Augmentation
from studio.core.control import Control
from studio.core.gallery.crops import SPLITS, Crops
from studio.core.geometry import Box, crop_window
from studio.core.project import BACKGROUND, Project
from studio.core.project.row_checks import STATES
from studio.ml.crops import ROOM, Picture, cut_wide
from studio.ml.gallery.reading import Frames

_MIDDLE_GREY = 127.0


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

    They are drawn from what is for training or in no split, visible, and no negative.
    """
    table = crops.table
    background = [row.id for row in crops.labels.values() if row.name == BACKGROUND]
    usable = (table.states == STATES.index("visible")) & ~np.isin(table.labels, background)
    usable &= np.isin(crops.splits, [0, SPLITS.index("train")])
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
    """Crops varied: uint8 `(n, side, side, 3)` from pictures of `cut_wide`.

    Args:
        wide: uint8 `(n, ROOM · side, ROOM · side, 3)`.
        augmentation: how much.
        seed: of the draw.
        keys: `(n,)`, one of each picture's own, as its region's id: with the seed it decides what becomes of it.
    """
    side = wide.shape[1] // ROOM
    made = np.zeros((len(wide), side, side, 3), np.uint8)
    for place, (picture, key) in enumerate(zip(wide, keys.tolist(), strict=True)):
        draw = _Draw(augmentation, np.random.default_rng([seed, key]))
        image = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).float() / 255
        image = _hidden(_coloured(_placed(image, side, draw), side, draw), side, draw)
        made[place] = (image.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    return made


class _Draw:
    """What is drawn for one crop: always in the same order, so that a slider changes its own way and no other."""

    def __init__(self, augmentation: Augmentation, random: np.random.Generator) -> None:
        def around(most: float) -> float:
            return float(random.uniform(-1, 1)) * most

        self.mirror = bool(random.random() < augmentation.mirror)
        self.scale = 1 + around(augmentation.scale)
        self.shift = (around(augmentation.shift), around(augmentation.shift))
        self.rotation = around(augmentation.rotation)
        self.brightness = 1 + around(augmentation.brightness)
        self.contrast = 1 + around(augmentation.contrast)
        self.colour = 1 + around(augmentation.colour)
        self.hue = around(augmentation.hue)
        self.blur = float(random.random()) * augmentation.blur
        self.noise = float(random.random()) * augmentation.noise
        self.cutout = augmentation.cutout
        self.hole = (float(random.random()), float(random.random()))
        self.random = random


def _placed(image: torch.Tensor, side: int, draw: _Draw) -> torch.Tensor:
    """Turned, scaled, moved and mirrored; the middle of it."""
    if (draw.scale, draw.shift, draw.rotation) != (1.0, (0.0, 0.0), 0.0):
        padded = ways.pad(image, [side // 2], padding_mode="edge")
        moved = [side * draw.shift[0], side * draw.shift[1]]
        image = ways.affine(
            padded, draw.rotation, moved, draw.scale, [0.0, 0.0], interpolation=InterpolationMode.BILINEAR
        )
    image = ways.center_crop(image, [side, side])
    return ways.horizontal_flip(image) if draw.mirror else image


def _coloured(image: torch.Tensor, side: int, draw: _Draw) -> torch.Tensor:
    image = ways.adjust_brightness(image, draw.brightness)
    image = ways.adjust_contrast(image, draw.contrast)
    image = ways.adjust_saturation(image, draw.colour)
    if draw.hue:
        image = ways.adjust_hue(image, draw.hue)
    if (sigma := draw.blur * side) > 0.1:
        width = 2 * int(np.ceil(2 * sigma)) + 1
        image = ways.gaussian_blur(image, [width, width], [sigma, sigma])
    if draw.noise:
        image = image + draw.noise * torch.from_numpy(draw.random.standard_normal(image.shape).astype(np.float32))
    return image


def _hidden(image: torch.Tensor, side: int, draw: _Draw) -> torch.Tensor:
    hole = round(draw.cutout * side)
    if not hole:
        return image
    top, left = (round(place * (side - hole)) for place in draw.hole)
    grey = torch.full((3, hole, hole), _MIDDLE_GREY / 255)
    return ways.erase(image, top, left, hole, hole, grey)
