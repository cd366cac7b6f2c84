"""The crop part of a trained head: dense layers on embeddings, shared by all labels, and a softmax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

ROWS = 4096  # embeddings scored at once
MOST_LAYERS = 16  # of a head that is read from a file

Exact = tuple[tuple[torch.Tensor, torch.Tensor], ...]


@dataclass(frozen=True, eq=False)
class Layers:
    """Linear layers with a ReLU between each two; what comes out of the last are logits.

    Attributes:
        weights: float32 `(out, in)` each, on the processor.
        biases: float32 `(out,)` each.
        unit: embeddings are brought to length 1 first.
        temperature: by which logits are divided before the softmax (Guo et al. 2017, "On calibration of modern neural
            networks"); above 0.
    """

    weights: tuple[torch.Tensor, ...]
    biases: tuple[torch.Tensor, ...]
    unit: bool = False
    temperature: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what does not belong together.

        Raises:
            ValueError: shapes, types or numbers that are none of such layers.
        """
        if not 1 <= len(self.weights) == len(self.biases) <= MOST_LAYERS:
            raise ValueError(f"{len(self.weights)} weights and {len(self.biases)} biases of dense layers")
        if not (np.isfinite(self.temperature) and self.temperature > 0):
            raise ValueError("a temperature that is not above zero")
        width = self.embedding_size
        for weight, bias in zip(self.weights, self.biases, strict=True):
            if weight.ndim != 2 or weight.shape[1] != width or bias.shape != weight.shape[:1] or not len(bias):
                raise ValueError(f"dense layers of {tuple(weight.shape)} and {tuple(bias.shape)} do not fit each other")
            if not all(t.dtype == torch.float32 and bool(torch.isfinite(t).all()) for t in (weight, bias)):
                raise ValueError("dense layers of another type, or with values that are no numbers")
            width = len(bias)
        if self.outputs < 2:
            raise ValueError("one output alone decides nothing")

    @property
    def embedding_size(self) -> int:
        return int(self.weights[0].shape[-1])

    @property
    def outputs(self) -> int:
        return len(self.biases[-1])

    @torch.inference_mode()
    def logits(self, embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
        """What the last layer puts out for embeddings `(n, d)`: `(n, outputs)`, before the temperature.

        In float64 on the processor, as for the kernel machines: the decision should not hang on rounding.
        """
        parts = [np.zeros((0, self.outputs))]
        for start in range(0, len(embeddings), ROWS):
            values = torch.from_numpy(np.asarray(embeddings[start : start + ROWS], np.float64))
            parts.append(forward(values, self._exact, self.unit).numpy())
        return np.concatenate(parts)

    def probabilities(self, embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
        """Softmax of logits over temperature, `(n, outputs)`; each row adds up to 1."""
        return softmax(self.logits(embeddings), self.temperature)

    @cached_property
    def _exact(self) -> Exact:
        return tuple((w.detach().double(), b.detach().double()) for w, b in zip(self.weights, self.biases, strict=True))

    def to_tensors(self) -> dict[str, torch.Tensor]:
        """By the names that they have in a file of weights."""
        tensors = {"layers.numbers": torch.tensor([self.temperature, float(self.unit)], dtype=torch.float64)}
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            tensors |= {f"layers.{number}.weight": weight, f"layers.{number}.bias": bias}
        return tensors

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, torch.Tensor]) -> Layers:
        """Of a file of weights.

        Raises:
            KeyError: one is missing.
            ValueError: they are none of such layers.
        """
        numbers = tensors["layers.numbers"]
        if numbers.dtype != torch.float64 or numbers.shape != (2,):
            raise ValueError("layers.numbers of another shape or type")
        count = sum(name.startswith("layers.") and name.endswith(".weight") for name in tensors)
        temperature, unit = numbers.tolist()
        if unit not in (0, 1):
            raise ValueError("layers.numbers do not say whether embeddings are of length 1")
        weights, biases = (
            tuple(tensors[f"layers.{number}.{part}"] for number in range(count)) for part in ("weight", "bias")
        )
        return cls(weights, biases, bool(unit), temperature)

    @classmethod
    def of_linear(cls, *linear: nn.Linear, unit: bool = False, temperature: float = 1.0) -> Layers:
        """Of torch's layers, copied; where one has no bias it is zero."""
        weights = tuple(each.weight.detach().cpu().float().clone() for each in linear)
        biases = tuple(
            torch.zeros(len(each.weight)) if each.bias is None else each.bias.detach().cpu().float().clone()
            for each in linear
        )
        return cls(weights, biases, unit, temperature)


def forward(values: torch.Tensor, layers: Exact, unit: bool) -> torch.Tensor:
    """Embeddings `(n, d)` through weights and biases of their type: logits `(n, outputs)`; gradients go through."""
    if unit:
        values = nn.functional.normalize(values, dim=1)
    for number, (weight, bias) in enumerate(layers):
        values = nn.functional.linear(values.relu() if number else values, weight, bias)
    return values


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float32]:
    """Probabilities of logits `(n, outputs)`, float32."""
    scaled = np.asarray(logits, np.float64) / temperature
    raised = np.exp(scaled - scaled.max(1, keepdims=True))
    return (raised / raised.sum(1, keepdims=True)).astype(np.float32)
