"""Of which layer of a network embeddings are made, and what a comparison of such layers found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError

BUNDLED = "resnet18-64px"  # the backbone that comes along, and is used where none is named
HEAD = "head:"  # before the name of a head, or its folder, where a network is named by the head that stands on it
# How a feature map becomes one vector: its mean, its maximum, or the means of its four quarters.
POOLINGS = {"avg": "average", "max": "maximum", "grid": "2 × 2"}
_FORM = f"NETWORK@LAYER:POOLING, where POOLING is one of: {', '.join(POOLINGS)}"


class Stage(NamedTuple):
    """A layer of a network, and how its output becomes an embedding; as text `LAYER:POOLING`.

    Attributes:
        layer: its name in the network.
        pooling: one of `POOLINGS`.
    """

    layer: str
    pooling: str

    def __str__(self) -> str:
        return f"{self.layer}:{self.pooling}"


def split_stage(name: str) -> tuple[str, Stage | None]:
    """The network and the stage that a backbone's name says: "resnet18-64px@layer3:avg"; no stage: its output.

    Raises:
        InputError: an `@`, and behind it no layer and pooling.
    """
    network, at, rest = name.partition("@")
    if not at:
        return name, None
    layer, _, pooling = rest.rpartition(":")
    if not network or not layer or pooling not in POOLINGS:
        raise InputError(f"{name!r} names no stage of a network; the form is {_FORM}")
    return network, Stage(layer, pooling)


def titled(stage: Stage | None) -> str:
    """For people: "layer3 · average"; None is what the network puts out."""
    return f"{stage.layer} · {POOLINGS[stage.pooling]}" if stage else "output"


@dataclass(frozen=True)
class TriedStage:
    """How well heads do on the embeddings of one stage, and what these cost.

    Attributes:
        name: of the backbone that gives these embeddings.
        stage: None for the network's own output.
        dimensions: of an embedding.
        score: average precision in 0…1, the mean over held-out time blocks and labels.
        spread: its standard deviation over the blocks.
        milliseconds: for a crop, through the network up to this stage.
        best: no other is both as fast and as good, and better in one of the two.
    """

    name: str
    stage: Stage | None
    dimensions: int
    score: float
    spread: float
    milliseconds: float
    best: bool


def on_front(costs: Sequence[float], scores: Sequence[float]) -> NDArray[np.bool_]:
    """Which of n are on the Pareto front: none is as cheap and as good, and better in one of the two."""
    cost, score = np.asarray(costs, np.float64), np.asarray(scores, np.float64)
    as_good = (cost[:, None] <= cost) & (score[:, None] >= score)
    better = (cost[:, None] < cost) | (score[:, None] > score)
    return np.asarray(~(as_good & better).any(axis=0))
