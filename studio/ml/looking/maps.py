"""What layers put out for a whole frame: their values as they are, and where each lies in the frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from studio.core.errors import InputError
from studio.core.map_place import MapPlace
from studio.core.media.medium import Picture
from studio.ml.looking.capture import Capture
from studio.ml.looking.layers import LayerRow, layers
from studio.ml.looking.network import LookedNetwork

LONGEST = 224  # pixels of the longer side of a frame in the network


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
    there_are = dict(network.module.named_modules())
    for name in wanted:
        if name.partition("#")[0] not in there_are or not name:
            raise InputError(f"{network.name} has no layer {name!r}; studio layers lists them")


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
            found[size] = {row.name: row for row in layers(network, size[1], size[0])}
        except InputError as error:
            found[size] = error
    return found[size]


def _maps(network: LookedNetwork, name: str, output: torch.Tensor, sent: Sent) -> LayerMaps:
    grid = _grid(network, name, output, sent)
    values = grid.float().contiguous().cpu().numpy()
    rows, columns = values.shape[1:]
    return LayerMaps(name, values, _place(_row_of(network, name, grid, sent), rows, columns, sent))


def _grid(network: LookedNetwork, name: str, output: torch.Tensor, sent: Sent) -> torch.Tensor:
    """The output as `(channels, rows, columns)`.

    Raises:
        InputError: which value belongs where cannot be told.
    """
    if output.shape[:1] == (1,):
        if output.ndim == 4:
            return _channels_first(output[0], _stride_of(network, name, sent), sent)
        if output.ndim == 3:
            return _from_tokens(network, name, output[0], sent)
        if output.ndim == 2:
            return output[0, :, None, None]
    shape = " × ".join(map(str, output.shape))
    raise InputError(
        f"layer {name} of {network.name} puts out {shape} values, of which it cannot be told where they belong in the "
        "frame; choose another layer"
    )


def _channels_first(output: torch.Tensor, stride: int | None, sent: Sent) -> torch.Tensor:
    """`(channels, rows, columns)`, also of layers that put the channels last (ConvNeXt, Swin)."""
    first, middle, last = output.shape
    if middle == last == 1:
        return output
    channels_last = misfit((first, middle), stride, sent.size) < misfit((middle, last), stride, sent.size)
    return output.permute(2, 0, 1) if channels_last else output


def misfit(cells: tuple[int, ...], stride: int | None, size: tuple[float, float]) -> float:
    """How badly rows and columns of `stride` pixels cover a picture of `size` (width, height); 0: exactly.

    Where no stride is known, only the proportion counts: the picture shrinks alike in both directions. That alone would
    take the channels of a narrow picture's maps for its rows.
    """
    rows, columns = cells
    step = stride or float(np.sqrt(size[0] * size[1] / (rows * columns)))
    return float(abs(np.log(size[1] / (rows * step))) + abs(np.log(size[0] / (columns * step))))


def _stride_of(network: LookedNetwork, name: str, sent: Sent) -> int | None:
    """Of a layer, or of the last in what holds it."""
    rows = _rows(network, sent.size)
    inside = [row for row in rows.values() if row.name.startswith(f"{name}.")]
    row = rows.get(name) or (inside[-1] if inside else None)
    return row.stride if row else None


def _from_tokens(network: LookedNetwork, name: str, output: torch.Tensor, sent: Sent) -> torch.Tensor:
    """Tokens `(n, channels)` in the grid of their patches; a class token, which has no place, is left out."""
    tokens, channels = output.shape
    if grid := _patches(network.module, sent):
        rows, columns = grid
        extra = tokens - rows * columns
        if extra == 0 or (extra == 1 and _has_class_token(network.module)):
            return output[extra:].T.reshape(channels, rows, columns)
    raise InputError(
        f"layer {name} of {network.name} puts out {tokens} tokens of {channels} values, which are no grid over the "
        "frame; choose a layer with maps"
    )


def _patches(module: nn.Module, sent: Sent) -> tuple[int, int] | None:
    """Rows and columns of the patches that a transformer cuts its input into: its first convolution does not overlap.

    None for a network that does not begin so.
    """
    first = next((each for each in module.modules() if isinstance(each, nn.Conv2d)), None)
    if first is None or first.kernel_size != first.stride or max(first.stride) == 1:
        return None
    return sent.size[1] // int(first.stride[0]), sent.size[0] // int(first.stride[1])


def _has_class_token(module: nn.Module) -> bool:
    """Whether a token that stands for the whole picture goes before the others, as in every ViT that has one."""
    return any(name.rpartition(".")[2] in ("class_token", "cls_token") for name, _ in module.named_parameters())


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
