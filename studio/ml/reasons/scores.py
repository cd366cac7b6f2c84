"""What is explained: a score as a differentiable function of pixels."""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from studio.core.errors import InputError
from studio.core.stages import Stage, split_stage
from studio.ml.backbones.architectures import remove_classifier
from studio.ml.backbones.stage import pooled
from studio.ml.calibration import Calibration
from studio.ml.heads.crop import CropPart, kernel_values
from studio.ml.heads.head import Head
from studio.ml.heads.layers import Layers
from studio.ml.heads.layers import forward as dense_layers
from studio.ml.looking.capture import Capture
from studio.ml.looking.network import LookedNetwork


class Score(nn.Module):
    """Prepared pixels `(n, channels, h, w)`, see `LookedNetwork.prepare`, to a number for each: `(n,)`.

    Attributes:
        network: a copy of its own; all that it knows of pictures is in its weights.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        # Channels last in memory: convolutions on a processor take three quarters of the time.
        self.network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)

    def layer_title(self, name: str) -> str:
        """What a module of the score, as `named_modules` calls it, is called in words."""
        return name.removeprefix("network.")


class Embedded(Score):
    """A score of what a network makes of a crop: embedding first."""

    def __init__(self, looked: LookedNetwork, stage: Stage | None = None, *, by_output: bool = False) -> None:
        """Copy the network.

        Args:
            looked: the network.
            stage: where embeddings are taken from; None: they are what goes into the classifier.
            by_output: they are what the network puts out, as `NetworkPart.embeds_by_output` has it.
        """
        network = deepcopy(looked.module)
        if stage is None and not by_output:
            remove_classifier(network)
        super().__init__(network)
        self._stage = stage

    def embeddings(self, pixels: torch.Tensor) -> torch.Tensor:
        """`(n, d)` of prepared pixels."""
        if self._stage is None:
            return self.network(pixels)
        return pooled(_output(self.network, self._stage.layer, pixels), self._stage.pooling)


class CropMargin(Embedded):
    """The margin of a head's crop part: embedding, unit length, kernel machine.

    It equals `CropPart.margins` of the backbone's embedding up to the rounding of the backbone, which may compute in
    fewer bits.
    """

    support: torch.Tensor
    coefficients: torch.Tensor

    def __init__(self, looked: LookedNetwork, part: CropPart, stage: Stage | None = None) -> None:
        """`stage` is where the head takes its embeddings from; None: from the network's output."""
        super().__init__(looked, stage)
        exact = _exact(looked)
        self.register_buffer("support", part.support.to(looked.compute.device, exact))
        self.register_buffer("coefficients", part.coefficients.to(looked.compute.device, exact))
        self._intercept, self._gamma = part.intercept, part.gamma

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        unit = functional.normalize(self.embeddings(pixels).to(self.support.dtype), dim=1)
        return kernel_values(unit, self.support, self._gamma) @ self.coefficients + self._intercept


class LabelOdds(Embedded):
    """What a head's layers say for one output against all others: log p / (1 − p) of its probability p.

    With logits z over the temperature that is z of the output minus log Σ exp z of the others, so nearly the distance
    to the best of them; unlike p itself it does not go flat where the network is sure.
    """

    def __init__(
        self, looked: LookedNetwork, layers: Layers, output: int, stage: Stage | None = None, *, by_output: bool = False
    ) -> None:
        """`output` is the number of it; the rest as for `Embedded`."""
        super().__init__(looked, stage, by_output=by_output)
        exact = _exact(looked)
        self._names = []
        for number, pair in enumerate(zip(layers.weights, layers.biases, strict=True)):
            self._names.append((f"weight{number}", f"bias{number}"))
            for name, tensor in zip(self._names[-1], pair, strict=True):
                self.register_buffer(name, tensor.to(looked.compute.device, exact))
        self._unit, self._temperature, self._output = layers.unit, layers.temperature, output
        self._dtype = exact

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        pairs = tuple((self.get_buffer(weight), self.get_buffer(bias)) for weight, bias in self._names)
        scaled = dense_layers(self.embeddings(pixels).to(self._dtype), pairs, self._unit) / self._temperature
        others = [place for place in range(scaled.shape[1]) if place != self._output]
        return scaled[:, self._output] - scaled[:, others].logsumexp(1)


