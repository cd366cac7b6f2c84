"""torchvision's classification networks by name: built without their classifier, and where their maps are taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import torch
import torchvision
from torch import nn

from studio.core.errors import InputError

MAP_STRIDE = 8

# These two have auxiliary classifiers for training, and their weights expect inputs scaled another way.
_WITH_AUXILIARY = ("googlenet", "inception_v3")
_AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")
# The first releases of the DenseNet weights have a dot where names may no longer have one.
_OLD_DENSENET = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.\w+)$")


def names() -> list[str]:
    """All of torchvision's classification networks."""
    return torchvision.models.list_models(module=torchvision.models)


def build(architecture: str, classes: int) -> nn.Module:
    """The network with its classifier and random weights, in evaluation mode.

    Raises:
        InputError: no such network.
    """
    if architecture not in names():
        raise InputError(f"unknown architecture {architecture!r}; there are: {', '.join(names())}")
    options: dict[str, object] = {}
    if architecture in _WITH_AUXILIARY:
        options = {"aux_logits": False, "transform_input": True, "init_weights": False}
    if architecture == "vit_h_14":  # its weights were made at 518 pixels, and positions are part of them
        options = {"image_size": 518}
    return torchvision.models.get_model(architecture, weights=None, num_classes=classes, **options).eval()


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


def remove_classifier(network: nn.Module) -> None:
    """Replace, in place, the last linear layer by an identity, so that the network gives what goes into it.

    Where there is none (SqueezeNet) the last convolution is the classifier, and the pooling behind it stays.
    """
    layers = list(network.named_modules())
    name = next(
        name for kind in (nn.Linear, nn.Conv2d) for name, module in reversed(layers) if isinstance(module, kind)
    )
    network.set_submodule(name, nn.Identity())


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
