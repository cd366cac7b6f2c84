"""What is explained: a score as a differentiable function of pixels."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn
from torch.nn import functional

from studio.core.errors import InputError
from studio.core.stages import Stage
from studio.ml.backbones.architectures import remove_classifier
from studio.ml.backbones.stage import pooled
from studio.ml.heads.crop import CropPart, kernel_values
from studio.ml.heads.dense import DensePart
from studio.ml.looking.capture import Capture
from studio.ml.looking.network import LookedNetwork


class Score(nn.Module):
    """Prepared pixels `(n, channels, h, w)`, see `LookedNetwork.prepare`, to a number for each: `(n,)`.

    Attributes:
        network: a copy of its own; all that it knows of pictures is in its weights.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.eval().requires_grad_(False)


class CropMargin(Score):
    """The margin of a head's crop part: embedding, unit length, kernel machine.

    It equals `CropPart.margins` of the backbone's embedding up to the rounding of the backbone, which may compute in
    fewer bits.
    """

    support: torch.Tensor
    coefficients: torch.Tensor

    def __init__(self, looked: LookedNetwork, part: CropPart, stage: Stage | None = None) -> None:
        """`stage` is where the head takes its embeddings from; None: from the network's output."""
        network = deepcopy(looked.module)
        if stage is None:
            remove_classifier(network)
        super().__init__(network)
        device = looked.compute.device
        exact = torch.float32 if device.type == "mps" else torch.float64  # Metal has no float64
        self.register_buffer("support", part.support.to(device, exact))
        self.register_buffer("coefficients", part.coefficients.to(device, exact))
        self._intercept, self._gamma, self._stage = part.intercept, part.gamma, stage

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        unit = functional.normalize(self._embeddings(pixels).to(self.support.dtype), dim=1)
        return kernel_values(unit, self.support, self._gamma) @ self.coefficients + self._intercept

    def _embeddings(self, pixels: torch.Tensor) -> torch.Tensor:
        if self._stage is None:
            return self.network(pixels)
        return pooled(_output(self.network, self._stage.layer, pixels), self._stage.pooling)


class WindowMargin(Score):
    """The margin of a head's dense part for one window over the feature maps of the pixels.

    As `studio.ml.grid_windows.GridWindows` has it: each position of unit length, zero beyond the maps.
    """

    kernel: torch.Tensor

    def __init__(self, looked: LookedNetwork, layer: str, stride: int, part: DensePart, row: int, column: int) -> None:
        """The window whose upper left cell is (`row`, `column`) of the maps of `layer`; it may lie partly beyond."""
        super().__init__(deepcopy(looked.module))
        self.register_buffer("kernel", part.kernel.to(looked.compute.device))
        self._layer, self._stride, self._bias = layer, stride, part.bias
        self._row, self._column = row, column

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        height, width = pixels.shape[2:]
        whole = functional.pad(pixels, (0, -width % self._stride, 0, -height % self._stride))
        maps = functional.normalize(_output(self.network, self._layer, whole), dim=1, eps=1e-6)
        _, rows, columns = self.kernel.shape
        maps = functional.pad(maps, (columns, columns, rows, rows))
        top, left = self._row + rows, self._column + columns
        window = maps[:, :, top : top + rows, left : left + columns]
        return (window * self.kernel).flatten(1).sum(1) + self._bias


class ClassOutput(Score):
    """What a network's classifier puts out for one of its classes, before any softmax."""

    def __init__(self, looked: LookedNetwork, number: int) -> None:
        super().__init__(deepcopy(looked.module))
        self._number = number

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.network(pixels)[:, self._number]


class ChannelMean(Score):
    """The mean over all places of one channel of a layer."""

    def __init__(self, looked: LookedNetwork, layer: str, channel: int) -> None:
        """`layer` as `Capture` knows it.

        Raises:
            InputError: the network has no such layer.
        """
        if layer.partition("#")[0] not in dict(looked.module.named_modules()):
            raise InputError(f"the network {looked.name} has no layer {layer!r}; studio layers lists them")
        super().__init__(deepcopy(looked.module))
        self._layer, self._channel = layer, channel

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        output = _output(self.network, self._layer, pixels)
        channels = output.movedim(-1, 1) if output.ndim == 3 else output  # tokens have their channels last
        if not 0 <= self._channel < channels.shape[1]:
            raise InputError(f"the layer {self._layer} has the channels 0 to {channels.shape[1] - 1}")
        return channels[:, self._channel].flatten(1).mean(1) if channels.ndim > 2 else channels[:, self._channel]


def _output(network: nn.Module, layer: str, pixels: torch.Tensor) -> torch.Tensor:
    with Capture(network, [layer], leave_after=True) as seen:
        return seen.run(pixels)[layer]


@torch.inference_mode()
def strongest_class(looked: LookedNetwork, pixels: torch.Tensor) -> int:
    """The class whose output is the highest for prepared pixels `(1, channels, h, w)`."""
    return int(looked.module(pixels)[0].argmax())
