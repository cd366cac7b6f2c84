"""Kernels and chains against scipy, plain numpy, and examples worked by hand."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import scipy.ndimage
from pydantic import ValidationError

from studio.core.control import Cancelled, Control
from studio.core.errors import InputError
from studio.core.kernels.chain import Chain, Clip, Convolve, Pool, Relu, chain_called, chain_text, read_chain
from studio.core.kernels.compute import run_chain
from studio.core.kernels.explaining import Place, explain
from studio.core.kernels.kernel import PRESETS, TITLES, Kernel, parse_kernel
from studio.core.kernels.sheets import sheet

MIRROR = {"reflect": "mirror", "zero": "constant"}  # scipy's words


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(7).integers(0, 256, (37, 52, 3), np.uint8)


def chain(*steps, color="rgb", arithmetic="saturating"):
    return Chain(color=color, arithmetic=arithmetic, steps=steps)


def convolve(*kernels, **fields):
    return Convolve(kernels=kernels, **fields)


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


# Explanations ------------------------------------------------------------------------------------------------------


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


# Files and limits --------------------------------------------------------------------------------------------------


def test_fractions_are_understood():
    assert parse_kernel("1/9 " * 9) == PRESETS["blur"] and parse_kernel("0 0 0 0 −1/2 0 0 0 0").root[1][1] == -0.5
    for text in ("1/0 " * 9, "1/2/3 " * 9, "/ " * 9):
        with pytest.raises(InputError, match="unknown kernel"):
            parse_kernel(text)
    with pytest.raises(InputError, match="larger than"):
        parse_kernel("1e999999999 " * 9)  # at once


def test_a_chain_comes_back_from_its_file(tmp_path):
    whole = chain(
        convolve("sobel-h", PRESETS["blur"].resized(5), stride=2, padding="none", sum_maps=True), Relu(), Clip(),
        Pool(kind="average", size=3, stride=1), color="grey", arithmetic="float",
    )  # fmt: skip
    file = tmp_path / "steps.json"
    file.write_text(chain_text(whole), encoding="utf-8")
    assert read_chain(file) == whole
    assert json.loads(file.read_text())["steps"][0]["kernels"][0] == "sobel-h"


@pytest.mark.parametrize("text, said", [
    ("", "not valid"), ("[]", "not valid"), ('{"steps": []}', "steps"), ('{"steps": [{"step": "blur"}]}', "steps.0"),
    ('{"steps": [{"step": "convolve", "kernels": ["edges"]}]}', "unknown kernel 'edges'; there are: horizontal"),
    ('{"steps": [{"step": "convolve", "kernels": [[[1, 2], [3, 4]]]}]}', "3, 5 or 7 rows"),
    ('{"steps": [{"step": "relu", "size": 2}]}', "size"), ('{"steps": [{"step": "clip", "low": 2}]}', "low is above"),
    ('{"steps": [{"step": "convolve", "kernels": ["blur"], "stride": 0}]}', "stride"),
    ('{"steps": [{"step": "convolve", "kernels": [' + ", ".join(['"blur"'] * 16) + "]}]}", None),
])  # fmt: skip
def test_a_broken_file_of_steps_is_one_sentence(tmp_path, text, said):
    file = tmp_path / "steps.json"
    file.write_text(text, encoding="utf-8")
    if said is None:
        assert read_chain(file)
        return
    with pytest.raises(InputError) as caught:
        read_chain(file)
    assert said in str(caught.value) and str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_files_that_are_none(tmp_path):
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    for path, said in (
        (tmp_path / "none.json", "texture"),
        (tmp_path, "cannot read"),
        (tmp_path / "binary.json", "text"),
    ):
        with pytest.raises(InputError, match=said):
            read_chain(path)


def test_too_many_maps_too_little_picture_and_too_much_memory_are_refused(picture, monkeypatch):
    with pytest.raises(ValidationError, match="more than 64 maps"):
        chain(*[convolve("blur", "identity", "emboss")] * 4)
    with pytest.raises(InputError, match="more than 64 maps"):
        chain(*[convolve("blur", "identity", "emboss")] * 3).with_first(convolve("blur", "identity", "emboss"))
    with pytest.raises(InputError, match="step 2 needs 32 × 32 pixels, and the picture has 26 × 18"):
        run_chain(chain(Pool(), Pool(size=32)), picture)
    monkeypatch.setattr("studio.core.kernels.compute.MOST_VALUES", 2 * picture.size)
    with pytest.raises(InputError, match="step 1 makes 3 maps"):
        run_chain(chain(convolve("blur", "identity", "emboss")), picture)


def test_it_can_be_cancelled(picture):
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        run_chain(chain(Relu()), picture, control=control)


def test_an_explanation_of_a_clip_shows_what_came_in():
    picture = np.full((4, 4, 3), 250, np.uint8)
    steps = (convolve("identity", scale=2), Clip(low=0, high=1))
    found = run_chain(chain(*steps, arithmetic="float"), picture)
    explained = explain(steps[1], found, Place(0, 0, 0, 0), False)
    assert explained.sums[0] == pytest.approx(500 / 255) and explained.value == 1 and explained.kernel is None
