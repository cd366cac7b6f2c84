"""Dense layers of a trained head, against torch's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from studio.ml.heads.layers import Layers, softmax
from tests.ml.heads.made import random_layers


def test_they_give_what_torch_gives() -> None:
    torch.manual_seed(1)
    linear = [nn.Linear(16, 8), nn.Linear(8, 5, bias=False)]
    embeddings = np.random.default_rng(0).normal(size=(7, 16)).astype(np.float32)
    layers = Layers.of_linear(*linear, temperature=2.0)
    with torch.no_grad():
        wanted = linear[1](linear[0](torch.from_numpy(embeddings)).relu())
    np.testing.assert_allclose(layers.logits(embeddings), wanted.numpy(), atol=1e-5)
    np.testing.assert_allclose(layers.probabilities(embeddings), (wanted / 2).softmax(1).numpy(), atol=1e-6)
    unit = Layers.of_linear(*linear, unit=True)
    np.testing.assert_allclose(unit.logits(embeddings), unit.logits(8 * embeddings), atol=1e-12)
    assert layers.probabilities(embeddings[:0]).shape == (0, 5)


def test_probabilities_of_huge_logits_are_numbers() -> None:
    np.testing.assert_allclose(softmax(np.array([[1e4, 0.0, 1e4]])), [[0.5, 0, 0.5]])


def test_they_come_back_from_a_file_as_they_were() -> None:
    layers = random_layers(6, 4, 3, unit=True)
    read = Layers.from_tensors(layers.to_tensors())
    assert read.unit and read.temperature == 1.0
    assert all(torch.equal(a, b) for a, b in zip(read.weights, layers.weights, strict=True))


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("layers.1.weight", torch.zeros(3, 5)),  # the layer before puts out 4
        ("layers.1.weight", torch.zeros(3, 4, dtype=torch.float64)),
        ("layers.0.bias", torch.full((4,), torch.nan)),
        ("layers.0.bias", torch.zeros(3)),
        ("layers.numbers", torch.tensor([0.0, 1.0], dtype=torch.float64)),  # the temperature
        ("layers.numbers", torch.tensor([torch.inf, 1.0], dtype=torch.float64)),
        ("layers.numbers", torch.tensor([1.0, 0.5], dtype=torch.float64)),
        ("layers.numbers", torch.ones(2)),
        ("layers.3.weight", torch.zeros(3, 3)),  # and no third
    ],
)
def test_what_is_none_is_refused(name: str, tensor: torch.Tensor) -> None:
    tensors = random_layers(6, 4, 3).to_tensors() | {name: tensor}
    with pytest.raises((ValueError, KeyError)):
        Layers.from_tensors(tensors)


def test_one_output_decides_nothing() -> None:
    with pytest.raises(ValueError, match="decides nothing"):
        random_layers(6, 1)
