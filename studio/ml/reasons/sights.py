"""What of a frame a network sees when it gives a score, and that score."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.geometry import Box, crop_window, iou_matrix
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.calibration import Calibration
from studio.ml.crops import Picture, cut
from studio.ml.grid_windows import GridWindows
from studio.ml.heads.dense import DensePart
from studio.ml.heads.head import Head
from studio.ml.looking.layers import layers
from studio.ml.looking.network import LookedNetwork
from studio.ml.looking.order import last_inside
from studio.ml.networks import Networks
from studio.ml.pyramid import STRIP_MARGIN, level_size, pyramid, resized
from studio.ml.reasons.scores import (
    ChannelMean,
    ClassOutput,
    Score,
    Surroundings,
    WindowMargin,
    calibration_of_crop,
    of_crop,
    strongest_class,
)

OVERLAP = 0.5  # IoU from which a window is one for a box


@dataclass(frozen=True, eq=False)
class LabelOf:
    """What a head says of a label: its dense part for a window of a frame, or its crop part for a crop."""

    head: Head
    label: str
    dense: bool = False


@dataclass(frozen=True)
class ClassOf:
    """What the classifier of a network says of a class; of the strongest where `number` is None."""

    network: str | None
    number: int | None = None


@dataclass(frozen=True)
class ChannelOf:
    """What a channel of a layer of a network answers, on average."""

    network: str | None
    layer: str
    channel: int


Target = LabelOf | ClassOf | ChannelOf


@dataclass(frozen=True, eq=False)
class Sight:
    """A score and what it is a score of.

    Attributes:
        score: of `pixels`.
        picture: uint8 `(h, w, 3)` RGB, what the network sees.
        pixels: the same, prepared: `(1, channels, h, w)`.
        place: of the picture, in pixels of the frame.
        title: what it is a score of, in words.
        calibration: from margins to scores; None where there is none.
        learned: whether the network was trained at all.
    """

    score: Score
    picture: Picture
    pixels: torch.Tensor
    place: Box
    title: str
    calibration: Calibration | None = None
    learned: bool = True


def sight(networks: Networks, frame: Picture, box: Box | None, target: Target) -> Sight:
    """What `target` sees of `frame`, uint8 `(height, width, 3)` RGB.

    Args:
        networks: of the lane.
        frame: whole.
        box: the thing in it, in pixels; None for the whole frame, of which a dense part takes its best window.
        target: whose score.

    Raises:
        InputError: a network that torch cannot look into, another one than the head's, a class, layer or channel that
            it does not have, or a frame too small for any window of the dense part.
    """
    if isinstance(target, LabelOf):
        return _of_label(networks, frame, box, target)
    looked = networks.looked(target.network)
    picture, pixels, place = _crop(looked, frame, box)
    if isinstance(target, ChannelOf):
        title = f"channel {target.channel} of {target.layer}"
        score = ChannelMean(looked, target.layer, target.channel)
        return Sight(score, picture, pixels, place, title, learned=looked.card is not None)
    number = strongest_class(looked, pixels) if target.number is None else target.number
    classes = looked.module(pixels).shape[1]
    if not 0 <= number < classes:
        raise InputError(f"the network {looked.name} has the classes 0 to {classes - 1}")
    title = _class_title(looked, number, classes)
    return Sight(ClassOutput(looked, number), picture, pixels, place, title, learned=looked.card is not None)


def _class_title(looked: LookedNetwork, number: int, classes: int) -> str:
    place, names = f"class {number} of {classes} of {looked.name}", looked.class_names
    return f"{names[number]} ({place})" if names and len(names) == classes else place


def _of_label(networks: Networks, frame: Picture, box: Box | None, target: LabelOf) -> Sight:
    head = target.head
    networks.of(head)  # whether it is here, and fits
    looked = networks.looked_of(head)
    if target.dense:
        part = head.dense[head.labels.index(target.label)]
        return _window(looked, networks.whole_of(head), part, frame, box, target.label)
    picture, pixels, place = _crop(looked, frame, box)
    score, calibration = of_crop(looked, head, target.label), calibration_of_crop(head, target.label)
    return Sight(score, picture, pixels, place, target.label, calibration)


def _crop(looked: LookedNetwork, frame: Picture, box: Box | None) -> tuple[Picture, torch.Tensor, Box]:
    height, width = frame.shape[:2]
    window = crop_window(box or Box(0, 0, width, height), looked.input_size, width, height)
    picture = cut(frame, window, looked.input_size)
    return picture, _prepared(looked, picture), Box(window.x, window.y, window.side, window.side)


def _prepared(looked: LookedNetwork, picture: Picture) -> torch.Tensor:
    return looked.prepare(torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None])


@dataclass(frozen=True, order=True)
class _Found:
    """A window of the dense part; the best is the largest."""

    overlap: float
    margin: float
    exponent: int
    row: int
    column: int


def _window(
    looked: LookedNetwork, backbone: Backbone, part: DensePart, frame: Picture, box: Box | None, label: str
) -> Sight:
    """The best window for `box`: what of it lies in the frame."""
    assert isinstance(backbone, NetworkBackbone)  # others have no maps, so heads on them no dense part
    found = _best_window(backbone, part.to(backbone.compute.device), frame, box)
    height, width = frame.shape[:2]
    stride, size = backbone.stride, level_size(found.exponent, width, height, backbone.stride)
    assert size is not None
    level = resized(frame, size)
    _, rows, columns = part.kernel.shape
    margin = -(-_reach(looked, backbone.map_layer, stride) // stride)
    down = _Span.of(found.row, rows, size[1], stride, margin)
    across = _Span.of(found.column, columns, size[0], stride, margin)
    pixels = _prepared(looked, level[down.pixels(stride), across.pixels(stride)])
    around = Surroundings(pixels, down.cells, across.cells, stride)
    kernel = part.kernel[:, down.kernel, across.kernel]
    score = WindowMargin(looked, backbone.map_layer, around, kernel, part.bias)
    top, left = (down.first + down.cells.start) * stride, (across.first + across.cells.start) * stride
    inside = around.inside
    picture = np.ascontiguousarray(level[down.pixels(stride), across.pixels(stride)][inside])
    scale = width / size[0], height / size[1]
    place = Box(left * scale[0], top * scale[1], picture.shape[1] * scale[0], picture.shape[0] * scale[1])
    return Sight(score, picture, pixels[:, :, inside[0], inside[1]], place, label, part.calibration)


def _reach(looked: LookedNetwork, layer: str, stride: int) -> int:
    """How many pixels beside its cell a value of `layer` depends on; `STRIP_MARGIN` where that cannot be told.

    Occlusion runs the network hundreds of times: every pixel around the window that no value sees costs time.
    """
    side = 4 * STRIP_MARGIN  # a value that sees the whole picture then says so
    rows = {row.name: row for row in layers(looked, side, side)}
    row = rows.get(last_inside(looked, rows, layer))
    if row is None or row.receptive_field is None or row.offset is None:
        return STRIP_MARGIN
    # The first cell lies at 0…stride - 1 and sees `receptive_field` pixels around `offset`.
    half = (row.receptive_field - 1) / 2
    return min(math.ceil(max(half - row.offset, half + row.offset - (stride - 1))), STRIP_MARGIN)


@dataclass(frozen=True)
class _Span:
    """A window along one side of a level, in cells.

    Attributes:
        first, last: of the level, the piece that the network looks at for the window, `last` behind it.
        cells: of the piece, what of the window lies in the frame.
        kernel: the same, of the kernel.
    """

    first: int
    last: int
    cells: slice
    kernel: slice

    @classmethod
    def of(cls, start: int, count: int, pixels: int, stride: int, margin: int) -> _Span:
        """Of `count` cells from `start`, which may lie beyond a level of so many `pixels`; seen with `margin` cells."""
        whole = -(-pixels // stride)
        first, last = max(start - margin, 0), min(start + count + margin, whole)
        begin, end = max(start, 0), min(start + count, whole)
        return cls(first, last, slice(begin - first, end - first), slice(begin - start, end - start))

    def pixels(self, stride: int) -> slice:
        """Of the level; its border may cut the last cell."""
        return slice(self.first * stride, self.last * stride)


def _best_window(backbone: Backbone, part: DensePart, frame: Picture, box: Box | None) -> _Found:
    """The window of the highest margin among those on the box; where none is, among those nearest to being on it."""
    _, rows, columns = part.kernel.shape
    bias = torch.tensor([part.bias], device=part.kernel.device)
    best: _Found | None = None
    for level in pyramid(backbone, frame, part.exponents):
        grid = GridWindows(level, columns, rows)
        if not len(grid):
            continue
        margins: NDArray[np.float32] = grid.margins(part.kernel[None], bias)[0].flatten().cpu().numpy()
        overlaps = np.zeros(len(grid))
        if box is not None:
            overlaps = np.minimum(iou_matrix(np.array([box]), grid.boxes())[0], OVERLAP)
        chosen = int(np.lexsort((margins, overlaps))[-1])
        left, top = grid.boxes(np.array([chosen]))[0, :2] / (level.cell_width, level.cell_height)
        found = _Found(float(overlaps[chosen]), float(margins[chosen]), level.exponent, round(top), round(left))
        best = found if best is None else max(best, found)
    if best is None:
        raise InputError("the frame is too small for the windows that this head searches with")
    return best
