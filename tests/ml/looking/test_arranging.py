"""Outputs that are no plain maps: windows are put together, what follows from no picture is refused, narrow frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.models import MaxVit, shufflenet_v2_x0_5
from torchvision.models.swin_transformer import PatchMergingV2, SwinTransformer, SwinTransformerBlockV2

from studio.core.errors import InputError
from studio.ml.looking.capture import Capture
from studio.ml.looking.maps import look, rows_for
from studio.ml.looking.network import LookedNetwork


def looked(module, cpu, side):
    torch.manual_seed(0)
    module.eval().requires_grad_(False)
    return LookedNetwork("small", None, module, cpu, side)


def noise(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture(scope="module")
def maxvit(cpu):
    # 32 × 32 cells before the first block, 16 × 16 in it: windows of 4, or a grid of 4 × 4.
    sizes = {"input_size": (64, 64), "stem_channels": 8, "partition_size": 4, "head_dim": 4}
    return looked(MaxVit(**sizes, block_channels=[8], block_layers=[1], stochastic_depth_prob=0.0), cpu, 64)


def outputs(network, picture, *names):
    values = network.prepare(torch.from_numpy(picture).permute(2, 0, 1)[None])
    with torch.inference_mode(), Capture(network.module, names) as capture:
        return {name: each[0].numpy() for name, each in capture.run(values).items()}


BLOCK = "blocks.0.layers.0.layers."


@pytest.mark.parametrize("step", ["attn_layer.1.to_qkv", "mlp_layer.1", "partition_op"])
def test_windows_of_maxvit_are_put_together(maxvit, step):
    name, picture = f"{BLOCK}window_attention.{step}", noise(64, 64)
    raw, found = outputs(maxvit, picture, name)[name], look(maxvit, picture, [name], 64)[name].values
    assert found.shape == (raw.shape[-1], 16, 16)
    for row, column in ((0, 0), (3, 4), (9, 14), (15, 15)):
        window, cell = row // 4 * 4 + column // 4, row % 4 * 4 + column % 4
        np.testing.assert_allclose(found[:, row, column], raw[window, cell], atol=1e-5)


@pytest.mark.parametrize("step", ["attn_layer.1", "mlp_layer", "stochastic_dropout#2"])
def test_the_grid_of_maxvit_is_put_together(maxvit, step):
    name, picture = f"{BLOCK}grid_attention.{step}", noise(64, 64)
    raw, found = outputs(maxvit, picture, name)[name], look(maxvit, picture, [name], 64)[name].values
    for row, column in ((0, 0), (3, 4), (9, 14), (15, 15)):  # cells that are four apart attend to each other
        group, member = row % 4 * 4 + column % 4, row // 4 * 4 + column // 4
        np.testing.assert_allclose(found[:, row, column], raw[group, member], atol=1e-5)


def test_maps_around_the_windows_stay_as_they_are(maxvit):
    name, picture = f"{BLOCK}window_attention", noise(64, 64)
    raw = outputs(maxvit, picture, name, f"{name}.departition_op")
    np.testing.assert_allclose(look(maxvit, picture, [name], 64)[name].values, raw[name], atol=1e-5)
    np.testing.assert_allclose(raw[f"{name}.departition_op"], raw[name])


def test_a_table_of_swin_v2_that_follows_from_no_picture_is_refused(cpu):
    module = SwinTransformer(
        [4, 4], 8, [1, 1], [2, 2], [4, 4], block=SwinTransformerBlockV2, downsample_layer=PatchMergingV2
    )
    network, picture = looked(module, cpu, 64), noise(64, 128)
    rows = rows_for(network, (128, 64))
    table = [name for name, row in rows.items() if not row.reads_picture]
    assert table and all(".cpb_mlp." in name for name in table)
    with pytest.raises(InputError, match="the same for every picture"):
        look(network, picture, [table[-1]])
    attention = "features.1.0.attn"
    found = look(network, picture, [attention], 128)[attention].values
    raw = outputs(network, picture, attention)[attention]
    np.testing.assert_allclose(found, raw.transpose(2, 0, 1), atol=1e-5)


def test_a_narrow_frame_has_the_places_of_a_square_one(cpu):
    network = looked(shufflenet_v2_x0_5(), cpu, 224)
    square, narrow = rows_for(network, (224, 224)), rows_for(network, (3360, 240))
    assert narrow["conv5.2"].shape == (1024, 1, 7) and square["conv5.2"].shape == (1024, 7, 7)
    for name, row in narrow.items():
        assert (row.stride, row.offset, row.receptive_field) == (
            square[name].stride, square[name].offset, square[name].receptive_field
        ), name  # fmt: skip
    found = look(network, noise(240, 3360), ["conv5.2"])["conv5.2"]
    assert found.values.shape == (1024, 1, 7)
    assert found.place.step == pytest.approx((32 * 15, 32 * 15))
