"""The filters of a convolution: as colour pictures in the first layer, as slices deeper down; norms and dead ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from studio.core.errors import InputError
from studio.ml.looking.network import LookedNetwork

DEAD = 0.01  # of the median norm of the layer: a filter below that is dead


@dataclass(frozen=True, eq=False)
class FilterBank:
    """The filters of one convolution.

    Attributes:
        layer: its name.
        weights: float32 `(outputs, inputs, rows, columns)`; of a grouped convolution the inputs of each group.
        norms: float32 `(outputs,)`: the Euclidean norm of each filter.
        dead: bool `(outputs,)`: its norm is zero, or less than `DEAD` of the median norm of the layer.
    """

    layer: str
    weights: NDArray[np.float32]
    norms: NDArray[np.float32]
    dead: NDArray[np.bool_]

    @property
    def coloured(self) -> bool:
        """Whether each filter is one colour picture: it reads red, green and blue."""
        return self.weights.shape[1] == 3


def filters(network: LookedNetwork, layer: str) -> FilterBank:
    """The filters of `layer`; of "NAME#2" those of NAME.

    Raises:
        InputError: there is no such layer, or it is no convolution.
    """
    module = dict(network.module.named_modules()).get(layer.partition("#")[0])
    if module is None:
        raise InputError(f"{network.name} has no layer {layer!r}; studio layers lists them")
    if not isinstance(module, nn.Conv2d):
        raise InputError(f"{layer} has no filters: it is a {type(module).__name__}, no convolution")
    return bank_of(layer, module.weight.detach().float().cpu().numpy())


def bank_of(layer: str, weights: NDArray[np.float32]) -> FilterBank:
    """The filters of a convolution with these weights, `(outputs, inputs, rows, columns)`."""
    norms = np.sqrt((weights.astype(np.float64) ** 2).sum((1, 2, 3)))
    return FilterBank(layer, weights, norms.astype(np.float32), (norms <= 0) | (norms < DEAD * np.median(norms)))


def first_convolution(network: LookedNetwork) -> str:
    """Name of the convolution that reads the picture.

    Raises:
        InputError: there is none.
    """
    for name, module in network.module.named_modules():
        if isinstance(module, nn.Conv2d):
            return name
    raise InputError(f"{network.name} has no convolution")


def colour_pictures(bank: FilterBank, numbers: Sequence[int]) -> NDArray[np.uint8]:
    """The filters `numbers` of a bank that reads the picture, as uint8 `(n, rows, columns, 3)` RGB.

    Those that read a grey picture are grey. Each is stretched about its own zero, which is grey 128; its largest
    absolute weight is 1 or 255.
    """
    pictures = stretched(bank.weights[list(numbers)].transpose(0, 2, 3, 1))
    return pictures if bank.coloured else np.repeat(pictures[..., :1], 3, -1)


def slices(bank: FilterBank, outputs: Sequence[int], inputs: Sequence[int]) -> NDArray[np.uint8]:
    """What the filters `outputs` weigh of the channels `inputs`: uint8 `(n, m, rows, columns)`, 128 is zero.

    Each filter is stretched as a whole, so that its slices can be compared.
    """
    whole = bank.weights[list(outputs)]
    return stretched(whole)[:, list(inputs)]


def stretched(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Each entry of the first axis as uint8 about its zero, which is 128; its largest absolute value is 1 or 255."""
    peaks = np.abs(values.reshape(len(values), -1)).max(1, initial=0)
    scale = (127 / np.maximum(peaks, 1e-12)).reshape(-1, *[1] * (values.ndim - 1))
    return np.rint(values * scale + 128).astype(np.uint8)
