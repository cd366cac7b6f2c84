"""Heads built by hand: layers on the bundled backbone, and with a network of their own."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from studio.core.cards import BackboneCard, read_card
from studio.ml import classics
from studio.ml.backbones import architectures
from studio.ml.backbones.loading import installed
from studio.ml.backbones.weights import load_weights, read_safetensors
from studio.ml.heads.card import NETWORK_HEAD, HeadCard, NetworkPart
from studio.ml.heads.dense import DensePart
from studio.ml.heads.fit import UNSAVED
from studio.ml.heads.head import Head
from studio.ml.heads.layers import Layers
from studio.ml.heads.own_network import network_part

BUNDLED = "resnet18-64px"
EMBEDDING = 512


def random_layers(*sizes: int, unit: bool = False, scale: float = 1.0, seed: int = 0) -> Layers:
    """Layers of these sizes, from the embedding's to the outputs', with values that are the same at every call."""
    random = torch.Generator().manual_seed(seed)
    pairs = list(zip(sizes[1:], sizes[:-1], strict=True))
    weights = tuple(scale * torch.randn(out, width, generator=random) / width**0.5 for out, width in pairs)
    biases = tuple(0.1 * torch.randn(out, generator=random) for out, _ in pairs)
    return Layers(weights, biases, unit)


def bundled_card() -> BackboneCard:
    return read_card(installed()[BUNDLED] / "card.json", BackboneCard)


def bundled_network() -> nn.Module:
    """The bundled network with its classifier, as it was trained."""
    card = bundled_card()
    network = architectures.without_weights(card.architecture, card.classes)
    load_weights(network, read_safetensors(installed()[BUNDLED] / card.file), "bundled")
    return network.eval()


def bundled_part() -> tuple[NetworkPart, dict[str, torch.Tensor]]:
    """The bundled network as a head's own."""
    card = bundled_card()
    return network_part(bundled_network(), card.architecture, card.input_size, card.mean, card.std, card.map_layer)


def classic_part(name: str, classes: int) -> tuple[NetworkPart, dict[str, torch.Tensor]]:
    """A classic with seeded random weights as a head's own network."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = classics.for_colour(name, classes).eval()
    facts = classics.CLASSICS[name]
    mean, std = (tuple(each[0] for _ in range(3)) for each in (facts.mean, facts.std))
    return network_part(network, name, facts.input_size, mean, std)  # type: ignore[arg-type]


def network_head(
    labels: list[str],
    layers: Layers,
    own: tuple[NetworkPart, Mapping[str, torch.Tensor]] | None = None,
    dense: tuple[DensePart, ...] = (),
    *,
    background: bool = False,
    name: str = "trained",
    recipe: str = "fast-transfer",
) -> Head:
    """A head of layers on the bundled backbone, or on a network of its own."""
    card = HeadCard(
        name=name,
        architecture=NETWORK_HEAD,
        licence="yours",
        source="a test",
        sha256=UNSAVED,
        backbone=BUNDLED if own is None else own[0].architecture,
        backbone_sha256=read_card(installed()[BUNDLED] / "card.json", BackboneCard).sha256
        if own is None
        else own[0].sha256,
        labels=labels,
        recipe=recipe,
        background=background,
        network=None if own is None else own[0],
        window_side=64,
        dense=bool(dense),
        why_not_dense=None if dense else "it was made by hand",
        history=0,
    )
    return Head(card, (), dense, layers, None if own is None else own[1])
