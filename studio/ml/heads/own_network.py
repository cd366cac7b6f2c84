"""The network that a head brings along: fine-tuned, or trained from scratch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import nn

from studio.core.errors import InputError
from studio.ml import classics
from studio.ml.backbones import architectures
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.backbones.weights import load_weights
from studio.ml.device import Compute
from studio.ml.heads.card import HeadCard, NetworkPart
from studio.ml.heads.head import Head
from studio.ml.looking.network import LookedNetwork


def network_sha256(tensors: Mapping[str, torch.Tensor]) -> str:
    """What tensors are known by: their names, types, shapes and values, in any order."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def network_part(
    network: nn.Module,
    architecture: str,
    input_size: int,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    map_layer: str | None = None,
    *,
    embeds_by_output: bool = False,
) -> tuple[NetworkPart, dict[str, torch.Tensor]]:
    """The part of the card, and the tensors, for a `network` that was trained.

    Args:
        network: as `blank_network` builds it, its last layer included; copied, nothing is changed.
        architecture: as for `blank_network`.
        input_size, mean, std, map_layer: as for `studio.core.cards.BackboneCard`.
        embeds_by_output: see `NetworkPart`.
    """
    tensors = {name: _stored(tensor) for name, tensor in network.state_dict().items()}
    part = NetworkPart(
        architecture=architecture,
        input_size=input_size,
        mean=mean,
        std=std,
        map_layer=map_layer,
        classes=_outputs(network),
        sha256=network_sha256(tensors),
        embeds_by_output=embeds_by_output,
    )
    return part, tensors


def blank_network(architecture: str, classes: int) -> nn.Module:
    """A network for colour pictures on the meta device, of torchvision or one of the classics, in evaluation mode.

    Raises:
        InputError: there is no such architecture.
    """
    if architecture in classics.CLASSICS:
        with torch.device("meta"):
            return classics.for_colour(architecture, classes).eval()
    return architectures.without_weights(architecture, classes)


def load_own_network(head: Head, compute: Compute) -> NetworkBackbone:
    """The network of `head` as a backbone, on `compute`.

    Raises:
        InputError: its tensors are not those of its card, or of another architecture.
        ValueError: the head has none.
    """
    card = head.card.backbone_card()
    network = blank_network(card.architecture, card.classes)
    spatial = architectures.find_map_layer(network, card.input_size, card.map_layer)
    _give_weights(network, head)
    if not _part(head.card).embeds_by_output:
        architectures.remove_classifier(network)
    return NetworkBackbone(card, network, compute, spatial)


def look_into(head: Head, compute: Compute, *, shapes_only: bool = False) -> LookedNetwork:
    """The network of `head` as it was trained, its last layer included, to be looked into.

    Args:
        head: with a network of its own.
        compute: the device.
        shapes_only: no weights; nothing can be run.

    Raises:
        InputError: as `load_own_network`.
        ValueError: as `load_own_network`.
    """
    card = head.card.backbone_card()
    network = blank_network(card.architecture, card.classes)
    if not shapes_only:
        _give_weights(network, head)
        network = network.to(compute.device)
    network.eval().requires_grad_(False)
    return LookedNetwork(card.name, card, network, compute, card.input_size, card.mean, card.std)


def _part(card: HeadCard) -> NetworkPart:
    if card.network is None:
        raise ValueError(f"the head {card.name} has no network of its own")
    return card.network


def _give_weights(network: nn.Module, head: Head) -> None:
    """Those of `head` to a blank network, in float32 on the processor; they share memory, which nobody writes to."""
    part, tensors = _part(head.card), head.network or {}
    if network_sha256(tensors) != part.sha256:  # features of another network may be cached under that name
        raise InputError(f"the network of the head {head.card.name} is not the one on its card; train it again")
    load_weights(network, tensors, f"the network of the head {head.card.name}")


def _stored(tensor: torch.Tensor) -> torch.Tensor:
    kept = tensor.detach().cpu().contiguous().clone()
    return kept.float() if kept.is_floating_point() else kept


def _outputs(network: nn.Module) -> int:
    """How many outputs the last layer has that `remove_classifier` would take away."""
    kinds = (nn.Linear, nn.Conv2d)
    last = next(
        module for kind in kinds for module in reversed(list(network.modules())) if isinstance(module, kind)
    )  # fmt: skip
    return last.out_features if isinstance(last, nn.Linear) else last.out_channels
