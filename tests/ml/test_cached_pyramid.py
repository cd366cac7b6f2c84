"""Feature maps through the cache are the maps themselves, and are not computed twice."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.core.feature_cache import FeatureCache
from studio.ml.backbones.loading import load_backbone
from studio.ml.cached_pyramid import cached_pyramid
from studio.ml.device import choose
from studio.ml.pyramid import pyramid

EXPONENTS = [-2, -1, 0]


@pytest.fixture(scope="module")
def backbone():
    return load_backbone(None, choose("cpu"))


def test_kept_maps_are_those_computed_and_the_backbone_rests(backbone, tmp_path, monkeypatch):
    picture = np.random.default_rng(0).integers(0, 255, (90, 131, 3), np.uint8)
    plain = list(pyramid(backbone, picture, EXPONENTS))
    with FeatureCache(tmp_path / "features.db") as cache:
        first = cached_pyramid(backbone, picture, EXPONENTS, ("medium", 7), cache)
        with monkeypatch.context() as patch:
            patch.setattr(backbone, "maps", lambda pictures: pytest.fail("computed again"))
            second = cached_pyramid(backbone, picture, EXPONENTS, ("medium", 7), cache)
        other = cached_pyramid(backbone, 255 - picture, EXPONENTS, ("medium", 8), cache)
    for bare, fresh, kept, foreign in zip(plain, first, second, other, strict=True):
        assert (fresh.exponent, fresh.cell_width, fresh.cell_height) == (
            bare.exponent,
            bare.cell_width,
            bare.cell_height,
        )
        assert torch.equal(fresh.features, kept.features)
        torch.testing.assert_close(fresh.features, bare.features, atol=1e-3, rtol=0)
        assert fresh.features.stride() == kept.features.stride()
        assert not torch.equal(foreign.features, fresh.features)
    assert [level.exponent for level in second] == EXPONENTS


def test_without_a_cache_on_disk_the_maps_are_computed(backbone):
    picture = np.zeros((64, 64, 3), np.uint8)
    with FeatureCache(None) as cache:
        assert len(cached_pyramid(backbone, picture, EXPONENTS, ("medium", 0), cache)) == len(EXPONENTS)
