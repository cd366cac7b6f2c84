"""Which pixels a crop shows; apart from what cuts them, which brings the decoders along."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.geometry import Box


class Crop(NamedTuple):
    """A box on a frame of a medium."""

    medium: int
    frame: int
    box: Box


class CropContext(NamedTuple):
    """A part of a frame around a box.

    Attributes:
        crop: what it shows.
        picture: uint8 `(height, width, 3)` RGB.
        box: the crop's box in pixels of `picture`; it may reach beyond.
        seconds: of the frame from the medium's first.
    """

    crop: Crop
    picture: NDArray[np.uint8]
    box: Box
    seconds: float
