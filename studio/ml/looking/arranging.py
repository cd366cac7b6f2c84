"""Which value of a layer's output belongs where in the frame: channels last, tokens, windows that were cut out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn
from torchvision.models.maxvit import PartitionAttentionLayer

from studio.core.errors import InputError
from studio.ml.looking.layers import LayerRow
from studio.ml.looking.network import LookedNetwork

Size = tuple[int, int]  # width and height of what the network got, in pixels


def arranged(
    network: LookedNetwork, name: str, output: torch.Tensor, rows: Mapping[str, LayerRow], size: Size
) -> torch.Tensor:
    """The output of the layer `name` as `(channels, rows, columns)`; values without places are maps of one cell.

    Args:
        network: whose layer.
        name: of the layer, or of what holds it.
        output: what it put out for one picture.
        rows: all layers, for pictures of this size.
        size: of the picture.

    Raises:
        InputError: which value belongs where cannot be told, or it follows from no picture.
    """
    row = rows.get(name)
    if row is not None and not row.reads_picture:
        raise InputError(
            f"layer {name} of {network.name} puts out the same for every picture: it does not read it; choose another "
            "layer"
        )
    if output.shape[:1] == (1,):
        if output.ndim == 4:
            return _channels_first(_put_together(network.module, name, output)[0], _stride_of(name, rows), size)
        if output.ndim == 3:
            return _from_tokens(network, name, output[0], size)
        if output.ndim == 2:
            return output[0, :, None, None]
    shape = " × ".join(map(str, output.shape))
    raise InputError(
        f"layer {name} of {network.name} puts out {shape} values, of which it cannot be told where they belong in the "
        "frame; choose another layer"
    )


def _put_together(module: nn.Module, name: str, output: torch.Tensor) -> torch.Tensor:
    """The map of a layer that MaxViT runs on windows or grids of a map, `(1, windows, cells, channels)`; others as is.

    The network's own way back is taken: what it does behind the attention.
    """
    path = name.partition("#")[0].split(".")
    for depth in range(len(path) - 1, 0, -1):
        around = module.get_submodule(".".join(path[:depth]))
        if isinstance(around, PartitionAttentionLayer):
            step = path[depth]
            if step == "departition_op":
                return output
            if step not in ("partition_op", "departition_swap"):
                output = around.departition_swap(output)
            rows, columns = (side // around.p for side in around.grid_size)
            return torch.as_tensor(around.departition_op(output, around.p, rows, columns))
    return output


def _channels_first(output: torch.Tensor, stride: int | None, size: Size) -> torch.Tensor:
    """`(channels, rows, columns)`, also of layers that put the channels last (ConvNeXt, Swin)."""
    first, middle, last = output.shape
    if middle == last == 1:
        return output
    channels_last = misfit((first, middle), stride, size) < misfit((middle, last), stride, size)
    return output.permute(2, 0, 1) if channels_last else output


def misfit(cells: tuple[int, ...], stride: int | None, size: tuple[float, float]) -> float:
    """How badly rows and columns of `stride` pixels cover a picture of `size` (width, height); 0: exactly.

    Where no stride is known, only the proportion counts: the picture shrinks alike in both directions. That alone would
    take the channels of a narrow picture's maps for its rows.
    """
    rows, columns = cells
    step = stride or float(np.sqrt(size[0] * size[1] / (rows * columns)))
    return float(abs(np.log(size[1] / (rows * step))) + abs(np.log(size[0] / (columns * step))))


def _stride_of(name: str, rows: Mapping[str, LayerRow]) -> int | None:
    """Of a layer, or of the last in what holds it."""
    inside = [row for row in rows.values() if row.name.startswith(f"{name}.")]
    row = rows.get(name) or (inside[-1] if inside else None)
    return row.stride if row else None


def _from_tokens(network: LookedNetwork, name: str, output: torch.Tensor, size: Size) -> torch.Tensor:
    """Tokens `(n, channels)` in the grid of their patches; a class token, which has no place, is left out."""
    tokens, channels = output.shape
    if grid := _patches(network.module, size):
        rows, columns = grid
        extra = tokens - rows * columns
        if extra == 0 or (extra == 1 and _has_class_token(network.module)):
            return output[extra:].T.reshape(channels, rows, columns)
    raise InputError(
        f"layer {name} of {network.name} puts out {tokens} tokens of {channels} values, which are no grid over the "
        "frame; choose a layer with maps"
    )


def _patches(module: nn.Module, size: Size) -> tuple[int, int] | None:
    """Rows and columns of the patches that a transformer cuts its input into: its first convolution does not overlap.

    None for a network that does not begin so.
    """
    first = next((each for each in module.modules() if isinstance(each, nn.Conv2d)), None)
    if first is None or first.kernel_size != first.stride or max(first.stride) == 1:
        return None
    return size[1] // int(first.stride[0]), size[0] // int(first.stride[1])


def _has_class_token(module: nn.Module) -> bool:
    """Whether a token that stands for the whole picture goes before the others, as in every ViT that has one."""
    return any(name.rpartition(".")[2] in ("class_token", "cls_token") for name, _ in module.named_parameters())
