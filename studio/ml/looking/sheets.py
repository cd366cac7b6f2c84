"""Feature maps as colours, and as sheets of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.media.medium import Picture
from studio.ml.looking.filters import colour_pictures, filters, first_convolution
from studio.ml.looking.maps import LayerMaps
from studio.ml.looking.network import LookedNetwork

BY_CHANNEL, BY_LAYER, FIXED = "channel", "layer", "fixed"

STOPS = (0, 64, 128, 192, 255)
COLORS = ((120, 190, 255), (36, 92, 168), (18, 20, 24), (176, 86, 20), (255, 190, 110))  # cold below zero, warm above

GAP, MARGIN = 6, 12  # pixels of a sheet
CELL = 96  # pixels that the longer side of a cell has at least
LARGEST_SHEET = 144  # cells of one sheet: twelve by twelve
GROUND, INK = (24, 25, 28), (150, 156, 165)
_WRITING = 14  # pixels above a cell, for its number


@lru_cache(maxsize=2)
def colors(signed: bool) -> NDArray[np.uint32]:
    """256 colours as 0xffRRGGBB: for signed values blue below the middle, dark in it, orange above; else from dark to
    bright (OpenCV's inferno, in which brightness grows evenly)."""
    if signed:
        channels = [np.interp(np.arange(256), STOPS, [color[channel] for color in COLORS]) for channel in range(3)]
    else:
        bgr = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_INFERNO)[:, 0]
        channels = [bgr[:, 2].astype(float), bgr[:, 1].astype(float), bgr[:, 0].astype(float)]
    red, green, blue = (channel.round().astype(np.uint32) for channel in channels)
    return np.asarray(0xFF000000 | red << 16 | green << 8 | blue, np.uint32)


@lru_cache(maxsize=2)
def veil_colors(signed: bool) -> NDArray[np.uint32]:
    """The same colours at full brightness as premultiplied 0xAARRGGBB: as opaque as a value is far from zero."""
    levels = np.arange(256)
    strength = np.abs(levels - 128) / 127.5 if signed else levels / 255.0
    alpha = np.sqrt(np.clip(strength, 0, 1))  # weak answers should be seen as well
    palette = colors(signed)
    found = np.round(alpha * 255).astype(np.uint32) << 24
    for shift in (16, 8, 0):
        channel = (palette >> shift & 255).astype(float)
        found |= np.round(channel * alpha).astype(np.uint32) << shift
    return np.asarray(found, np.uint32)


def limits(values: NDArray[np.float32], scale: str, fixed: float) -> NDArray[np.float32]:
    """The value of each channel that gets the last colour, float32 `(n,)`, above zero.

    Args:
        values: `(n, rows, columns)`.
        scale: "channel": its own largest absolute value; "layer": that of all, as always where a channel is one value
            alone; "fixed": `fixed`.
        fixed: of the last.
    """
    if scale == FIXED:
        found = np.full(len(values), fixed, np.float32)
    else:
        found = np.abs(values.reshape(len(values), -1)).max(1, initial=0)
        if scale == BY_LAYER or values[:1].size == 1:
            found = np.full(len(values), found.max(initial=0), np.float32)
    return np.maximum(found, np.float32(1e-12)).astype(np.float32)


def levels(values: NDArray[np.float32], tops: NDArray[np.float32], signed: bool) -> NDArray[np.uint8]:
    """Values `(n, rows, columns)` as numbers of colours: 0 is 128 where `signed`, else 0; `tops` and beyond are 255.

    Not a number counts as zero.
    """
    factor = ((127.0 if signed else 255.0) / tops).astype(np.float32)[:, None, None]
    scaled = np.clip(np.nan_to_num(values), -tops[:, None, None], tops[:, None, None]) * factor
    if signed:
        scaled += 128
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def painted(values: NDArray[np.float32], tops: NDArray[np.float32], signed: bool) -> NDArray[np.uint32]:
    """Values `(n, rows, columns)` in colours: uint32 0xffRRGGBB of the same shape."""
    return colors(signed)[levels(values, tops, signed)]


def map_sheets(maps: LayerMaps) -> Iterator[Picture]:
    """All channels of a layer, each in its own scale, `LARGEST_SHEET` on a sheet."""
    tops, signed = limits(maps.values, BY_CHANNEL, 1.0), maps.signed
    for first in range(0, len(maps.values), LARGEST_SHEET):
        part = slice(first, first + LARGEST_SHEET)
        cells = painted(maps.values[part], tops[part], signed)
        yield sheet(cells, range(first, first + len(cells)))


def filter_pictures(network: LookedNetwork, numbers: Sequence[int] | None = None) -> NDArray[np.uint8] | None:
    """The filters of the first convolution, uint8 `(n, k, k, 3)`: `numbers` or all of them; None where it has none that
    reads colours or grey."""
    try:
        bank = filters(network, first_convolution(network))
    except InputError:
        return None
    chosen = range(len(bank.weights)) if numbers is None else numbers
    return colour_pictures(bank, chosen) if bank.coloured or bank.weights.shape[1] == 1 else None


def filter_sheet(network: LookedNetwork) -> dict[str, Picture]:
    """A sheet of the first filters under the name "filters"; nothing where there are none to be seen."""
    pictures = filter_pictures(network)
    if pictures is None:
        return {}
    wide = pictures[:LARGEST_SHEET].astype(np.uint32)
    cells = 0xFF000000 | wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return {"filters": sheet(cells.astype(np.uint32), range(len(cells)))}


def columns_for(count: int, rows: int, columns: int) -> int:
    """How many cells of `rows` × `columns` lie beside each other, so that a sheet of `count` is about a square."""
    return max(1, min(count, round(float(np.sqrt(count * rows / max(columns, 1))))))


def sheet(cells: NDArray[np.uint32], numbers: Sequence[int]) -> Picture:
    """Cells `(n, rows, columns)` of 0xffRRGGBB as one picture, enlarged without smoothing, each below its number.

    Returns:
        uint8 `(height, width, 3)` RGB.
    """
    count, rows, columns = cells.shape
    factor = max(1, -(-CELL // max(rows, columns)))
    if max(rows, columns) == 1:
        factor = CELL // 3
    high, wide = rows * factor, max(columns * factor, 28)  # there must be room for a number
    across = columns_for(count, high + _WRITING, wide)
    down = -(-count // across)
    size = down * (high + _WRITING + GAP) - GAP + 2 * MARGIN, across * (wide + GAP) - GAP + 2 * MARGIN
    picture = np.empty((*size, 3), np.uint8)
    picture[:] = GROUND
    for place, number in enumerate(numbers):
        y = MARGIN + place // across * (high + _WRITING + GAP)
        x = MARGIN + place % across * (wide + GAP)
        _write(picture, str(number), x, y + _WRITING - 4)
        large = rgb(cells[place]).repeat(factor, 0).repeat(factor, 1)
        picture[y + _WRITING : y + _WRITING + high, x : x + columns * factor] = large
    return picture


def rgb(cells: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """0xffRRGGBB of any shape as uint8 RGB in a last axis."""
    return np.stack([cells >> shift & 255 for shift in (16, 8, 0)], -1).astype(np.uint8)


def _write(picture: Picture, text: str, x: int, y: int) -> None:
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.38, INK, 1, cv2.LINE_AA)
