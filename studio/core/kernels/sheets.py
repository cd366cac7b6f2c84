"""Maps as a picture."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from studio.core.kernels.compute import Map


def tile_columns(count: int) -> int:
    """How many of `count` maps stand in a row of their sheet."""
    return math.ceil(math.sqrt(count))


def sheet(maps: list[Map]) -> NDArray[np.uint8]:
    """The maps, tile by tile and row by row, as uint8 `(height, width, 3)` RGB; one map is the picture itself.

    Values in floating point are shown from 0 to 1; what lies beyond is cut off.
    """
    tiles = [as_bytes(values) for values in maps]
    height, width = tiles[0].shape[:2]
    columns = tile_columns(len(tiles))
    rows = -(-len(tiles) // columns)
    picture = np.zeros((rows * height, columns * width, 3), np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        picture[row * height : (row + 1) * height, column * width : (column + 1) * width] = tile
    return picture


def as_bytes(values: Map) -> NDArray[np.uint8]:
    """A map in 8 bits, saturated: uint8 as it is, floating point times 255."""
    if values.dtype == np.uint8:
        return np.asarray(values, np.uint8)
    return np.asarray(np.clip(np.rint(values * np.float32(255)), 0, 255), np.uint8)
