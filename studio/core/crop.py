"""Which pixels a crop shows; apart from what cuts them, which brings the decoders along."""

from __future__ import annotations

from typing import NamedTuple

from studio.core.geometry import Box


class Crop(NamedTuple):
    """A box on a frame of a medium."""

    medium: int
    frame: int
    box: Box
