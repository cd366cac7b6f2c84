"""Orders against numpy; colours and sheets against what they must show."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from studio.core.errors import InputError
from studio.core.map_place import MapPlace
from studio.ml.device import choose
from studio.ml.looking.maps import LayerMaps, look, rows_for
from studio.ml.looking.network import load_looked
from studio.ml.looking.order import counting, last_inside, ordered, weights_for
from studio.ml.looking.sheets import colors, levels, limits, map_sheets, painted, rgb, sheet, veil_colors
from studio.ml.looking.stages import SHOWN_MAPS, stage_layers, strip, strip_picture

PLACE = MapPlace((4, 4), (8, 8), None, (64, 64))


@pytest.fixture
def values():
    return np.random.default_rng(1).normal(size=(20, 6, 7)).astype(np.float32)


@pytest.fixture(scope="module")
def resnet():
    return load_looked(None, choose("cpu"))


def test_orders_are_those_of_numpy(values):
    flat = values.reshape(20, -1).astype(np.float64)
    for by, statistic in (("mean", flat.mean(1)), ("maximum", flat.max(1)), ("variance", flat.var(1))):
        np.testing.assert_array_equal(ordered(values, by), sorted(range(20), key=lambda n, s=statistic: -s[n]))
    np.testing.assert_array_equal(ordered(values, "number"), np.arange(20))


def test_equal_channels_stay_in_their_order():
    np.testing.assert_array_equal(ordered(np.zeros((5, 2, 2), np.float32), "mean"), np.arange(5))


def test_what_counts_is_weight_times_activation_of_cells_of_unit_length(values):
    weights = np.random.default_rng(2).random(20)
    expected = np.zeros(20)
    for row in range(6):
        for column in range(7):
            cell = values[:, row, column].astype(np.float64)
            expected += weights * np.abs(cell / np.linalg.norm(cell)) / 42
    np.testing.assert_allclose(counting(values, weights), expected, rtol=1e-5)


def head(kernels, backbone="b" * 64):
    parts = tuple(SimpleNamespace(kernel=torch.from_numpy(kernel)) for kernel in kernels)
    card = SimpleNamespace(name="h", backbone_sha256=backbone, why_not_dense=None, backbone="net")
    return SimpleNamespace(card=card, labels=["cup", "hand"], dense=parts)


def test_weights_are_summed_over_the_window_of_the_label(values):
    kernels = np.random.default_rng(3).normal(size=(2, 20, 3, 2)).astype(np.float32)
    maps = LayerMaps("layer2", values, PLACE)
    np.testing.assert_allclose(
        weights_for(head(kernels), "hand", "layer2", maps), np.abs(kernels[1]).reshape(20, -1).sum(1), rtol=1e-5
    )
    with pytest.raises(InputError, match="weighs the channels of layer2 alone"):
        weights_for(head(kernels), "hand", "layer2", replace(maps, layer="layer3"))
    with pytest.raises(InputError, match="knows no dog"):
        weights_for(head(kernels), "dog", "layer2", maps)
    with pytest.raises(InputError, match="no weights for channels"):
        weights_for(head(()), "cup", "layer2", maps)


def test_the_last_layer_inside_is_only_taken_where_it_gives_the_same(resnet):
    rows = rows_for(resnet, (64, 64))
    assert last_inside(resnet, rows, "layer2") == "layer2.1.relu#2"
    # Without that ReLU the last one is a norm, to which the block's input is still added.
    assert last_inside(load_looked(None, choose("cpu")), ["layer2.1.bn2"], "layer2") == "layer2"


def test_limits_of_the_three_scales(values):
    peaks = np.abs(values.reshape(20, -1)).max(1)
    np.testing.assert_allclose(limits(values, "channel", 9), peaks)
    np.testing.assert_allclose(limits(values, "layer", 9), np.full(20, peaks.max()))
    np.testing.assert_allclose(limits(values, "fixed", 9), np.full(20, 9.0))
    assert limits(np.zeros((2, 3, 3), np.float32), "channel", 1).min() > 0


def test_levels_put_zero_where_the_scale_has_it():
    ramp = np.array([[[-2, -1, 0, 1, 2, 5]]], np.float32)
    two = np.array([2], np.float32)
    np.testing.assert_array_equal(levels(ramp, two, True)[0, 0], [1, 64, 128, 192, 255, 255])
    np.testing.assert_array_equal(levels(ramp, two, False)[0, 0], [0, 0, 0, 128, 255, 255])
    broken = np.array([[[np.nan, np.inf, -np.inf]]], np.float32)
    np.testing.assert_array_equal(levels(broken, two, True)[0, 0], [128, 255, 1])


def test_signed_colours_are_dark_at_zero_and_warm_or_cold_beside_it():
    table = rgb(colors(True)).astype(int)
    assert table[128].max() < 40 and table[255, 0] > table[255, 2] and table[0, 2] > table[0, 0]
    one_sided = rgb(colors(False)).astype(int).sum(1)
    assert one_sided[0] < 30 and one_sided[255] > 500 and (np.diff(one_sided) >= -3).all()


def test_a_veil_is_clear_at_zero_and_never_brighter_than_its_alpha():
    for signed, zero in ((True, 128), (False, 0)):
        table = veil_colors(signed)
        alpha = table >> 24
        assert alpha[zero] < 20 and alpha[255] > 250
        assert (rgb(table).max(1) <= alpha).all()  # premultiplied


def test_a_sheet_shows_every_channel_unsmoothed(values):
    cells = painted(values[:5], limits(values[:5], "channel", 1), True)
    picture = sheet(cells, range(5))
    assert picture.dtype == np.uint8 and picture.shape[2] == 3
    for cell in cells:  # each colour of each cell is there as it is
        wanted = {tuple(color) for color in rgb(cell).reshape(-1, 3)}
        assert wanted <= {tuple(color) for color in picture.reshape(-1, 3)}


def test_many_channels_fill_several_sheets():
    maps = LayerMaps("x", np.ones((300, 2, 2), np.float32), PLACE)
    assert len(list(map_sheets(maps))) == 3


def test_the_stages_of_lenet_are_those_that_its_animations_show():
    lenet = load_looked("lenet5", choose("cpu"))
    rows = rows_for(lenet, (32, 32))
    sizes = [rows[name].shape for name in stage_layers(rows)]
    assert sizes == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)]


def test_stages_go_from_the_picture_to_the_scores(resnet):
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    rows = rows_for(resnet, (64, 48))
    names = stage_layers(rows)
    assert [name for name in names if name.startswith("layer")] == [f"layer{n}.1.relu#2" for n in (1, 2, 3, 4)]
    assert names[-1] == "fc"
    found = look(resnet, picture, names)
    shown = strip(resnet, picture, [found[name] for name in names])
    assert [stage.layer for stage in shown.stages] == ["", *names]
    margins = found["fc"].values[:, 0, 0].astype(np.float64)
    best = int(margins.argmax())
    assert shown.scores[0][0] == resnet.class_names[best]
    assert shown.scores[0][1] == pytest.approx(float(torch.softmax(torch.from_numpy(margins), 0)[best]), rel=1e-6)
    assert all(len(stage.picture) <= 64 * SHOWN_MAPS + 2 * SHOWN_MAPS for stage in shown.stages)
    assert strip_picture(shown).ndim == 3
