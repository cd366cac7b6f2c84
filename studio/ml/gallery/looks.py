"""What the small picture of a crop says of it without a network: how sharp it is, and a hash to compare it by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.crop import Crop
from studio.core.crop_pictures import CropPictures
from studio.core.geometry import Box
from studio.core.project import MediumRow, Project
from studio.core.project.region_table import RegionTable
from studio.ml.gallery.records import Records, identities
from studio.ml.near_duplicates import difference_hash

KIND = np.dtype([("sharpness", "<f4"), ("hash", "<u8")])
RULE = 1  # counts changes of how they are made
PART = 256  # pictures held at once
FLAT = 1e-2  # variance of a picture of one colour, as far as the logarithm is concerned


@dataclass(frozen=True, eq=False)
class Looks:
    """Of the pictures of some regions.

    Attributes:
        ids: int64 `(n,)`, ascending.
        sharpness: float32 `(n,)`, see `sharpness_of`; NaN where a picture cannot be read.
        hashes: uint64 `(n,)`: the bits of `studio.ml.near_duplicates.difference_hash`.
    """

    ids: NDArray[np.int64]
    sharpness: NDArray[np.float32]
    hashes: NDArray[np.uint64]


def read_looks(
    project: Project,
    table: RegionTable,
    media: Mapping[int, MediumRow],
    control: Control,
    needed: NDArray[np.bool_] | None = None,
    kept_as: str = "looks",
) -> Looks:
    """The looks of the regions in `table`, from pictures that the cache has or, where it has none, from the frames.

    Args:
        project: open.
        table: all regions of the project, so that those kept of others stay.
        media: by id.
        control: progress, cancelling.
        needed: bool `(n,)`; of others only what is kept is given, else NaN and 0. None: all.
        kept_as: where they are kept; another name where the boxes are not those of the regions.
    """

    def compute(rows: NDArray[np.intp]) -> NDArray[np.void]:
        made = _unknown(len(rows))
        some = np.arange(len(rows)) if needed is None else np.flatnonzero(needed[rows])
        made[some] = _computed(project, table.taken(rows[some]), control)
        return made

    values = Records(project.cache, kept_as, KIND, RULE).values(
        identities(table, media), compute, lambda made: np.isfinite(made["sharpness"])
    )
    return Looks(table.ids, values["sharpness"].astype(np.float32), values["hash"].astype(np.uint64))


def sharpness_of(picture: NDArray[np.uint8]) -> float:
    """log₁₀ of the variance of the Laplacian of a picture, uint8 `(height, width, 3)` RGB (Pech-Pacheco, 2000)."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return float(np.log10(max(float(cv2.Laplacian(grey, cv2.CV_32F).var()), FLAT)))


def _computed(project: Project, table: RegionTable, control: Control) -> NDArray[np.void]:
    order = np.lexsort((table.frames, table.media))
    made = _unknown(len(table))
    pictures = CropPictures(project, keep=True)
    try:
        for start in range(0, len(order), PART):
            control.progress(start / len(order), "pictures")
            rows = order[start : start + PART]
            crops = [_crop(table, int(row)) for row in rows]
            found = pictures.make(crops)
            for row, crop in zip(rows, crops, strict=True):
                if (picture := found[crop]) is not None:
                    made[row] = sharpness_of(picture), _packed(difference_hash(picture))
    finally:
        pictures.close()
    return made


def _unknown(count: int) -> NDArray[np.void]:
    made = np.zeros(count, KIND)
    made["sharpness"] = np.nan
    return made


def _crop(table: RegionTable, row: int) -> Crop:
    return Crop(int(table.media[row]), int(table.frames[row]), Box(*table.boxes[row].tolist()))


def _packed(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
