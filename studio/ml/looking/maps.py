"""What layers put out for a whole frame: their values as they are, and where each lies in the frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.map_place import MapPlace
from studio.core.media.medium import Picture
from studio.ml.looking.arranging import arranged
from studio.ml.looking.capture import Capture
from studio.ml.looking.layers import LayerRow, layers
from studio.ml.looking.network import LookedNetwork

LONGEST = 224  # pixels of the longer side of a frame in the network
NARROW = 2.0  # a frame whose sides differ by more may leave maps of one row, whose places are lost on the way


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """The output of one layer for one frame.

    Attributes:
        layer: its name.
        values: float32 `(channels, rows, columns)`; the values of a layer without places are channels of one cell.
        place: where the cells lie in the frame.
    """

    layer: str
    values: NDArray[np.float32]
    place: MapPlace

    @property
    def signed(self) -> bool:
        """Whether there are values below zero."""
        return bool(self.values.size) and float(self.values.min()) < 0

    @property
    def has_places(self) -> bool:
        """Whether it is more than one value for each channel."""
        return self.values.shape[1] * self.values.shape[2] > 1


@dataclass(frozen=True)
class Sent:
    """How a frame went into a network: scaled, and in the middle of a larger picture where its input size is fixed.

    Attributes:
        size: width and height of the input, in pixels.
        scale: pixels of the input for one of the frame, across and down.
        corner: where the frame's upper left corner lies in the input.
        frame: width and height of the frame.
    """

    size: tuple[int, int]
    scale: tuple[float, float]
    corner: tuple[int, int]
    frame: tuple[int, int]


_ROWS: WeakKeyDictionary[LookedNetwork, dict[tuple[int, int], dict[str, LayerRow] | InputError]] = WeakKeyDictionary()


@torch.inference_mode()
def look(
    network: LookedNetwork, picture: Picture, wanted: Sequence[str], longest: int = LONGEST
) -> dict[str, LayerMaps]:
    """What the layers `wanted` put out for `picture`, in one forward that ends at the last of them.

    Args:
        network: whose layers.
        picture: uint8 `(height, width, 3)` RGB; scaled so that its longer side has `longest` pixels. Where the
            network's input size is fixed, it is scaled to that instead, and the rest filled with the mean colour.
        wanted: names as in `layers`, or of what holds them.
        longest: pixels.

    Raises:
        InputError: there is no such layer, or its output has no order that could be shown.
    """
    check_names(network, wanted)
    pixels, sent = prepared(network, picture, longest)
    # Channels last in memory: the convolutions of ResNet-18 take three quarters of the time on a processor.
    inputs = network.prepare(pixels).contiguous(memory_format=torch.channels_last)
    with Capture(network.module, wanted, leave_after=True) as capture:
        try:
            outputs = capture.run(inputs)
        except KeyError as error:
            raise InputError(f"{network.name}: {error.args[0]}") from None
    return {name: _maps(network, name, outputs[name], sent) for name in wanted}


def check_names(network: LookedNetwork, wanted: Iterable[str]) -> None:
    """Raise an InputError where the network has no such layer."""
    for name in wanted:
        if not has_layer(network, name):
            raise InputError(f"{network.name} has no layer {name!r}; studio layers lists them")


def has_layer(network: LookedNetwork, name: str) -> bool:
    """Whether there is a layer of this name, of calls or what holds others; not whether the forward comes to it."""
    return bool(name) and name.partition("#")[0] in dict(network.module.named_modules())


def rows_for(network: LookedNetwork, picture_size: tuple[int, int], longest: int = LONGEST) -> dict[str, LayerRow]:
    """The network's layers by name, in the order of their calls, with their shapes for a frame of this size.

    Args:
        network: whose layers.
        picture_size: width and height of the frame.
        longest: as for `look`.
    """
    return _rows(network, _sent(network, picture_size, longest).size)


def prepared(network: LookedNetwork, picture: Picture, longest: int) -> tuple[torch.Tensor, Sent]:
    """`picture` as `network` gets it: uint8 `(1, 3, h, w)`, and how."""
    sent = _sent(network, (picture.shape[1], picture.shape[0]), longest)
    inside = _scaled_size(sent.frame, sent.scale)
    shrinks = sent.scale[0] < 1
    scaled = cv2.resize(picture, inside, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    if inside != sent.size:
        mean = np.broadcast_to(np.asarray(network.mean) * 255, 3).round().astype(np.uint8)
        ground = np.empty((sent.size[1], sent.size[0], 3), np.uint8)
        ground[:] = mean
        left, top = sent.corner
        ground[top : top + inside[1], left : left + inside[0]] = scaled
        scaled = ground
    return torch.from_numpy(np.array(scaled)).permute(2, 0, 1)[None], sent


def _sent(network: LookedNetwork, frame: tuple[int, int], longest: int) -> Sent:
    """Free where the network runs at that size, else at its own."""
    factor = longest / max(frame)
    size = _scaled_size(frame, (factor, factor))
    if isinstance(_known(network, size), dict):
        return Sent(size, (size[0] / frame[0], size[1] / frame[1]), (0, 0), frame)
    side = network.input_size
    factor = side / max(frame)
    inside = _scaled_size(frame, (factor, factor))
    corner = (side - inside[0]) // 2, (side - inside[1]) // 2
    return Sent((side, side), (inside[0] / frame[0], inside[1] / frame[1]), corner, frame)


def _scaled_size(frame: tuple[int, int], scale: tuple[float, float]) -> tuple[int, int]:
    return max(round(frame[0] * scale[0]), 1), max(round(frame[1] * scale[1]), 1)


def _rows(network: LookedNetwork, size: tuple[int, int]) -> dict[str, LayerRow]:
    known = _known(network, size)
    if isinstance(known, InputError):
        raise known
    return known


def _known(network: LookedNetwork, size: tuple[int, int]) -> dict[str, LayerRow] | InputError:
    """The layers for an input of `size` (width, height), or why there are none; found once for each size."""
    found = _ROWS.setdefault(network, {})
    if size not in found:
        try:
            rows = {row.name: row for row in layers(network, size[1], size[0])}
        except InputError as error:
            found[size] = error
        else:
            found[size] = _with_places(network, rows, size) if max(size) > NARROW * min(size) else rows
    return found[size]


def _with_places(network: LookedNetwork, rows: dict[str, LayerRow], size: tuple[int, int]) -> dict[str, LayerRow]:
    """The layers for a narrow frame; what cannot be told of one is as in a square, where its cells go as far as there.

    An axis of one row looks like one that says nothing: a shuffle of channels or a weight for each of them loses it.
    """
    square = _known(network, (max(size), max(size)))
    if isinstance(square, InputError):
        return rows
    return {name: _placed(row, square.get(name), size) for name, row in rows.items()}


def _placed(row: LayerRow, same: LayerRow | None, size: tuple[int, int]) -> LayerRow:
    if row.stride is not None or same is None or same.stride is None or len(row.shape) != 3:
        return row
    stride, cells = same.stride, row.shape[1:] if row.shape[0] == same.shape[0] else row.shape[:2]
    fits = all(abs(count * stride - side) <= stride for count, side in zip(cells, size[::-1], strict=True))
    return replace(row, receptive_field=same.receptive_field, stride=stride, offset=same.offset) if fits else row


def _maps(network: LookedNetwork, name: str, output: torch.Tensor, sent: Sent) -> LayerMaps:
    rows_of = _rows(network, sent.size)
    grid = arranged(network, name, output, rows_of, sent.size)
    values = grid.float().contiguous().cpu().numpy()
    rows, columns = values.shape[1:]
    return LayerMaps(name, values, _place(_row_of(network, name, grid, sent), rows, columns, sent))


def _row_of(network: LookedNetwork, name: str, grid: torch.Tensor, sent: Sent) -> LayerRow | None:
    """What is known of the layer; of one that holds others, what is known of its last, if that has the same places."""
    rows = _rows(network, sent.size)
    if name in rows:
        return rows[name]
    inside = [row for row in rows.values() if row.name.startswith(f"{name}.")]
    return inside[-1] if inside and inside[-1].shape[1:] == tuple(grid.shape[1:]) else None


def _place(row: LayerRow | None, rows: int, columns: int, sent: Sent) -> MapPlace:
    """In pixels of the frame. A layer of which no stride is known covers the whole input with its cells."""
    if row is not None and row.stride is not None and row.offset is not None:
        first: tuple[float, ...] = (row.offset + 0.5, row.offset + 0.5)
        step: tuple[float, ...] = (row.stride, row.stride)
    else:
        step = sent.size[0] / columns, sent.size[1] / rows
        first = step[0] / 2, step[1] / 2
    x, y = ((first[axis] - sent.corner[axis]) / sent.scale[axis] for axis in (0, 1))
    across, down = (step[axis] / sent.scale[axis] for axis in (0, 1))
    return MapPlace((x, y), (across, down), _field(row, sent), sent.frame)


def _field(row: LayerRow | None, sent: Sent) -> tuple[float, float] | None:
    """Width and height of a receptive field in pixels of the frame; None for the whole of it."""
    if row is None or row.stride is None or row.receptive_field in (None, max(sent.size)):
        return None
    side = float(row.receptive_field or 0)
    return side / sent.scale[0], side / sent.scale[1]
