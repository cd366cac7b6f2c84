"""What a training does, as numbers: its phases, its settings, the learning rate of each step, and its optimizer."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import nn

MOMENTUM = 0.9
WARM_UP = 0.05  # share of a phase's steps in which the rate rises

# Of what has more than one dimension only these decay: a transformer's tokens and positions do not, nor what scales a
# layer (as in torchvision's references).
_DECAYED = ("weight", "in_proj_weight")


@dataclass(frozen=True)
class Phase:
    """A part of a training with a schedule of its own.

    Attributes:
        epochs: times through all crops, at most.
        learning_rate: at its peak.
        trained: what learns, as for `TrainableNetwork.thaw`.
    """

    epochs: int
    learning_rate: float
    trained: str = "all"


@dataclass(frozen=True)
class Settings:
    """How a network is trained, whatever its phases.

    Attributes:
        optimizer: SGD with Nesterov momentum, or AdamW (Loshchilov and Hutter 2019).
        weight_decay: of weights; norms, biases, tokens and positions never decay.
        clip: the largest norm of all gradients together; 0 for any.
        patience: epochs without a better validation after which a phase ends; 0: never.
        mixed_precision: fewer bits where the device is faster with them.
        seed: of dropout and whatever else is drawn.
        checkpoint_seconds: that go by, at least, between two checkpoints within an epoch.
    """

    optimizer: Literal["sgd", "adamw"] = "sgd"
    weight_decay: float = 1e-4
    clip: float = 0.0
    patience: int = 0
    mixed_precision: bool = True
    seed: int = 0
    checkpoint_seconds: float = 60.0


def rate_at(phase: Phase, step: int, steps: int) -> float:
    """The learning rate of a step: a linear warm-up, then half a cosine down to nearly zero.

    Args:
        phase: whose peak it has.
        step: from 0.
        steps: of the whole phase.
    """
    warm = math.ceil(WARM_UP * steps)
    if step < warm:
        return phase.learning_rate * (step + 1) / (warm + 1)
    return phase.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def make_optimizer(named: Iterable[tuple[str, nn.Parameter]], settings: Settings) -> torch.optim.Optimizer:
    """An optimizer of the parameters that learn, in two groups: with weight decay and without.

    The rate is set at each step.
    """
    learning = [(name, each) for name, each in named if each.requires_grad]
    decayed = {name for name, each in learning if each.ndim > 1 and name.rpartition(".")[2] in _DECAYED}
    groups = [
        {"params": [each for name, each in learning if name in decayed], "weight_decay": settings.weight_decay},
        {"params": [each for name, each in learning if name not in decayed], "weight_decay": 0.0},
    ]
    # All of them in one pass over memory.
    fused = all(each.device.type in ("cpu", "cuda") for _, each in learning)
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=0.0, fused=fused)
    return torch.optim.SGD(groups, lr=0.0, momentum=MOMENTUM, nesterov=True, fused=fused)


def described(what: Sequence[object], phases: Sequence[Phase], settings: Settings) -> str:
    """What a checkpoint must agree with, as JSON; `what` says which network learns from how many batches."""
    chosen = {key: value for key, value in asdict(settings).items() if key != "checkpoint_seconds"}
    return json.dumps([*what, [asdict(phase) for phase in phases], chosen])
