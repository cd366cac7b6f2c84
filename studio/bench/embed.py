"""Embeddings as the program makes them, from uint8 crops to numpy, against the bare network on ready batches."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from studio.core.control import Control
from studio.core.paths import MODELS
from studio.ml.backbones import architectures
from studio.ml.backbones.loading import BUNDLED, load_backbone
from studio.ml.backbones.network import NetworkBackbone
from studio.ml.backbones.weights import load_weights, read_safetensors
from studio.ml.device import Compute

CROPS = 256
ROUNDS = 7


def run(control: Control, compute: Compute) -> dict[str, Any]:
    """Time both in turn on the same crops, so that a busy moment hits both.

    Returns:
        `ratio` (bare time / our time; the bare network is torchvision's own, in the same dtype and memory format,
        on normalised batches that are already on the device), `ratio_folded` (the same against the folded network
        that the backbone runs), crops a second of each, and what was measured.
    """
    backbone = load_backbone(BUNDLED, compute)
    assert isinstance(backbone, NetworkBackbone)
    side = backbone.input_size
    crops = np.random.default_rng(0).integers(0, 256, (CROPS, side, side, 3), np.uint8)
    pictures = torch.from_numpy(crops).permute(0, 3, 1, 2)
    ready = [backbone.prepare(part) for part in pictures.split(backbone.batch)]
    plain = _plain_network(backbone)
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: backbone.embed(crops),
        "bare": lambda: _forward(plain, ready),
        "folded": lambda: _forward(backbone.module, ready),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(-1, ROUNDS):
        control.progress((turn + 1) / (ROUNDS + 1), f"{max(turn, 0)} of {ROUNDS} rounds")
        for name, way in ways.items():
            spent = _timed(way, compute)
            if turn >= 0:  # the first one warms up
                seconds[name].append(spent)
    median = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "ratio": round(median["bare"] / median["ours"], 3),
        "ratio_folded": round(median["folded"] / median["ours"], 3),
        "reference": "torchvision's resnet18 as it is, same dtype and memory format, on normalised batches",
        "crops_per_second": {name: round(CROPS / spent) for name, spent in median.items()},
        "batch": backbone.batch,
        "dtype": str(compute.dtype).removeprefix("torch."),
        "device": compute.reason,
    }


def _plain_network(backbone: NetworkBackbone) -> torch.nn.Module:
    card = backbone.card
    network = architectures.without_weights(card.architecture, card.classes)
    load_weights(network, read_safetensors(MODELS / card.name / card.file), card.name)
    architectures.remove_classifier(network)
    compute = backbone.compute
    return network.to(compute.device, compute.dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]


@torch.inference_mode()
def _forward(network: torch.nn.Module, batches: list[torch.Tensor]) -> list[torch.Tensor]:
    return [network(batch) for batch in batches]


def _timed(way: Callable[[], object], compute: Compute) -> float:
    compute.synchronize()
    started = time.perf_counter()
    way()
    compute.synchronize()
    return time.perf_counter() - started
