"""Boxes and windows: `x, y, width, height` in pixels, origin top left."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError

Boxes = NDArray[np.floating]  # (N, 4)


class Box(NamedTuple):
    """One box in pixels of its frame; floats."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


class Window(NamedTuple):
    """A square of whole pixels that a network looks at; it may reach over the frame only where the frame is smaller."""

    x: int
    y: int
    side: int


def parse_box(text: str) -> Box:
    """Read "x,y,width,height" (commas or spaces).

    Raises:
        InputError: not four numbers, or a size of zero or less.
    """
    parts = text.replace(",", " ").split()
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not np.isfinite(numbers).all():
        raise InputError(f"a box is four numbers x,y,width,height, not {text!r}")
    if numbers[2] <= 0 or numbers[3] <= 0:
        raise InputError(f"the box {text} has no area; width and height must be above zero")
    return Box(*numbers)


def clip_box(box: Box, width: int, height: int) -> Box | None:
    """The part of `box` inside a frame of `width` × `height`, or None where nothing is."""
    left, top = max(box.x, 0.0), max(box.y, 0.0)
    right, bottom = min(box.x + box.width, float(width)), min(box.y + box.height, float(height))
    if right <= left or bottom <= top:
        return None
    return Box(left, top, right - left, bottom - top)


def intersections(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """Areas of intersection of every box of `first` `(N, 4)` with every one of `second` `(M, 4)`: `(N, M)`."""
    a, b = np.asarray(first, np.float64).reshape(-1, 1, 4), np.asarray(second, np.float64).reshape(1, -1, 4)
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    overlap = np.clip(high - low, 0, None)
    return np.asarray(overlap[..., 0] * overlap[..., 1])


def iou_matrix(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """Intersection over union of every box of `first` `(N, 4)` with every one of `second` `(M, 4)`: `(N, M)` in 0…1."""
    shared = intersections(first, second)
    a, b = np.asarray(first, np.float64).reshape(-1, 4), np.asarray(second, np.float64).reshape(-1, 4)
    union = (a[:, 2] * a[:, 3])[:, None] + (b[:, 2] * b[:, 3])[None] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def crop_window(box: Box, input_size: int, width: int, height: int) -> Window:
    """The square that is cut for `box` from a frame of `width` × `height`.

    As long as the longer side of the box, at least `input_size`: small boxes are widened, large ones scaled later. So
    are frames smaller than `input_size`: widened no further than their longer side, they fill what the network sees.
    At the border it is moved inside; only where the frame itself is smaller does it reach beyond (and is padded).
    """
    side = max(round(max(box.width, box.height)), min(input_size, max(width, height) or input_size))
    centre_x, centre_y = box.centre
    return place_window(centre_x, centre_y, side, width, height)


def place_window(centre_x: float, centre_y: float, side: int, width: int, height: int) -> Window:
    """A square of `side` around a point, moved into the frame; centred over the frame where it does not fit.

    An extent of 0 is not known (pictures of a folder that differ in size): there it stays around the point.
    """

    def start(centre: float, extent: int) -> int:
        if not extent:
            return round(centre - side / 2)
        if side >= extent:
            return (extent - side) // 2
        return min(max(round(centre - side / 2), 0), extent - side)

    return Window(start(centre_x, width), start(centre_y, height), side)
