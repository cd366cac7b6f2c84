"""The layers of a network in the order in which they are called, by a trial run that computes nothing."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.func import functional_call

from studio.core.errors import InputError
from studio.ml.looking.capture import call_name
from studio.ml.looking.fields import Field
from studio.ml.looking.network import LookedNetwork
from studio.ml.looking.receptive import FieldMode


@dataclass(frozen=True)
class LayerRow:
    """One call of a layer.

    Attributes:
        name: in the network; a layer that is called again has `#2`, … behind it. What `Capture` knows it by.
        kind: of layer, such as `Conv2d`.
        shape: of its output, without the batch.
        parameters: how many numbers it has learned; 0 for the second call of a layer.
        receptive_field: side in input pixels of what a value of its output can depend on (the longer one), as if the
            picture went on beyond its border; the picture's longer side where it is the whole picture; None where it
            cannot be told.
        stride: input pixels from one cell of its output to the next; None where it has no places.
        offset: centre of its first cell in input pixels, where 0 is the centre of the first pixel; None as `stride`.
        depth: how many layers that hold it lie above.
        reads_picture: whether its output depends on the picture; tables that a network works out do not.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    receptive_field: int | None
    stride: int | None
    offset: float | None
    depth: int
    reads_picture: bool = True


def layers(network: LookedNetwork, height: int | None = None, width: int | None = None) -> list[LayerRow]:
    """The leaf layers of `network` in the order of their calls, for pictures of `height` × `width` pixels.

    Args:
        network: nothing of it is computed or changed.
        height: of the picture; its input size where None.
        width: as `height`.

    Raises:
        InputError: the network cannot run at that size.
    """
    height, width = height or network.input_size, width or network.input_size
    picture = torch.zeros(1, network.channels, height, width, device="meta")
    trial = _Trial(network.module, picture)
    # Weights without memory stand in for the real ones, which stay where they are.
    tensors = {**dict(network.module.named_parameters()), **dict(network.module.named_buffers())}
    shapes = {name: tensor.to("meta") for name, tensor in tensors.items()}
    try:
        with torch.inference_mode(), trial:
            functional_call(network.module, shapes, (picture,))
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{network.name} cannot run on pictures of {width} × {height} pixels ({reason})") from error
    return trial.rows


class _Trial:
    """Hooks on all modules that note the calls of one run.

    Attributes:
        rows: a row for each call that called no other, and for each that has learned numbers of its own.
    """

    def __init__(self, module: nn.Module, picture: torch.Tensor) -> None:
        self._module = module
        self._longest = max(picture.shape[2:])
        self._fields = FieldMode(picture)
        self._calls: Counter[str] = Counter()
        self._begun: list[int] = []  # for each call that is open: how many calls had begun before
        self._count = 0
        self.rows: list[LayerRow] = []

    def __enter__(self) -> None:
        with ExitStack() as stack:
            for name, module in self._module.named_modules():
                if name:
                    stack.callback(module.register_forward_pre_hook(self._begin).remove)
                    stack.callback(module.register_forward_hook(partial(self._end, name)).remove)
            stack.enter_context(self._fields)
            self._stack = stack.pop_all()

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _begin(self, module: nn.Module, inputs: object) -> None:
        self._count += 1
        self._begun.append(self._count)

    def _end(self, name: str, module: nn.Module, inputs: object, output: object) -> None:
        leaf = self._begun.pop() == self._count
        own = sum(parameter.numel() for parameter in module.parameters(recurse=leaf))
        first = output[0] if isinstance(output, tuple) else output
        if not isinstance(first, torch.Tensor) or not (leaf or own):
            return
        self._calls[name] += 1
        call = self._calls[name]
        self.rows.append(
            LayerRow(
                call_name(name, call),
                type(module).__name__,
                tuple(first.shape[1:]),
                own if call == 1 else 0,
                *seen(self._fields.of(first), self._longest),
                name.count("."),
                self._fields.reads(first),
            )
        )


def seen(field: Field | None, longest: int) -> tuple[int | None, int | None, float | None]:
    """Receptive field, stride and offset of a row."""
    if field is None:
        return None, None, None
    size = max(field.rows.size, field.columns.size)
    placed = len(field.places) == 2 and field.rows.stride > 0
    if math.isinf(size) or not placed:
        size = min(size, longest)
    return (round(size), round(field.rows.stride), field.rows.centre) if placed else (round(size), None, None)
