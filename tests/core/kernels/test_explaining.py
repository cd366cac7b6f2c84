"""The arithmetic that is told of a pixel is that which made it."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.kernels.chain import Clip, Pool, Relu
from studio.core.kernels.compute import run_chain
from studio.core.kernels.explaining import Place, explain
from studio.core.kernels.kernel import PRESETS, Kernel
from studio.core.kernels.sheets import sheet
from tests.core.kernels.steps import chain, convolve

SOBELS = convolve("sobel-h", "sobel-v")
STEPS = [
    (convolve("emboss"),),
    (SOBELS, convolve(PRESETS["blur"].resized(5), "identity", sum_maps=True, scale=2, bias=-0.1)),
    (convolve("sobel-h", "sobel-v"), convolve("blur", PRESETS["emboss"].resized(5), stride=2, padding="none")),
    (convolve("laplacian", padding="zero"), Pool(kind="average", size=3, stride=2)),
    (Pool(kind="max"),),
    (convolve("laplacian"), Relu()),
    (convolve("laplacian"), Clip(low=0.1, high=0.3)),
]  # fmt: skip


@pytest.mark.parametrize("arithmetic", ["saturating", "float"])
@pytest.mark.parametrize("steps", STEPS)
def test_what_is_explained_is_what_was_computed(picture, steps, arithmetic):
    whole = chain(*steps, arithmetic=arithmetic)
    found = run_chain(whole, picture)
    height, width, channels = found.maps[0].shape
    for number in range(len(found.maps)):
        for row in (0, 1, height // 2, height - 1):
            for column in (0, width // 2, width - 1):
                place = Place(number, row, column, column % channels)
                explained = explain(steps[-1], found, place, whole.saturating)
                value = float(found.maps[number][row, column, place.channel])
                assert explained.value == pytest.approx(value, abs=1e-5), place


def test_what_is_explained_in_the_middle_of_two_whole_numbers_is_what_the_map_holds():
    rng = np.random.default_rng(3)
    kernel = Kernel(tuple(map(tuple, (rng.integers(-10, 11, (7, 7)) / 10).tolist())))
    step = convolve(kernel, scale=0.5, bias=100)
    picture = rng.integers(0, 256, (30, 30, 3), np.uint8)
    found = run_chain(chain(step), picture)
    for row, column, channel in np.ndindex(found.maps[0].shape):
        explained = explain(step, found, Place(0, row, column, channel), True)
        assert explained.value == found.maps[0][row, column, channel]


def test_no_chain_makes_more_than_numbers_can_say(picture):
    steps = [convolve("identity", scale=1e6)] * 9 + [
        convolve("vertical", "horizontal"),
        convolve("blur", sum_maps=True),
    ]
    maps = run_chain(chain(*steps, Pool(kind="average"), arithmetic="float"), picture).maps
    assert np.isfinite(maps[0]).all() and sheet(maps).any()


def test_an_explanation_shows_the_patch_and_the_sum():
    picture = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)
    step = convolve("emboss", scale=2, bias=1)
    found = run_chain(chain(step), picture)
    explained = explain(step, found, Place(0, 2, 2, 1), True)
    assert explained.patches[0].tolist() == [[19, 22, 25], [34, 37, 40], [49, 52, 55]]
    total = -2 * 19 - 22 - 34 + 37 + 40 + 52 + 2 * 55
    assert explained.sums == (total,) and explained.raw == 2 * total + 1 and explained.value == 255


def test_an_explanation_of_a_clip_shows_what_came_in():
    picture = np.full((4, 4, 3), 250, np.uint8)
    steps = (convolve("identity", scale=2), Clip(low=0, high=1))
    found = run_chain(chain(*steps, arithmetic="float"), picture)
    explained = explain(steps[1], found, Place(0, 0, 0, 0), False)
    assert explained.sums[0] == pytest.approx(500 / 255) and explained.value == 1 and explained.kernel is None
