"""Kernels and chains against scipy, plain numpy, and examples worked by hand."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import scipy.ndimage

from studio.core.errors import InputError
from studio.core.kernels.chain import Clip, Pool, Relu, chain_called
from studio.core.kernels.compute import run_chain
from studio.core.kernels.kernel import PRESETS, TITLES, Kernel, parse_kernel
from studio.core.kernels.sheets import sheet
from tests.core.kernels.steps import chain, convolve

MIRROR = {"reflect": "mirror", "zero": "constant"}  # scipy's words


def correlated(values, kernel, padding="reflect"):
    """scipy's correlation of each channel, in double precision."""
    return np.stack(
        [
            scipy.ndimage.correlate(values[..., c].astype(float), kernel.array, mode=MIRROR[padding])
            for c in range(values.shape[2])
        ],
        axis=2,
    )


def saturated(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


# Kernels -----------------------------------------------------------------------------------------------------------


def test_the_four_kernels_of_the_talk_answer_to_the_edges_that_they_are_called_by():
    bright_above = np.zeros((21, 21, 3), np.uint8)
    bright_above[:10] = 200
    rows, columns = np.indices((21, 21))
    falling = np.where((columns > rows)[..., None], 200, 0).astype(np.uint8).repeat(3, 2)  # its edge is ╲
    rising = np.where((columns + rows < 20)[..., None], 200, 0).astype(np.uint8).repeat(3, 2)  # its edge is ╱
    bright_right = bright_above.transpose(1, 0, 2)[:, ::-1]
    across = {"horizontal": "vertical", "diagonal-ul-lr": "diagonal-ll-ur"}
    across |= {other: own for own, other in across.items()}
    four = ("horizontal", "vertical", "diagonal-ul-lr", "diagonal-ll-ur")
    for edge, own in zip((bright_above, bright_right, falling, rising), four, strict=True):
        steps = (chain(convolve(name, scale=0.1)) for name in (own, across[own]))
        found, other = (int(run_chain(each, edge).maps[0].sum()) for each in steps)
        assert found > 50 * other, (own, found, other)


def test_presets_have_titles_and_are_named_in_files():
    assert set(PRESETS) == set(TITLES)
    assert parse_kernel("-1 -2 -1 0 0 0 1 2 1").name == "sobel-h"
    assert Kernel.model_validate("emboss").root[0] == (-2, -1, 0)
    assert json.loads(PRESETS["emboss"].model_dump_json()) == "emboss"
    assert json.loads(PRESETS["emboss"].resized(5).model_dump_json())[1] == [0, -2, -1, 0, 0]


def test_a_kernel_keeps_its_centre_when_its_size_changes():
    large = PRESETS["sharpen"].resized(7)
    assert large.side == 7 and large.root[3][3] == 5
    assert large.resized(3) == PRESETS["sharpen"]


@pytest.mark.parametrize("text, said", [
    ("edges", "there are: horizontal, vertical"), ("1 2 3 4 5 6 7 8", "these are 8"), ("1 2 3 4", "these are 4"),
    ("nan 0 0 0 0 0 0 0 0", "is none"), ("1e9 0 0 0 0 0 0 0 0", "larger than"), ("", "unknown kernel ''"),
])  # fmt: skip
def test_what_is_no_kernel_is_one_sentence(text, said):
    with pytest.raises(InputError, match=said):
        parse_kernel(text)


# Against scipy -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_saturates_as_scipy_and_opencv_do(picture, name):
    found = run_chain(chain(convolve(name)), picture).maps[0]
    assert np.array_equal(found, saturated(correlated(picture, PRESETS[name])))
    assert np.array_equal(found, cv2.filter2D(picture, -1, PRESETS[name].array))


@pytest.mark.parametrize("side", [3, 5, 7])
@pytest.mark.parametrize("padding", ["reflect", "zero"])
def test_floats_of_any_size_and_border_equal_scipy(picture, side, padding):
    kernel = Kernel(tuple(map(tuple, np.random.default_rng(side).normal(size=(side, side)).tolist())))
    step = convolve(kernel, padding=padding, scale=2, bias=-0.25)
    found = run_chain(chain(step, arithmetic="float"), picture).maps[0]
    assert np.allclose(found, 2 * correlated(picture / 255, kernel, padding) - 0.25, atol=1e-5)


def test_without_padding_and_with_strides_the_rest_is_what_the_full_result_has_there(picture):
    kernel = PRESETS["sobel-v"].resized(5)
    full = saturated(correlated(picture, kernel))
    assert np.array_equal(run_chain(chain(convolve(kernel, stride=3)), picture).maps[0], full[::3, ::3])
    found = run_chain(chain(convolve(kernel, stride=2, padding="none")), picture).maps[0]
    assert np.array_equal(found, full[2:-2:2, 2:-2:2])


def test_an_example_by_hand():
    grey = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90]], np.uint8)
    picture = np.repeat(grey[..., None], 3, 2)
    found = run_chain(chain(convolve("sobel-h")), picture).maps[0][..., 0]
    # Middle: −10 − 40 − 30 + 70 + 160 + 90 = 240. Upper row: its mirror is the middle row, above as below: 0.
    # Left of the middle the mirror is the middle column: −20 − 20 − 20 + 80 + 140 + 80 = 240.
    assert found.tolist() == [[0, 0, 0], [240, 240, 240], [0, 0, 0]]
    half = run_chain(chain(convolve("identity", scale=0.05)), picture).maps[0][0, :, 0]
    assert half.tolist() == [0, 1, 2]  # 0.5, 1, 1.5: halves go to the even number


