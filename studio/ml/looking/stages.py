"""A network from pixels to scores: one small picture for each of its stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.media.medium import Picture
from studio.ml.looking.arranging import misfit
from studio.ml.looking.layers import LayerRow
from studio.ml.looking.maps import LayerMaps
from studio.ml.looking.network import LookedNetwork
from studio.ml.looking.order import BY_MAXIMUM, ordered
from studio.ml.looking.sheets import BY_LAYER, GAP, GROUND, MARGIN, limits, painted, rgb

SHOWN_MAPS = 3  # of a stage, one below the other
MAP_SIDE = 64  # pixels of the frame's longer side
TOP = 5  # scores that are shown


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of a network on one frame.

    Attributes:
        layer: whose output it is; "" for the picture itself.
        size: of the output: "64 × 28 × 16" (channels, rows, columns), or the number of values.
        picture: uint8 `(height, width, 3)` RGB: the strongest maps one below the other, or the values as a block.
    """

    layer: str
    size: str
    picture: Picture


@dataclass(frozen=True, eq=False)
class Strip:
    """A network on one frame.

    Attributes:
        stages: from the picture on.
        scores: of the classifier, best first: name and probability (softmax of its outputs); empty without one.
    """

    stages: tuple[Stage, ...]
    scores: tuple[tuple[str, float], ...]


def stage_layers(rows: Mapping[str, LayerRow]) -> list[str]:
    """The layers that are shown: the last of each resolution, and behind the last map those without places."""
    listed = list(rows.values())
    places = _places(listed)
    maps_end = max((index for index, each in enumerate(places) if each is not None), default=-1)
    last: dict[object, int] = {}
    for index, row in enumerate(listed):
        if places[index] is not None:
            last[row.stride, places[index]] = index
        elif index > maps_end:
            last[int(np.prod(row.shape))] = index
    return [listed[index].name for index in sorted(last.values())]


def _places(rows: Sequence[LayerRow]) -> list[tuple[int, ...] | None]:
    """Rows and columns of each output, () of tokens; None of one without places.

    Some layers put the channels last. The first map, which is a convolution's, tells the size of the picture.
    """
    first = next((row for row in rows if len(row.shape) == 3 and row.stride), None)
    size = (first.shape[2] * (first.stride or 1), first.shape[1] * (first.stride or 1)) if first else (1, 1)
    found: list[tuple[int, ...] | None] = []
    for row in rows:
        pair: tuple[int, ...] = ()
        if len(row.shape) == 3:
            pair = min((row.shape[1:], row.shape[:2]), key=lambda cells: misfit(cells, row.stride, size))
        found.append(None if row.stride is None or pair == (1, 1) else pair)
    return found


def strip(network: LookedNetwork, picture: Picture, found: Sequence[LayerMaps]) -> Strip:
    """The picture and its `found` maps, of the layers that `stage_layers` names, as small pictures."""
    height, width = picture.shape[:2]
    scale = MAP_SIDE / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    first = Stage("", f"{width} × {height}", np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)))
    stages = [first, *(Stage(maps.layer, _size(maps), _picture(maps, size)) for maps in found)]
    return Strip(tuple(stages), top_scores(network, found[-1].values) if found else ())


def top_scores(network: LookedNetwork, values: NDArray[np.float32]) -> tuple[tuple[str, float], ...]:
    """The best classes of the classifier's outputs `(n, 1, 1)`, with the softmax of all; empty for other shapes."""
    if values.shape[1:] != (1, 1) or len(values) < 2:
        return ()
    margins = values[:, 0, 0].astype(np.float64)
    scores = np.exp(margins - margins.max())
    scores /= scores.sum()
    names = network.class_names
    if names is None or len(names) != len(scores):
        names = tuple(f"class {number}" for number in range(len(scores)))
    return tuple((names[index], float(scores[index])) for index in np.argsort(-scores, kind="stable")[:TOP])


def _size(maps: LayerMaps) -> str:
    return " × ".join(str(each) for each in (maps.values.shape if maps.has_places else maps.values.shape[:1]))


def _picture(maps: LayerMaps, size: tuple[int, int]) -> Picture:
    """The strongest maps, each as large as the frame, or a block of values."""
    tops = limits(maps.values, BY_LAYER, 1.0)
    if not maps.has_places:
        return _block(painted(maps.values, tops, maps.signed)[:, 0, 0], SHOWN_MAPS * size[1])
    strongest = ordered(maps.values, BY_MAXIMUM)[:SHOWN_MAPS]
    cells = rgb(painted(maps.values[strongest], tops[strongest], maps.signed))
    parts = []
    for cell in cells:
        parts += [
            np.zeros((2, size[0], 3), np.uint8),
            np.asarray(cv2.resize(cell, size, interpolation=_how(cell, size))),
        ]
    return np.concatenate(parts[1:])


def _how(cell: Picture, size: tuple[int, int]) -> int:
    """Cells stay squares where they are enlarged."""
    return cv2.INTER_AREA if cell.shape[1] > size[0] else cv2.INTER_NEAREST


def _block(values: NDArray[np.uint32], height: int) -> Picture:
    """Values without places, `(n,)` colours, in rows of a block as high as the maps of other stages."""
    columns = max(1, round(float(np.sqrt(len(values) / 8))))
    rows = -(-len(values) // columns)
    cells = np.full(rows * columns, 0xFF000000, np.uint32)
    cells[: len(values)] = values
    block = rgb(cells.reshape(rows, columns))
    size = max(round(height * columns / rows), 12), height
    return np.asarray(cv2.resize(block, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def strip_picture(found: Strip) -> Picture:
    """All stages beside each other, in the middle of their height: uint8 `(height, width, 3)` RGB."""
    pictures = [stage.picture for stage in found.stages]
    height = max(len(picture) for picture in pictures) + 2 * MARGIN
    width = sum(picture.shape[1] + GAP for picture in pictures) - GAP + 2 * MARGIN
    whole = np.empty((height, width, 3), np.uint8)
    whole[:] = GROUND
    x = MARGIN
    for picture in pictures:
        y = (height - len(picture)) // 2
        whole[y : y + len(picture), x : x + picture.shape[1]] = picture
        x += picture.shape[1] + GAP
    return whole
