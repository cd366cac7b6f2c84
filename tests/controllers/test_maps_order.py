"""Channels sorted by what counts for a label."""

from __future__ import annotations

import numpy as np
import pytest

from studio.controllers.features.maps_work import Asked, Wishes, answer
from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.settings import Settings
from studio.state.session import ShownFrame


def test_what_counts_needs_the_layer_that_the_head_weighs(taught_head):
    head = taught_head
    rng = np.random.default_rng(0)
    frame = ShownFrame(1, 0, 0.0, rng.integers(0, 256, (48, 64, 3), np.uint8))
    networks = LaneNetworks(Settings(device="cpu"))
    label = head.labels[0]

    def ask(layer):
        wishes = Wishes(by=f"counts:{label}")
        return answer(networks, Asked(frame, "", head, layer, -1, wishes, None), Control())

    told = ask("layer2.1.relu#2")
    assert not told.problem and told.labels == tuple(head.labels)
    weights = head.dense[0].kernel.abs().sum((1, 2)).numpy()
    values = told.maps.values
    unit = np.abs(values) / np.maximum(np.linalg.norm(values, axis=0, keepdims=True), 1e-6)
    expected = weights * unit.mean((1, 2))
    np.testing.assert_allclose(expected[told.order], np.sort(expected)[::-1], rtol=1e-3)
    assert "weighs the channels of layer2.1.relu#2 alone" in ask("layer3.1.relu#2").problem


@pytest.fixture(scope="module")
def taught_head():
    """A dense part on the bundled network, without a fit."""
    from types import SimpleNamespace

    import torch

    from studio.ml.backbones.loading import load_backbone
    from studio.ml.device import choose

    backbone = load_backbone(None, choose("cpu"))
    torch.manual_seed(0)
    card = SimpleNamespace(
        name="live", backbone=backbone.name, backbone_sha256=backbone.sha256, why_not_dense=None, network=None
    )  # fmt: skip
    part = SimpleNamespace(kernel=torch.randn(128, 4, 4))
    return SimpleNamespace(card=card, labels=["cup"], dense=(part,), named_backbone=backbone.name)
