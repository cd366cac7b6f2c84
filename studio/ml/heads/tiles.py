"""The windows of the coarse search modes, as training examples: tiles that hold an object, and tiles that hold none.

They are derived at each fit and never stored. Without them the crop part has seen nothing but crops around objects and
windows beside them: it misses the object in a tile, and fires on tiles of rich texture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.geometry import Boxes, Window, intersections, place_window
from studio.core.project import OBJECT_STATES, RegionRow
from studio.ml.crops import tile_side

MOST_FRAMES = 48
RANDOM_WINDOWS = 6  # of a frame, beside the four tiles, from a tile down to a crop
HELD = 0.9  # share of an object inside a window that holds it
IGNORED = 0.3  # share of a window inside an ignore box, above which it is neither positive nor negative


def tile_windows(
    regions: list[RegionRow], background: int, input_size: int, width: int, height: int
) -> list[tuple[Window, int]]:
    """Windows of one frame, each with the label of what it holds; windows that cut an object are left out.

    Args:
        regions: all of the frame, near-duplicates too; what holds or cuts an occluded one is left out, and what lies
            in an ignore box.
        background: id of that label, for windows that hold nothing.
        input_size: side of the smallest window.
        width, height: of the frame.
    """
    objects = [row for row in regions if row.label != background and row.state in OBJECT_STATES]
    if not objects:
        return []
    boxes = np.array([(row.x, row.y, row.width, row.height) for row in objects])
    occluded = np.array([row.state != "visible" for row in objects])
    ignored = np.array([(row.x, row.y, row.width, row.height) for row in regions if row.state == "ignore"])
    labelled = []
    for window in _candidates(objects[0].frame, input_size, width, height):
        if covered(np.array([(window.x, window.y, window.side, window.side)]), ignored)[0]:
            continue
        inside = intersections(boxes, np.array([(window.x, window.y, window.side, window.side)]))[:, 0]
        share = inside / (boxes[:, 2] * boxes[:, 3])
        if share[occluded].any():
            continue
        if not share.any():
            labelled.append((window, background))
            continue
        held = {row.label for row, s in zip(objects, share, strict=True) if s > 0}
        if len(held) == 1 and share.max() >= HELD:
            labelled.append((window, held.pop()))
    return labelled


def covered(boxes: Boxes, ignored: Boxes) -> NDArray[np.bool_]:
    """Which of `boxes` `(n, 4)` lie to more than `IGNORED` of their area in one of `ignored` `(m, 4)`: `(n,)`."""
    shares = intersections(boxes, ignored) / np.asarray(boxes, np.float64)[:, 2:].prod(1)[:, None]
    return np.asarray(shares.max(1, initial=0) > IGNORED)


def _candidates(frame: int, input_size: int, width: int, height: int) -> list[Window]:
    side = tile_side(input_size, width, height)
    windows = [place_window(x * width, y * height, side, width, height) for x in (0.25, 0.75) for y in (0.25, 0.75)]
    random = np.random.default_rng([frame, 3])
    for _ in range(RANDOM_WINDOWS):
        smaller = round(input_size * (side / input_size) ** random.uniform(0.3, 1.0))
        centre_x, centre_y = random.uniform(0, width), random.uniform(0, height)
        windows.append(place_window(centre_x, centre_y, smaller, width, height))
    return list(dict.fromkeys(windows))


def evenly_chosen(frames: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """At most `MOST_FRAMES` of the frames `(medium, number)`, evenly."""
    if len(frames) <= MOST_FRAMES:
        return frames
    return [frames[int(i)] for i in np.linspace(0, len(frames) - 1, MOST_FRAMES).round()]
