"""What excites a layer: of every picture the strongest cell of each of its channels, and what that cell sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.geometry import Box, Window, crop_window
from studio.core.project import Project, RegionRow
from studio.core.top_places import Strongest, TopPlaces, place_of
from studio.ml.crops import Picture, cut
from studio.ml.heads.open_media import OpenMedia
from studio.ml.looking.layers import layers
from studio.ml.looking.maps import LONGEST, LayerMaps, look
from studio.ml.looking.network import LookedNetwork

MOST_CROPS = 4000  # of the gallery, evenly over all of it


@dataclass(frozen=True)
class LookedThrough:
    """How much of the gallery was looked at.

    Attributes:
        seen: crops that the network saw.
        crops: that there are.
        problem: why some could not be read; "" where all could.
    """

    seen: int
    crops: int
    problem: str


def layer_called(network: LookedNetwork, layer: str) -> str:
    """`layer`; where it is "", the first convolution.

    Raises:
        InputError: it is "", and the network cannot be run at all.
    """
    if layer:
        return layer
    rows = layers(network)
    return next((row.name for row in rows if row.kind.startswith("Conv")), rows[0].name)


def on_frame(network: LookedNetwork, layer: str, picture: Picture) -> Strongest:
    """The strongest cell of each channel of `layer` on a whole frame, uint8 `(height, width, 3)` RGB.

    Raises:
        InputError: as `look`.
    """
    return _strongest(look(network, picture, [layer], LONGEST)[layer])


def on_crop(network: LookedNetwork, layer: str, picture: Picture, window: Window) -> Strongest:
    """The same in a window of a frame, which the network sees alone, and which is the box of every cell.

    Raises:
        InputError: as `look`.
    """
    side = network.input_size
    found = _strongest(look(network, cut(picture, window, side), [layer], side)[layer])
    box = np.array([window.x, window.y, window.side, window.side], np.float64)
    spots = found.spots * (window.side / side) + box[:2]
    return Strongest(found.values, np.tile(box, (len(spots), 1)), spots)


def strongest_in(network: LookedNetwork, layer: str, channel: int, picture: Picture) -> float:
    """What the strongest cell of a channel puts out for a picture that goes in as it is, uint8 `(h, w, 3)` RGB."""
    return float(look(network, picture, [layer], max(picture.shape[:2]))[layer].values[channel].max())


def channels_of(network: LookedNetwork, layer: str) -> int:
    """How many channels a layer has: by one look at a grey picture.

    Raises:
        InputError: as `look`.
    """
    side = network.input_size
    return len(on_crop(network, layer, np.full((side, side, 3), 128, np.uint8), Window(0, 0, side)).values)


def look_through(network: LookedNetwork, layer: str, folder: Path, into: TopPlaces, control: Control) -> LookedThrough:
    """Put the crops of a project into the lists of `into`: what the network sees of each visible region.

    A place is one label of one track, or a region without a track, for a second: an object, or the background that
    was collected beside it.

    Args:
        network: looks.
        layer: of it.
        folder: of the project.
        into: a list for each channel of the layer.
        control: asked between frames.

    Raises:
        InputError: none of the media can be read.
    """
    with Project.open(folder) as project, OpenMedia(project) as media:
        rows = [row for row in project.regions() if row.state == "visible"]
        chosen = sorted(_evenly(rows), key=lambda row: (row.medium, row.frame, row.id))
        seen, problem = 0, ""
        for (medium, frame), group in groupby(chosen, key=lambda row: (row.medium, row.frame)):
            control.progress(seen / len(chosen), f"crop {seen:,} of {len(chosen):,}")
            regions = list(group)
            try:
                picture = media.medium(medium).frame(frame)
            except InputError as error:
                problem = str(error)
                continue
            opened = media.medium(medium)
            rate = 0.0 if opened.kind == "stills" else opened.rate
            for row in regions:
                window = _window(row, network.input_size, picture)
                place = place_of(medium, frame, rate, (row.track or row.id, row.label))
                into.add(medium, frame, place, on_crop(network, layer, picture, window), picture)
            seen += len(regions)
    if chosen and not seen:
        raise InputError(problem)
    return LookedThrough(seen, len(rows), problem)


def _window(row: RegionRow, input_size: int, picture: Picture) -> Window:
    return crop_window(Box(row.x, row.y, row.width, row.height), input_size, picture.shape[1], picture.shape[0])


def _evenly(rows: Sequence[RegionRow]) -> Sequence[RegionRow]:
    if len(rows) <= MOST_CROPS:
        return rows
    return [rows[int(i)] for i in np.linspace(0, len(rows) - 1, MOST_CROPS).round()]


def _strongest(maps: LayerMaps) -> Strongest:
    """What the strongest cells of `maps` see; of equal ones the first, row by row."""
    count, _, columns = maps.values.shape
    flat = maps.values.reshape(count, -1)
    cells = flat.argmax(1)
    distinct, which = np.unique(cells, return_inverse=True)
    at = [divmod(int(cell), columns) for cell in distinct]
    boxes = np.array([maps.place.receptive_field(*each) for each in at])
    spots = np.array([maps.place.cell(*each).centre if maps.has_places else (np.nan, np.nan) for each in at])
    which = which.reshape(-1)
    return Strongest(flat[np.arange(count), cells], boxes[which], spots[which])
