"""Classification networks by name: built, fed, without their classifier, and where their maps are taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import torch
import torchvision
from torch import nn

from studio.core.errors import InputError
from studio.ml.classics import CLASSICS, for_colour

MAP_STRIDE = 8

# These two have auxiliary classifiers for training, and their weights expect inputs scaled another way.
_WITH_AUXILIARY = ("googlenet", "inception_v3")
_AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")
# The first releases of the DenseNet weights have a dot where names may no longer have one.
_OLD_DENSENET = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.\w+)$")


def names() -> list[str]:
    """All of torchvision's classification networks: those whose trained weights can be had."""
    return torchvision.models.list_models(module=torchvision.models)


def all_names() -> list[str]:
    """All that `build` knows: the classics, which nobody has trained, before torchvision's."""
    return [*CLASSICS, *names()]


def build(architecture: str, classes: int) -> nn.Module:
    """The network for colour pictures with its classifier and random weights, in evaluation mode.

    Raises:
        InputError: no such network.
    """
    if architecture in CLASSICS:
        return for_colour(architecture, classes).eval()
    if architecture not in names():
        raise InputError(f"unknown architecture {architecture!r}; there are: {', '.join(all_names())}")
    options: dict[str, object] = {}
    if architecture in _WITH_AUXILIARY:
        options = {"aux_logits": False, "transform_input": True, "init_weights": False}
    if architecture == "vit_h_14":  # its weights were made at 518 pixels, and positions are part of them
        options = {"image_size": 518}
    return torchvision.models.get_model(architecture, weights=None, num_classes=classes, **options).eval()


class Feeding(NamedTuple):
    """How a network is fed.

    Attributes:
        input_size: side of the square crops it was made for, in pixels.
        mean: what is subtracted from each channel (RGB, 0…1).
        std: by what each channel is divided afterwards.
    """

    input_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def feeding(architecture: str) -> Feeding:
    """How `architecture` is fed where no card says otherwise.

    Raises:
        InputError: no such network.
    """
    if classic := CLASSICS.get(architecture):
        mean, std = ((numbers * 3)[:3] for numbers in (classic.mean, classic.std))
        return Feeding(classic.input_size, (mean[0], mean[1], mean[2]), (std[0], std[1], std[2]))
    if architecture not in names():
        raise InputError(f"unknown architecture {architecture!r}; there are: {', '.join(all_names())}")
    preset = torchvision.models.get_model_weights(architecture).DEFAULT.transforms()
    return Feeding(preset.crop_size[0], tuple(preset.mean), tuple(preset.std))


def without_weights(architecture: str, classes: int) -> nn.Module:
    """The network on the meta device: names and shapes, no memory and no initialisation."""
    try:
        with torch.device("meta"):
            return build(architecture, classes)
    except NotImplementedError:  # RegNets compute their widths with tensors
        return build(architecture, classes).to("meta")


def adapt(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights of earlier releases under today's names, without auxiliary classifiers."""
    renamed = {_OLD_DENSENET.sub(r"\1\2", name): tensor for name, tensor in state.items()}
    return {name: tensor for name, tensor in renamed.items() if not name.startswith(_AUXILIARY)}


def find_classifier(network: nn.Module) -> str:
    """Name of the last linear layer; where there is none (SqueezeNet) the last convolution is the classifier."""
    layers = list(network.named_modules())
    return next(
        name for kind in (nn.Linear, nn.Conv2d) for name, module in reversed(layers) if isinstance(module, kind)
    )


def remove_classifier(network: nn.Module) -> None:
    """Replace, in place, the classifier by an identity, so that the network gives what goes into it.

    Of a convolution that is one, the pooling behind it stays.
    """
    network.set_submodule(find_classifier(network), nn.Identity())


class SpatialLayer(NamedTuple):
    """A layer that is called once and whose output is a map.

    Attributes:
        name: in the network.
        stride: pixels per cell of the map.
        channels: of the map.
    """

    name: str
    stride: int
    channels: int


def find_stages(network: nn.Module, side: int) -> list[SpatialLayer]:
    """For each stride the last of the outermost layers that have it: what the network knows before it shrinks again.

    Empty where the network has no maps, or where its input size is not free.

    Args:
        network: on the meta device.
        side: the input size the weights were made for.
    """
    stages: dict[int, SpatialLayer] = {}
    for layer in _spatial_layers(network, side):
        known = stages.get(layer.stride)
        if known is None or layer.name.count(".") <= known.name.count("."):
            stages[layer.stride] = layer
    return [stages[stride] for stride in sorted(stages)]


def find_map_layer(network: nn.Module, side: int, wanted: str | None = None) -> SpatialLayer | None:
    """Name, stride and channels of the layer whose output serves as feature map, by a trial run.

    The last of the outermost layers that give an output of stride 8 and are called once — or the `wanted` one.
    Outermost, because the first convolutions of the next stage have that stride too and are no features of anything.
    None where the network has none, or where its input size is not free (a transformer's tokens).

    Args:
        network: on the meta device.
        side: the input size the weights were made for.
        wanted: the name from the card.

    Raises:
        InputError: there is no such layer as `wanted`, or its output is no map.
    """
    if wanted is not None and wanted not in dict(network.named_modules()):
        raise InputError(f"the network has no layer {wanted!r}; studio layers lists them")
    found: SpatialLayer | None = None
    for layer in _spatial_layers(network, side):
        outermost = found is None or layer.name.count(".") <= found.name.count(".")
        if layer.name == wanted if wanted else layer.stride == MAP_STRIDE and outermost:
            found = layer
    if wanted and not found:
        raise InputError(f"the output of layer {wanted!r} is no feature map")
    return found


def _spatial_layers(network: nn.Module, side: int) -> Iterator[SpatialLayer]:
    """The layers that give maps, in the order in which they finish; `network` is on the meta device."""
    first = _shapes(network, side, side)
    # A second, larger and oblong input: whatever is spatial grows with it.
    second = _shapes(network, side + 4 * MAP_STRIDE, side + 12 * MAP_STRIDE)
    for name, shape in first.items():
        grown = second.get(name)
        if not grown or len(shape) != 4 or len(grown) != 4 or shape[1] != grown[1]:
            continue
        stride = round(side / shape[2])
        spatial = all(
            shape[axis] == -(-side // stride) and grown[axis] == -(-(side + extra * MAP_STRIDE) // stride)
            for axis, extra in ((2, 4), (3, 12))
        )
        if spatial:
            yield SpatialLayer(name, stride, shape[1])


def _shapes(network: nn.Module, height: int, width: int) -> dict[str, tuple[int, ...]]:
    """Shape of the output of each layer that is called exactly once, in the order in which they finish."""
    shapes: dict[str, list[tuple[int, ...]]] = {}

    def note(name: str, output: object) -> None:
        if isinstance(output, torch.Tensor):
            shapes.setdefault(name, []).append(tuple(output.shape))

    handles = [
        module.register_forward_hook(lambda _module, _inputs, output, name=name: note(name, output))
        for name, module in network.named_modules()
        if name
    ]
    try:
        with torch.inference_mode():
            network(torch.zeros(1, 3, height, width, device="meta"))
    except (RuntimeError, AssertionError):
        pass  # an input size that is not free: what came before it still counts
    finally:
        for handle in handles:
            handle.remove()
    return {name: found[0] for name, found in shapes.items() if len(found) == 1}
