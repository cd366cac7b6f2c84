"""The pyramid of a frame and its feature maps."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from studio.ml import pyramid as pyramids
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import choose
from studio.ml.pyramid import exponent_for, level_size, pyramid, resized, scale_of, unit_maps


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone(None, replace(choose("cpu"), dtype=torch.float32))


def picture(height: int, width: int) -> np.ndarray:
    noise = np.random.default_rng(5).integers(0, 256, (height // 4 + 1, width // 4 + 1, 3), np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


def test_exponents_are_half_octaves() -> None:
    assert [scale_of(e) for e in (-2, 0, 4)] == [0.5, 1, 4]
    assert (exponent_for(56, 56), exponent_for(112, 56), exponent_for(28, 56)) == (0, -2, 2)
    assert exponent_for(96, 56) == -2


def test_levels_have_their_size_and_their_cells_cover_the_frame(backbone: Backbone) -> None:
    levels = list(pyramid(backbone, picture(120, 170), [-2, -1, 0, 1]))
    assert [level.exponent for level in levels] == [-2, -1, 0, 1]
    assert [tuple(level.features.shape) for level in levels] == [
        (128, 8, 11),  # 60 × 85
        (128, 11, 15),  # 85 × 120
        (128, 15, 22),
        (128, 22, 30),  # 170 × 240
    ]
    for level in levels:
        torch.testing.assert_close(level.features.square().sum(0), torch.ones(level.features.shape[1:]))
        assert 120 <= level.features.shape[1] * level.cell_height < 120 + level.cell_height
        assert 170 <= level.features.shape[2] * level.cell_width < 170 + level.cell_width


def test_levels_that_are_too_large_or_too_small_are_left_out(backbone: Backbone) -> None:
    assert level_size(0, 4000, 4000, 8) == (4000, 4000)
    assert level_size(1, 4000, 4000, 8) is None
    assert level_size(0, 16, 300, 8) == (16, 300) and level_size(-1, 16, 300, 8) is None
    assert [level.exponent for level in pyramid(backbone, picture(20, 40), [-6, 0, 30])] == [0]


def test_strips_give_what_the_whole_gives(backbone: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = torch.from_numpy(picture(413, 90)).permute(2, 0, 1)[None]
    whole = unit_maps(backbone, pictures)
    monkeypatch.setattr(pyramids, "TILE_PIXELS", 90 * 70)
    strips = unit_maps(backbone, pictures)
    assert strips.shape == whole.shape == (1, 128, 52, 12)
    torch.testing.assert_close(strips, whole, atol=1e-4, rtol=1e-3)


def test_the_shift_of_an_object_shifts_its_features(backbone: Backbone) -> None:
    wide = picture(160, 240)
    features = unit_maps(backbone, torch.from_numpy(np.stack([wide[:, :200], wide[:, 40:]])).permute(0, 3, 1, 2))
    torch.testing.assert_close(features[0, :, 8:12, 12:17], features[1, :, 8:12, 7:12], atol=1e-4, rtol=1e-3)


def test_shrinking_averages_and_keeps_its_place() -> None:
    stripes = np.zeros((64, 96, 3), np.uint8)
    stripes[:, ::2] = 200
    assert (resized(stripes, (24, 16)) == 100).all()
    ramp = np.tile(np.rint(np.linspace(0, 255, 641)).astype(np.uint8)[None, :, None], (97, 1, 3))
    for size in ((641, 97), (320, 48), (227, 34), (113, 17), (907, 137)):
        small = resized(ramp, size)
        assert small.shape == (size[1], size[0], 3)
        wanted = ((np.arange(size[0]) + 0.5) / size[0] * 641 - 0.5) / 640 * 255
        np.testing.assert_allclose(small[size[1] // 2, :, 0], wanted.clip(0, 255), atol=1.6)
