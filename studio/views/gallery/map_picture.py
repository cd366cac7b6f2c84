"""Many dots as one picture: 100,000 in some milliseconds, where as many painted circles would take half a second."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

MARGIN = 24  # pixels around what is seen, for dots that are partly outside

Pixels = NDArray[np.uint32]


def blank(width: int, height: int, ground: QColor) -> Pixels:
    """A picture of `width` × `height` pixels and the margin around, uint32 as `QImage.Format_RGB32` has it."""
    return np.full((height + 2 * MARGIN, width + 2 * MARGIN), ground.rgb(), np.uint32)


def paint(
    picture: Pixels,
    places: NDArray[np.float32],
    classes: NDArray[np.uint8],
    colors: Sequence[QColor],
    radius: float,
    rim: QColor,
    rim_width: float,
) -> None:
    """Paint dots over each other in their order.

    Args:
        picture: from `blank`.
        places: `(n, 2)` in pixels from the corner of what is seen; those outside are left out.
        classes: `(n,)` of the dots.
        colors: by class.
        radius: of a dot, in pixels; with its rim less than `MARGIN`.
        rim: the colour around each dot.
        rim_width: in pixels; 0 for none.
    """
    height, width = picture.shape
    whole = np.rint(places).astype(np.int32)
    reach = int(np.ceil(radius + rim_width)) + 1
    seen = ((whole >= -reach) & (whole < (width - 2 * MARGIN + reach, height - 2 * MARGIN + reach))).all(1)
    at = (whole[seen, 1] + MARGIN) * width + whole[seen, 0] + MARGIN
    across, down, inner = _stencil(round(radius, 1), round(rim_width, 1))
    shades = _shades(colors, rim, inner)
    # The last one written to a pixel stays, so dots cover those before them.
    picture.ravel()[at[:, None] + (down * width + across)] = shades[classes[seen]]


@lru_cache(maxsize=64)
def _stencil(radius: float, rim: float) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """The pixels of a dot, `(s,)` across and down from its middle, and how much of each is the dot and not its rim."""
    reach = int(np.ceil(radius + rim)) + 1
    down, across = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    distance = np.hypot(across, down)
    chosen = distance < radius + max(rim, 0.5)
    inner = np.clip(radius + 0.5 - distance, 0, 1).astype(np.float32)
    return across[chosen].astype(np.int32), down[chosen].astype(np.int32), inner[chosen]


def _shades(colors: Sequence[QColor], rim: QColor, inner: NDArray[np.float32]) -> Pixels:
    """Pixels `(classes, s)`: each colour, and the rim's where the dot ends."""
    ends = np.array([_parts(each) for each in colors], np.float32)[:, None]
    start = np.array(_parts(rim), np.float32)
    shades = np.rint(start + (ends - start) * inner[None, :, None]).astype(np.uint32)
    weights = np.array([1 << 16, 1 << 8, 1], np.uint32)
    return np.asarray((shades * weights).sum(-1, dtype=np.uint32) | np.uint32(0xFF000000))


def mixed(color: QColor, ground: QColor, share: float) -> QColor:
    """So much of `color` over `ground`."""
    red, green, blue = (
        round(share * one + (1 - share) * other) for one, other in zip(_parts(color), _parts(ground), strict=True)
    )
    return QColor(red, green, blue)


def _parts(color: QColor) -> tuple[int, int, int]:
    return color.red(), color.green(), color.blue()