def of_crop(looked: LookedNetwork, head: Head, label: str) -> CropMargin | LabelOdds:
    """The score of a head's crop part for a label.

    Args:
        looked: the network that the head stands on, see `Networks.looked_of`.
        head: the head.
        label: one of its labels.
    """
    place, stage = head.labels.index(label), split_stage(head.card.backbone)[1]
    if head.layers is None:
        return CropMargin(looked, head.crop[place], stage)
    by_output = head.card.network is not None and head.card.network.embeds_by_output
    return LabelOdds(looked, head.layers, place, stage, by_output=by_output)


def calibration_of_crop(head: Head, label: str) -> Calibration:
    """From what `of_crop` gives to the score that the head gives."""
    return head.crop[head.labels.index(label)].calibration if head.layers is None else Calibration(1.0, 0.0)


def _exact(looked: LookedNetwork) -> torch.dtype:
    return torch.float32 if looked.compute.device.type == "mps" else torch.float64  # Metal has no float64


class UnitLength(nn.Module):
    """Each position of maps `(n, channels, rows, columns)` at unit length, as dense search has it."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return functional.normalize(maps, dim=1, eps=1e-6)


class Surroundings(NamedTuple):
    """A piece of a frame, and the cells of it that a score is of.

    Attributes:
        pixels: prepared `(1, channels, h, w)`: as much as the network looks at for these cells.
        rows, columns: the cells, in the feature maps of the piece.
        stride: pixels per cell.
    """

    pixels: torch.Tensor
    rows: slice
    columns: slice
    stride: int

    @property
    def inside(self) -> tuple[slice, slice]:
        """The rows and columns of pixels under the cells."""
        (high, wide), stride = self.pixels.shape[2:], self.stride
        return (
            slice(self.rows.start * stride, min(self.rows.stop * stride, high)),
            slice(self.columns.start * stride, min(self.columns.stop * stride, wide)),
        )


class WindowMargin(Score):
    """The margin of a head's dense part for one window, of the pixels in it; what lies around them stays as it is.

    As `studio.ml.grid_windows.GridWindows` has it: each position of unit length, and nothing beyond the frame.
    """

    kernel: torch.Tensor
    around: torch.Tensor

    def __init__(
        self, looked: LookedNetwork, layer: str, around: Surroundings, kernel: torch.Tensor, bias: float
    ) -> None:
        """`kernel` `(channels, rows, columns)` is for the cells alone; `layer` is the one whose output the maps are."""
        super().__init__(deepcopy(looked.module))
        self.register_buffer("kernel", kernel.to(looked.compute.device))
        self.register_buffer("around", around.pixels)
        self.unit_length = UnitLength()
        self._layer, self._bias = layer, bias
        self._inside, self._cells = around.inside, (around.rows, around.columns)
        self._beyond = (0, -around.pixels.shape[3] % around.stride, 0, -around.pixels.shape[2] % around.stride)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        whole = self.around.repeat(len(pixels), 1, 1, 1)
        whole[:, :, self._inside[0], self._inside[1]] = pixels
        maps = _output(self.network, self._layer, functional.pad(whole, self._beyond))
        window = self.unit_length(maps[:, :, self._cells[0], self._cells[1]])
        return (window * self.kernel).flatten(1).sum(1) + self._bias

    def layer_title(self, name: str) -> str:
        return f"{self._layer} at unit length" if name == "unit_length" else super().layer_title(name)


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
            InputError: the network has no such layer; later, where it never calls it.
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
        try:
            return seen.run(pixels)[layer]
        except KeyError as error:  # a second call that this network does not make
            raise InputError(str(error.args[0])) from None


@torch.inference_mode()
def strongest_class(looked: LookedNetwork, pixels: torch.Tensor) -> int:
    """The class whose output is the highest for prepared pixels `(1, channels, h, w)`."""
    return int(looked.module(pixels)[0].argmax())
