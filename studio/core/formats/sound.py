"""Boxes brought into their frames; those that are none are left out, and all of that is counted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from studio.core.formats.data_set import DataRegion, DataSet
from studio.core.formats.notes import Notes
from studio.core.geometry import Box, clip_box
from studio.core.project.row_checks import is_name, printable

SLACK = 0.01  # pixels: what rounding in a file may add; a box is not counted as clipped for it
_LEAST = 1e-3  # pixels: a box that is smaller is none
_LONGEST_NAME = 100

SizeOf = Callable[[DataRegion], tuple[int, int]]


def sound(data: DataSet, size_of: SizeOf, notes: Notes) -> DataSet:
    """`data` with boxes that have an area and lie inside their frames.

    Args:
        data: as it was read.
        size_of: width and height of the frame that a region is on; 0 where they are unknown.
        notes: where what is changed or left out is counted.
    """
    regions = [kept for region in data.regions if (kept := _sound(region, size_of(region), notes)) is not None]
    return replace(data, regions=tuple(regions))


def _sound(region: DataRegion, size: tuple[int, int], notes: Notes) -> DataRegion | None:
    place = region.medium
    if not all(map(math.isfinite, region.box)) or max(map(abs, region.box)) > 1e9:
        notes.add("box", "no numbers that a box can have, left out", place)
        return None
    if region.width < _LEAST or region.height < _LEAST:
        notes.add("box", "without area, left out", place)
        return None
    if not all(size):
        return region
    inside = clip_box(Box(*region.box), *size)
    if inside is None or inside.width < _LEAST or inside.height < _LEAST:
        notes.add("box", "outside the picture, left out", place)
        return None
    if inside == region.box:
        return region
    if max(abs(a - b) for a, b in zip(inside, region.box, strict=True)) > SLACK:
        notes.add("box", "reaching over the edge, cut off there", place)
    return replace(region, x=inside.x, y=inside.y, width=inside.width, height=inside.height)


def sound_label(name: object) -> str:
    """A name that a label can have, as near to `name` as possible."""
    text = printable(name).strip()[:_LONGEST_NAME].strip()
    return text if is_name(text) else "unnamed"
