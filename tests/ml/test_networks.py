"""The networks of a lane: loaded once, however they are asked for."""

from __future__ import annotations

from studio.ml.backbones.loading import BUNDLED
from studio.ml.networks import Networks


def test_the_bundled_backbone_is_loaded_once():
    networks = Networks("cpu")
    assert networks.backbone() is networks.backbone(BUNDLED)
    assert Networks("cpu").backbone() is not networks.backbone()  # a network keeps state while it runs
