"""First filters and their answers, against the network itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from studio.core.errors import InputError
from studio.ml.backbones import load_backbone
from studio.ml.backbones.base import Backbone
from studio.ml.device import choose
from studio.ml.first_filters import LONGEST, first_filters, responses


@pytest.fixture(scope="module")
def backbone():
    return load_backbone(None, choose("cpu"))


def first_layer(backbone):
    return next(module for module in backbone.module.modules() if isinstance(module, nn.Conv2d))


def test_a_filter_is_shown_with_its_zero_in_the_middle(backbone):
    shown, layer = first_filters(backbone), first_layer(backbone)
    assert shown.pictures.shape == (layer.out_channels, *layer.kernel_size, 3)
    weights = layer.weight.float().permute(0, 2, 3, 1).numpy()
    for picture, weight in zip(shown.pictures, weights, strict=True):
        expected = weight / np.abs(weight).max() * 127
        np.testing.assert_allclose(picture.astype(float) - 128, expected, atol=0.51)


def test_answers_are_those_of_the_layer(backbone):
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (48, 64, 3), np.uint8)
    found = responses(backbone, picture)
    pixels = backbone.prepare(torch.from_numpy(picture).permute(2, 0, 1)[None])
    with torch.inference_mode():
        answers = first_layer(backbone)(pixels)[0].float().numpy()
    np.testing.assert_allclose(found.peaks, np.abs(answers).max((1, 2)), rtol=1e-6)
    values = (found.maps.astype(float) - 128) / 127 * found.peaks[:, None, None]
    np.testing.assert_allclose(values, answers, atol=float(found.peaks.max()) / 250)


def test_large_frames_are_made_small_first(backbone):
    maps = responses(backbone, np.zeros((1080, 1920, 3), np.uint8)).maps
    stride = first_filters(backbone).stride
    assert maps.shape[2] == -(-LONGEST // stride)


def test_what_cannot_be_looked_into_says_so():
    class Closed(Backbone):
        name = "closed"

        def _embed(self, crops):
            return np.zeros((len(crops), 1), np.float32)

    with pytest.raises(InputError, match="closed has no first convolution"):
        first_filters(Closed())
