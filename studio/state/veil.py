"""A map that lies over the shown frame, see-through, and a box that is marked in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.geometry import Box


@dataclass(frozen=True, eq=False)
class Veil:
    """What a part of the features dock lays over a frame; there is one at a time.

    Attributes:
        owner: name of the part that made it, and that takes only its own away.
        medium, number: the frame it is of.
        pixels: uint32 `(h, w)` of 0xAARRGGBB, colours multiplied by their alpha (premultiplied); None: only the mark.
        box: where `pixels` lie, in pixels of the frame; it may reach over the frame.
        opacity: 0…1, beside the alpha of the pixels.
        mark: a box to be marked, in pixels of the frame, or None.
    """

    owner: str
    medium: int
    number: int
    pixels: NDArray[np.uint32] | None
    box: Box
    opacity: float = 1.0
    mark: Box | None = None


def veil_over(veil: Veil | None, medium: int, number: int, moving: bool) -> Veil | None:
    """`veil` where it belongs over this frame: while the picture moves, the newest of the medium does."""
    if veil is None or veil.medium != medium or (veil.number != number and not moving):
        return None
    return veil
