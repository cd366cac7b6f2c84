"""What it costs to note the output of every layer: a forward with a copy of each, against the bare forward."""

from __future__ import annotations

import statistics
import time
from typing import Any

import torch

from studio.core.control import Control
from studio.ml.device import Compute
from studio.ml.looking.capture import Capture
from studio.ml.looking.layers import layers
from studio.ml.looking.network import load_looked

SIDE = 224
ROUNDS = 40
WARM_UP = 4


def run(control: Control, compute: Compute) -> dict[str, Any]:
    """Time both in turn on the same picture of 224 × 224, so that a busy moment hits both.

    Returns:
        `ratio` (bare time / time with the outputs of all 52 leaf layers of ResNet-18 copied), milliseconds of each,
        and how many layers and calls were noted.
    """
    network = load_looked(None, compute)
    names = [row.name for row in layers(network, SIDE, SIDE)]
    generator = torch.Generator().manual_seed(0)
    picture = network.prepare(torch.randint(0, 256, (1, 3, SIDE, SIDE), dtype=torch.uint8, generator=generator))
    seconds: dict[str, list[float]] = {"bare": [], "captured": []}
    for turn in range(-WARM_UP, ROUNDS):
        control.progress((turn + WARM_UP) / (ROUNDS + WARM_UP), f"{max(turn, 0)} of {ROUNDS} rounds")
        spent = {"bare": _bare(network.module, picture, compute)}
        spent["captured"] = _captured(network.module, picture, names, compute)
        if turn >= 0:
            for name, value in spent.items():
                seconds[name].append(value)
    median = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "ratio": round(median["bare"] / median["captured"], 3),
        "reference": "the bare forward of resnet18 on one picture of 224 × 224, float32",
        "overhead": round(median["captured"] / median["bare"] - 1, 3),
        "milliseconds": {name: round(1000 * value, 2) for name, value in median.items()},
        "layers": len({name.partition("#")[0] for name in names}),  # most ReLUs are called twice
        "calls": len(names),
        "device": compute.reason,
    }


@torch.inference_mode()
def _bare(module: torch.nn.Module, picture: torch.Tensor, compute: Compute) -> float:
    compute.synchronize()
    started = time.perf_counter()
    module(picture)
    compute.synchronize()
    return time.perf_counter() - started


@torch.inference_mode()
def _captured(module: torch.nn.Module, picture: torch.Tensor, names: list[str], compute: Compute) -> float:
    compute.synchronize()
    started = time.perf_counter()
    with Capture(module, names) as capture:
        capture.run(picture)
    compute.synchronize()
    return time.perf_counter() - started
