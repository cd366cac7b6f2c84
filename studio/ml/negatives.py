"""Where the background is sampled on a followed frame."""

from __future__ import annotations

import numpy as np

from studio.core.geometry import Box, Boxes, Window, crop_window, intersections, place_window
from studio.ml.crops import tile_side

GAP = 20  # pixels between the object and the window beside it
TRIES = 20
# To the left and above first, as a person would; then whatever has room.
_SIDES = ((-1, -1), (-1, 0), (0, -1), (1, 1), (1, 0), (0, 1), (1, -1), (-1, 1))


def negative_windows(box: Box, taken: Boxes, input_size: int, width: int, height: int, frame: int) -> list[Window]:
    """Windows of background for the object in `box`: one beside it and one further away, of a random size.

    Args:
        box: the object.
        taken: `(n, 4)` the boxes of all positives of the frame, this one among them; no window touches any.
        input_size: side of the backbone's crops; no window is smaller.
        width, height: of the frame.
        frame: its number, which seeds the choice: the same frame always has the same windows.

    Returns:
        None, one or two windows: as many as there is room for.
    """
    random = np.random.default_rng([frame, 2])
    tight = crop_window(box, input_size, width, height).side
    turn = int(random.integers(2)) * 3  # left and above in half of the frames, right and below in the others
    sides = (*_SIDES[turn:], *_SIDES[:turn])
    beside = next(
        (
            w
            for side in dict.fromkeys((tight, input_size))
            for w in _neighbours(box, side, sides, width, height)
            if _free(w, taken)
        ),
        None,
    )
    far = None
    for _ in range(TRIES):
        widest = min(tile_side(input_size, width, height), width, height)
        side = round(input_size * max(widest / input_size, 1.0) ** random.uniform(0, 1))
        window = place_window(random.uniform(0, width), random.uniform(0, height), side, width, height)
        if _free(window, taken) and _inside(window, width, height):
            far = window
            break
    return [window for window in (beside, far) if window is not None]


def _neighbours(box: Box, side: int, sides: tuple[tuple[int, int], ...], width: int, height: int) -> list[Window]:
    """Windows beside the box, in order of preference; those moved back into the frame may touch it."""
    x, y = box.centre
    away_x, away_y = (box.width + side) / 2 + GAP, (box.height + side) / 2 + GAP
    windows = [place_window(x + right * away_x, y + down * away_y, side, width, height) for right, down in sides]
    return [window for window in windows if _inside(window, width, height)]


def _inside(window: Window, width: int, height: int) -> bool:
    return window.x >= 0 <= window.y and window.x + window.side <= width and window.y + window.side <= height


def _free(window: Window, taken: Boxes) -> bool:
    box = np.array([[window.x, window.y, window.side, window.side]])
    return not intersections(box, taken).any()