def test_grey_is_one_channel_and_a_tiny_picture_is_mirrored_too():
    found = run_chain(chain(convolve(PRESETS["blur"].resized(7)), color="grey"), np.full((1, 2, 3), 90, np.uint8))
    assert found.maps[0].tolist() == [[[90], [90]]]


# Other steps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arithmetic", ["saturating", "float"])
@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("size, stride", [(2, None), (3, 1), (3, 2)])
def test_pooling_equals_a_loop(picture, arithmetic, kind, size, stride):
    found = run_chain(chain(Pool(kind=kind, size=size, stride=stride), arithmetic=arithmetic), picture).maps[0]
    values = picture if arithmetic == "saturating" else picture / 255
    windows = np.lib.stride_tricks.sliding_window_view(values, (size, size), (0, 1))[
        :: stride or size, :: stride or size
    ]
    expected = windows.max((-1, -2)) if kind == "max" else windows.mean((-1, -2))
    assert np.allclose(found, np.rint(expected) if arithmetic == "saturating" else expected, atol=1e-6)


def test_relu_and_clip(picture):
    steps = (convolve("sobel-h"), Relu(), Clip(low=0.25, high=0.5))
    found = run_chain(chain(*steps, arithmetic="float"), picture)
    values = correlated(picture / 255, PRESETS["sobel-h"])
    assert np.allclose(found.maps[0], np.clip(values, 0.25, 0.5), atol=1e-5)
    assert np.allclose(
        run_chain(chain(*steps, arithmetic="float"), picture, last=1).maps[0], np.maximum(values, 0), atol=1e-5
    )
    whole = run_chain(chain(Clip(low=50, high=200)), picture).maps[0]
    assert whole.dtype == np.uint8 and np.array_equal(whole, np.clip(picture, 50, 200))


def test_kernels_side_by_side_make_maps_that_a_later_step_adds_up(picture):
    both = convolve("sobel-h", "sobel-v")
    found = run_chain(chain(both, convolve("blur", "identity"), arithmetic="float"), picture)
    assert len(found.inputs) == 2 and len(found.maps) == 4
    sobel = [correlated(picture / 255, PRESETS[name]) for name in ("sobel-h", "sobel-v")]
    for number, values in enumerate([correlated(s, PRESETS["blur"]) for s in sobel] + sobel):
        assert np.allclose(found.maps[number], values, atol=1e-5), number
    added = run_chain(chain(both, convolve("identity", sum_maps=True), arithmetic="float"), picture)
    assert len(added.maps) == 1 and np.allclose(added.maps[0], sobel[0] + sobel[1], atol=1e-5)


def test_the_shipped_chain_is_its_arithmetic_in_numpy(picture):
    def over(values, kernel):
        padded = np.pad(values, 1, mode="reflect")
        return sum(
            kernel[r][c] * padded[r : r + values.shape[0], c : c + values.shape[1]] for r in range(3) for c in range(3)
        )

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) / 255
    edges = (
        [[1, 1, 1], [0, 0, 0], [-1, -1, -1]], [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
        [[0, 1, 0], [-1, 0, 1], [0, -1, 0]], [[0, 1, 0], [1, 0, -1], [0, -1, 0]],
    )  # fmt: skip
    maps = [np.clip(over(grey, kernel), 0, 1) for kernel in edges]
    crossed = [[0.4, 0, 0.4], [0, 0.4, 0], [0.4, 0, 0.4]]
    second = np.clip(3 * sum(over(values, crossed) for values in maps) - 1, 0, 1)
    third = np.clip(3 * over(second, [[0, 0.5, 0], [0.5, 0.4, 0.5], [0, 0.5, 0]]) - 1, 0, 1)
    found = run_chain(chain_called("texture"), picture).maps
    assert len(found) == 1 and np.allclose(found[0][..., 0], third, atol=1e-4)
    assert 0.05 < third.mean() < 1
    assert np.array_equal(sheet(found)[..., 0], sheet(found)[..., 2])


def test_maps_become_tiles(picture):
    tiles = sheet(run_chain(chain(convolve("identity", "sobel-h", "blur")), picture).maps)
    assert tiles.shape == (74, 104, 3)
    assert np.array_equal(tiles[:37, :52], picture) and not tiles[37:, 52:].any()
