"""Which crops the dots of the map are, and which of them are found."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.gallery.crop_map import CropMap
from studio.core.gallery.crops import Crops
from studio.core.project.region_table import RegionTable
from studio.state.gallery import GalleryState
from studio.views.gallery.map_coloring import Coloring, coloring

_PLACES = ("ids", "media", "frames", "boxes")  # of the crops: what their places on the map depend on


class MapShown(NamedTuple):
    """What the dots are.

    Attributes:
        crops: all of a moment.
        rows: intp `(m,)` of `crops`, for each dot.
        points: float32 `(m, 2)` of the map.
        coloring: of the dots.
    """

    crops: Crops
    rows: NDArray[np.intp]
    points: NDArray[np.float32]
    coloring: Coloring


def shown_on_map(crops: Crops, made: CropMap, by: str) -> MapShown:
    """The crops that have a place on the map `made`, coloured `by` what `studio.views.gallery.map_coloring` knows."""
    if not len(crops):
        rows = at = np.zeros(0, np.intp)
    else:
        near = np.minimum(np.searchsorted(crops.table.ids, made.ids), len(crops) - 1)
        there = crops.table.ids[near] == made.ids
        at, rows = np.flatnonzero(there), near[there]
    return MapShown(crops, rows, made.points[at], coloring(crops, rows, by))


def found_of(gallery: GalleryState, crops: Crops) -> NDArray[np.bool_]:
    """Which of `crops` the filter line finds, `(n,)`; of crops of another moment, those that are there too."""
    seen = gallery.seen
    if seen is not None and seen is not crops:
        return np.isin(crops.table.ids, seen.table.ids[gallery.shown])
    found = np.zeros(len(crops), bool)
    found[gallery.shown[gallery.shown < len(crops)]] = True  # they follow the crops in a moment
    return found


def selected_of(regions: Collection[int], shown: MapShown) -> NDArray[np.bool_]:
    """Which of the dots are these regions, `(m,)`."""
    own, ids = shown.crops.table.ids[shown.rows], np.fromiter(regions, np.int64, len(regions))
    if not len(ids):
        return np.zeros(len(own), bool)
    ids.sort()
    return np.asarray(ids[np.minimum(np.searchsorted(ids, own), len(ids) - 1)] == own)


def same_places(one: RegionTable, other: RegionTable) -> bool:
    """Whether the same crops lie in the same places, so that their map is the same."""
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in _PLACES)
