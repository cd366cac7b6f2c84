"""The picture that is climbed to excites its channel far more than noise and than any crop."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.geometry import Window
from studio.ml.device import choose
from studio.ml.looking.exciting import on_crop, strongest_in
from studio.ml.looking.maximise import maximise, side_for
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
    with pytest.raises(InputError, match="no direction"):
        maximise(network, lambda pixels: (0 * pixels).sum((1, 2, 3)), 64, 0, Control(), 2)


def test_networks_of_grey_pictures_and_of_one_size_only():
    small = load_looked("lenet5", choose("cpu"))
    assert side_for(small) == small.input_size
    found = maximise(small, ChannelMean(small, "c3", 3), side_for(small), 0, Control(), 8)
    assert found.score > found.noise and found.picture.shape == (32, 32, 3)
