"""Maps of any layer: equal to a forward written out by hand, and placed where they belong."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import VisionTransformer

from studio.core.errors import InputError
from studio.ml.device import choose
from studio.ml.looking.maps import LONGEST, look, rows_for
from studio.ml.looking.network import LookedNetwork, load_looked
from studio.ml.looking.stages import stage_layers


@pytest.fixture(scope="module")
def resnet():
    return load_looked(None, choose("cpu"))


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def looked(module, side, channels=3):
    module.eval().requires_grad_(False)
    return LookedNetwork("small", None, module, choose("cpu"), side, (0.5,) * channels, (0.25,) * channels, channels)


def by_hand(network, picture):
    """Pixels as the network gets them, without the program."""
    values = torch.from_numpy((picture / 255 - np.array(network.mean)) / np.array(network.std)).float()
    return values.permute(2, 0, 1)[None]


@torch.inference_mode()
def test_values_are_those_of_the_forward_written_out(resnet):
    picture = noise(300, 400)
    found = look(resnet, picture, ["layer2.1.relu#2", "layer2", "bn1", "fc"])
    scaled = cv2.resize(picture, (224, 168), interpolation=cv2.INTER_AREA)
    net = resnet.module
    first = net.conv1(by_hand(resnet, scaled))
    normed = net.bn1(first).clone()  # the ReLU behind it works in place
    second = net.layer2(net.layer1(net.maxpool(torch.relu(normed))))
    np.testing.assert_allclose(found["layer2"].values, second[0].numpy(), atol=1e-4)
    np.testing.assert_array_equal(found["layer2.1.relu#2"].values, found["layer2"].values)
    np.testing.assert_allclose(found["bn1"].values, normed[0].numpy(), atol=1e-4)
    assert found["bn1"].signed and not found["layer2"].signed
    scores = net.fc(net.avgpool(net.layer4(net.layer3(second))).flatten(1))
    np.testing.assert_allclose(found["fc"].values[:, 0, 0], scores[0].numpy(), atol=1e-3)
    assert found["fc"].values.shape == (200, 1, 1) and not found["fc"].has_places


def test_only_the_layers_up_to_the_wanted_one_run(resnet):
    look(resnet, noise(64, 64), ["conv1"])  # the layers are listed once, by a trial
    calls = []
    handle = resnet.module.layer3.register_forward_hook(lambda *_: calls.append(1))
    look(resnet, noise(64, 64), ["layer2.1.relu#2"])
    handle.remove()
    assert not calls


def test_cells_lie_over_what_they_saw(resnet):
    """A bright dot lights up the first layer in the cells that are placed over it."""
    picture = np.zeros((448, 448, 3), np.uint8)
    picture[200:204, 300:304] = 255
    dark = look(resnet, np.zeros_like(picture), ["conv1"])["conv1"].values
    found = look(resnet, picture, ["conv1"])["conv1"]
    changed = np.abs(found.values - dark).max(0) > 1e-4
    rows, columns = np.nonzero(changed)
    for row, column in zip(rows, columns, strict=True):
        field = found.place.receptive_field(row, column)
        assert field.x < 304 and field.x + field.width > 300 and field.y < 204 and field.y + field.height > 200
    whole = found.place.whole(*found.values.shape[1:])
    assert whole.x == pytest.approx(0, abs=2) and whole.width == pytest.approx(448, rel=0.01)
    assert abs(rows.mean() * found.place.step[1] + found.place.first[1] - 202) < 3
    assert abs(columns.mean() * found.place.step[0] + found.place.first[0] - 302) < 3


def test_a_large_frame_is_made_small_first(resnet):
    found = look(resnet, np.zeros((2160, 3840, 3), np.uint8), ["layer2.1.relu#2"])["layer2.1.relu#2"]
    assert found.values.shape == (128, 16, 28)
    assert LONGEST == 224
    assert found.place.frame == (3840, 2160)
    assert found.place.cell(0, 27).x + found.place.cell(0, 27).width == pytest.approx(3840, rel=0.02)


def test_the_longest_side_can_be_chosen(resnet):
    assert look(resnet, noise(50, 100), ["conv1"], 64)["conv1"].values.shape == (64, 16, 32)


def test_a_network_of_a_fixed_size_gets_the_frame_inside_a_square():
    network = load_looked("lenet5", choose("cpu"))
    picture = noise(60, 120)
    found = look(network, picture, ["c1", "output"] if "output" in dict(network.module.named_modules()) else ["c1"])
    assert found["c1"].values.shape == (6, 28, 28)
    scaled = cv2.resize(picture, (32, 16), interpolation=cv2.INTER_AREA)
    ground = np.full((32, 32, 3), round(network.mean[0] * 255), np.uint8)
    ground[8:24] = scaled
    grey = ground @ np.array([0.299, 0.587, 0.114]) / 255
    values = torch.from_numpy((grey - network.mean[0]) / network.std[0]).float()[None, None]
    with torch.inference_mode():
        expected = network.module.c1(values)[0].numpy()
    np.testing.assert_allclose(found["c1"].values, expected, atol=1e-4)
    # 8 rows of ground lie above the frame, and the centre of a cell is 2.5 rows below its first.
    assert found["c1"].place.cell(6, 0).centre[1] == pytest.approx((6 + 2.5 - 8) * 60 / 16)


def test_tokens_are_laid_out_as_the_patches_were():
    torch.manual_seed(0)
    network = looked(
        VisionTransformer(image_size=32, patch_size=8, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=16), 32
    )
    picture = noise(32, 32)
    name = "encoder.layers.encoder_layer_0.mlp"
    found = look(network, picture, [name])[name]
    with torch.inference_mode():
        tokens = {}
        handle = network.module.get_submodule(name).register_forward_hook(lambda m, i, o: tokens.update(o=o.clone()))
        network.module(by_hand(network, picture))
        handle.remove()
    assert found.values.shape == (8, 4, 4)
    np.testing.assert_allclose(found.values[:, 1, 2], tokens["o"][0, 1 + 1 * 4 + 2].numpy(), atol=1e-5)
    assert found.place.cell(1, 2) == (16, 8, 8, 8)


class Last(nn.Module):
    """Channels last inside, as ConvNeXt has them; and windows, as Swin cuts them."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 4, 4)
        self.line = nn.Linear(5, 7)
        self.windows = nn.Linear(7, 7)

    def forward(self, x):
        x = self.line(self.conv(x).permute(0, 2, 3, 1))
        n, h, w, c = x.shape
        return self.windows(x.reshape(n * h, w, c)).mean((0, 1))[None]


