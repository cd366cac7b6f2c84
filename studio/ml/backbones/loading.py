"""A backbone by its name: bundled, added by the user, or one of torchvision's."""

from __future__ import annotations

from pathlib import Path

from studio.core import catalogue
from studio.core.cards import BackboneCard, read_card
from studio.core.errors import InputError
from studio.core.files import sha256_of
from studio.core.paths import MODELS, user_cache
from studio.core.stages import BUNDLED as BUNDLED
from studio.core.stages import split_stage
from studio.ml.backbones import architectures
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.backbones.stage import StageBackbone
from studio.ml.backbones.weights import load_weights, read_safetensors
from studio.ml.device import Compute

ONNX = "onnx"  # the architecture on the card of a graph


def load_backbone(name: str | None, compute: Compute) -> Backbone:
    """The backbone called `name` (None: the bundled one), ready on `compute`.

    Args:
        name: `NETWORK`, or `NETWORK@LAYER:POOLING` for embeddings of a layer inside of it.
        compute: where it runs.

    Raises:
        InputError: unknown, not here yet, cut short, with another hash, of another architecture, or without that layer.
    """
    name, stage = split_stage(name or BUNDLED)
    if stage:
        return StageBackbone(load_backbone(name, compute), stage)
    return load_folder(folder_of(name), compute)


def folder_of(name: str) -> Path:
    """Folder of the backbone `name`, which names no layer.

    Raises:
        InputError: unknown, or not here yet.
    """
    if folder := installed().get(name):
        return folder
    there_are = names()
    if name in there_are:
        raise InputError(
            f"the weights of the backbone {name} are not here yet; get them with: studio models get {name}"
        )
    raise InputError(f"unknown backbone {name!r}; there are: {', '.join(there_are)}")


def installed() -> dict[str, Path]:
    """Folders of the backbones that can be used now, by name: the bundled ones, then the user's."""
    folders = [
        folder.parent for root in (MODELS, user_cache() / "models") for folder in sorted(root.glob("*/card.json"))
    ]
    return {folder.name: folder for folder in reversed(folders)}


def names() -> list[str]:
    """All names `load_backbone` knows: those that are here and those that can be had."""
    offered = [item.name for item in catalogue.ITEMS if item.kind == "backbone"]
    return list(dict.fromkeys([BUNDLED, *installed(), *offered, *architectures.names()]))


def verify(folder: Path) -> BackboneCard:
    """The card in `folder`, whose weights are there and are those it names.

    Raises:
        InputError: they are not.
    """
    card = read_card(folder / "card.json", BackboneCard)
    weights = folder / card.file
    if not weights.is_file():
        raise InputError(f"there are no weights {weights}")
    if sha256_of(weights) != card.sha256:
        raise InputError(f"the weights {weights} are not those of their card (another sha256); get them again")
    return card


def load_folder(folder: Path, compute: Compute) -> Backbone:
    """The backbone in `folder`, which holds a card and the weights it names.

    Raises:
        InputError: as `load_backbone`.
    """
    card = read_card(folder / "card.json", BackboneCard)
    weights = folder / card.file
    if card.architecture == ONNX:
        from studio.ml.backbones.graph import GraphBackbone  # onnx takes a while to import and few need it

        verify(folder)
        return GraphBackbone(card, weights, compute)
    state = read_safetensors(weights, card.sha256)
    network = architectures.without_weights(card.architecture, card.classes)
    spatial = architectures.find_map_layer(network, card.input_size, card.map_layer)
    load_weights(network, state, str(weights))
    architectures.remove_classifier(network)
    return NetworkBackbone(card, network, compute, spatial)
