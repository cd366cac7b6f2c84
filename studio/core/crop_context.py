"""A region in its surroundings, cut from its frame at full resolution."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from studio.core.crop import Crop, CropContext
from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.core.media.medium import Picture
from studio.core.project import Project
from studio.core.project.opening import open_row

MARGIN = 0.6  # of the box's longer side, on every side of it
LEAST = 96  # pixels of the cut's sides where the frame has them: a small box needs surroundings to be recognised
MOST = 1024  # pixels of the longer side; larger cuts are scaled down


def around(picture: Picture, box: Box) -> tuple[Picture, Box]:
    """The part of a frame, uint8 `(h, w, 3)`, around `box`, and the box in its pixels."""
    height, width = picture.shape[:2]
    margin = MARGIN * max(box.width, box.height)
    left, right = _span(box.x, box.width, margin, width)
    top, bottom = _span(box.y, box.height, margin, height)
    part = picture[top:bottom, left:right]
    scale = min(MOST / max(part.shape[:2]), 1.0)
    if scale < 1:
        size = max(round(part.shape[1] * scale), 1), max(round(part.shape[0] * scale), 1)
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    place = Box((box.x - left) * scale, (box.y - top) * scale, box.width * scale, box.height * scale)
    return np.ascontiguousarray(part), place


def _span(start: float, extent: float, margin: float, whole: int) -> tuple[int, int]:
    """From where to where along a side of a frame of `whole` pixels; at least one of them, wherever the box is."""
    wanted = max(extent + 2 * margin, LEAST)
    first = min(max(start + extent / 2 - wanted / 2, 0.0), whole - 1.0)
    last = min(max(start + extent / 2 + wanted / 2, first + 1.0), float(whole))
    return int(first), max(int(np.ceil(last)), int(first) + 1)


def read_context(folder: Path, crop: Crop, keep: bool) -> CropContext:
    """Decode the frame of a crop of the project in `folder`; where `keep`, its cache keeps the medium's index.

    Raises:
        InputError: the medium or the frame cannot be read.
    """
    with Project.open(folder) as project:
        row = next((row for row in project.media() if row.id == crop.medium), None)
        if row is None:
            raise InputError("its medium is not in the project any more")
        medium = open_row(project, row, project.cache if keep else None)
    try:
        picture, box = around(medium.frame(crop.frame), crop.box)
        return CropContext(crop, picture, box, medium.time(crop.frame))
    finally:
        medium.close()