def test_channels_that_come_last_are_found():
    network = looked(Last(), 64)
    picture = noise(64, 128)
    found = look(network, picture, ["line"], 128)["line"]
    assert found.values.shape == (7, 16, 32)
    with torch.inference_mode():
        expected = network.module.line(network.module.conv(by_hand(network, picture)).permute(0, 2, 3, 1))
    np.testing.assert_allclose(found.values, expected[0].permute(2, 0, 1).numpy(), atol=1e-5)


class Narrow(nn.Module):
    """Convolutions to few columns, and one number for each channel beside them (squeeze and excitation)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 24, 32, 32)
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.judge = nn.Linear(24, 5)

    def forward(self, x):
        x = self.conv(x)
        return self.judge(self.flatten(self.squeeze(x)))


def test_channels_of_a_narrow_frame_are_not_taken_for_its_rows():
    network, picture = looked(Narrow(), 64), noise(900, 150)
    found = look(network, picture, ["conv", "squeeze"])
    assert found["conv"].values.shape == (24, 7, 1)
    assert found["squeeze"].values.shape == (24, 1, 1)
    assert stage_layers(rows_for(network, (150, 900))) == ["conv", "flatten", "judge"]


def test_what_has_no_order_is_refused_with_the_reason():
    with pytest.raises(InputError, match="cannot be told where they belong"):
        look(looked(Last(), 64), noise(64, 128), ["windows"])
    with pytest.raises(InputError, match="no layer 'layer9'"):
        look(looked(Last(), 64), noise(64, 64), ["layer9"])


def test_layers_are_listed_for_the_size_that_the_frame_gets(resnet):
    assert rows_for(resnet, (640, 480))["layer2.1.relu#2"].shape == (128, 21, 28)
