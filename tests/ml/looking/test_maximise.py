"""The picture that is climbed to excites its channel far more than noise and than any crop."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.geometry import Window
from studio.ml.device import choose
from studio.ml.looking.exciting import on_crop, strongest_in
from studio.ml.looking.maximise import maximise, open_relus, side_for
from studio.ml.looking.network import load_looked
from studio.ml.reasons.scores import ChannelMean
from tests.moving_square import picture

LAYER, CHANNEL, STEPS = "layer2", 5, 48


@pytest.fixture(scope="module")
def network():
    return load_looked(None, choose("cpu"))


@pytest.fixture(scope="module")
def climbed(network):
    published = []
    control = Control(on_partial=published.append)
    score = ChannelMean(network, LAYER, CHANNEL)
    return maximise(network, score, 64, 0, control, STEPS), published


def test_it_is_far_above_noise_and_the_best_crop(network, climbed):
    found, _ = climbed
    assert found.picture.shape == (64, 64, 3) and found.picture.dtype == np.uint8
    score = ChannelMean(network, LAYER, CHANNEL)
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (64, 64, 3), np.uint8)
    windows = [Window(x, y, 64) for x in range(0, 257, 64) for y in range(0, 177, 44)]
    crops = [picture(3)[w.y : w.y + 64, w.x : w.x + 64] for w in windows]

    def mean(pixels):
        ready = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)[None]
        return float(score(network.prepare(ready)))

    assert found.score == pytest.approx(mean(found.picture), rel=1e-5)
    assert found.score > 4 * max(found.noise, mean(noise), *map(mean, crops))
    strongest = strongest_in(network, LAYER, CHANNEL, found.picture)
    assert strongest > 1.5 * max(on_crop(network, LAYER, picture(3), w).values[CHANNEL] for w in windows)


def test_the_same_seed_gives_the_same_picture_and_another_another(network, climbed):
    found, _ = climbed
    score = ChannelMean(network, LAYER, CHANNEL)
    short = [maximise(network, score, 64, seed, Control(), 4) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(short[0].picture, short[1].picture)
    assert (short[0].picture != short[2].picture).any()
    assert short[0].score < found.score


def test_it_grows_while_it_is_watched(climbed):
    found, published = climbed
    assert published, "a climb of some seconds publishes a few times a second"
    assert all(a.step < b.step for a, b in pairwise(published))
    assert published[0].step < found.step == found.steps == STEPS


def test_it_can_be_cancelled_on_the_way(network):
    control = Control(on_progress=lambda fraction, text: control.cancel() if fraction > 0 else None)
    with pytest.raises(Cancelled):
        maximise(network, ChannelMean(network, LAYER, CHANNEL), 64, 0, control, 1000)


def test_what_answers_to_nothing_is_said(network):
    class Deaf(nn.Module):
        def forward(self, pixels):
            return (0 * pixels).sum((1, 2, 3))

    with pytest.raises(InputError, match="no direction"):
        maximise(network, Deaf(), 64, 0, Control(), 2)


def test_a_channel_that_is_silent_on_noise_is_found_all_the_same(network):
    found = maximise(network, ChannelMean(network, "layer4", 3), 128, 0, Control(), 8)
    assert found.noise == 0 and found.score > 0.1


def test_open_relus_change_no_value_and_only_gradients_that_vanish():
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 2, 3), nn.ReLU(inplace=True))
    pixels = torch.randn(1, 3, 12, 12, generator=torch.Generator().manual_seed(0), requires_grad=True)

    def gradient():
        out = layers(pixels)
        return out.detach(), torch.autograd.grad(-out.sum(), pixels)[0]

    plain_out, plain = gradient()
    with open_relus(layers):
        open_out, opened = gradient()
    assert torch.equal(plain_out, open_out) and torch.equal(plain, opened) and plain.abs().max() > 0
    with torch.no_grad():
        layers[2].bias.fill_(-100)  # shut everywhere
    assert gradient()[1].abs().max() == 0
    with open_relus(layers):
        out, opened = gradient()
    assert out.max() == 0 and opened.abs().max() > 0
    assert all(layers[at].inplace for at in (1, 3)) and gradient()[1].abs().max() == 0


def test_networks_of_grey_pictures_and_of_one_size_only():
    small = load_looked("lenet5", choose("cpu"))
    assert side_for(small) == small.input_size
    found = maximise(small, ChannelMean(small, "c3", 3), side_for(small), 0, Control(), 8)
    assert found.score > found.noise and found.picture.shape == (32, 32, 3)
