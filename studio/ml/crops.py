"""Crops: the squares that a backbone sees of a region."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.geometry import Window

TILE_SHARE = 0.55  # of the longer side of the frame: two tiles overlap by a tenth
MOST_SIDE = 4096  # pixels of a window beyond its frame; of a larger one (a foreign box) one of every few
ROOM = 2  # a wide crop is this many times as wide as it is seen, so that turning it shows what is beside it
Picture = NDArray[np.uint8]


def cut(frame: Picture, window: Window, side: int) -> Picture:
    """The pixels in `window`, scaled to `side`: uint8 `(side, side, 3)`.

    Where the window reaches over the frame, the border's pixels are repeated.
    """
    height, width = frame.shape[:2]
    part = frame[max(window.y, 0) : window.y + window.side, max(window.x, 0) : window.x + window.side]
    if part.shape[:2] != (window.side, window.side):
        steps = np.arange(count := min(window.side, MOST_SIDE)) * window.side // count
        rows, columns = np.clip(window.y + steps, 0, height - 1), np.clip(window.x + steps, 0, width - 1)
        part = frame[rows[:, None], columns]
    if window.side == side:
        return part
    method = cv2.INTER_AREA if window.side > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (side, side), interpolation=method), np.uint8)


def cut_wide(frame: Picture, window: Window, side: int) -> Picture:
    """The window with room around it, to be varied: uint8 `(ROOM · side, ROOM · side, 3)`."""
    room = window.side * (ROOM - 1) // 2
    return cut(frame, Window(window.x - room, window.y - room, window.side + 2 * room), ROOM * side)


def cut_all(frame: Picture, windows: list[Window], side: int) -> Picture:
    """Several crops of one frame, uint8 `(n, side, side, 3)`."""
    if not windows:
        return np.zeros((0, side, side, 3), np.uint8)
    return np.stack([cut(frame, window, side) for window in windows])


def tile_side(input_size: int, width: int, height: int) -> int:
    """Side of the four square tiles that cover a frame."""
    return max(input_size, math.ceil(TILE_SHARE * max(width, height)))
