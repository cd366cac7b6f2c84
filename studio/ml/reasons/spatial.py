"""Where a network still has maps: the layer that Grad-CAM looks at."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from studio.core.errors import InputError
from studio.ml.reasons.scores import Score

LEAST_CELLS = 4  # a side: with fewer a map shows no place


@dataclass(frozen=True)
class _Output:
    name: str
    shape: tuple[int, ...]


def last_maps(score: Score, pixels: torch.Tensor) -> str:
    """Name of the last module of the score whose output is a map of the pixels.

    The last with at least four cells a side, where there is one: the bundled network's last maps are 2 × 2 on a crop.

    Args:
        score: runs once.
        pixels: prepared `(1, channels, h, w)`.

    Raises:
        InputError: there is none, or what comes behind it computes with tokens, whose places the layer cannot tell.
    """
    outputs = _outputs(score, pixels)
    height, width = pixels.shape[2:]
    places = [index for index, output in enumerate(outputs) if _is_map(output.shape, height, width)]
    if not places or any(len(output.shape) == 3 and output.shape[1] > 1 for output in outputs[places[-1] :]):
        raise InputError(
            "Grad-CAM needs the maps of a convolutional network, and this one computes its answer from tokens or "
            "vectors that have no places; take integrated gradients or occlusion"
        )
    fine = [index for index in places if min(outputs[index].shape[2:]) >= LEAST_CELLS]
    return outputs[(fine or places)[-1]].name


@torch.no_grad()
def _outputs(score: Score, pixels: torch.Tensor) -> list[_Output]:
    """The outputs of all layers that are called exactly once, in the order in which they finish."""
    found: list[_Output] = []

    def note(name: str, output: object) -> None:
        first = output[0] if isinstance(output, tuple) else output
        if isinstance(first, torch.Tensor):
            found.append(_Output(name, tuple(first.shape)))

    handles = [
        module.register_forward_hook(lambda _module, _inputs, output, name=name: note(name, output))
        for name, module in score.named_modules()
        if name and not isinstance(module, nn.Dropout)
    ]
    try:
        score(pixels)
    finally:
        for handle in handles:
            handle.remove()
    names = [output.name for output in found]
    return [output for output in found if names.count(output.name) == 1]


def _is_map(shape: tuple[int, ...], height: int, width: int) -> bool:
    """Whether it is `(1, channels, rows, columns)` with square cells, and more than one of them."""
    if len(shape) != 4 or min(shape[2:]) < 2:
        return False
    stride = height / shape[2]
    return stride >= 1 and abs(shape[3] - width / stride) <= 1
