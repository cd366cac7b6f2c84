"""Windows over feature maps: where they lie, what they hold, and their margins against a convolution."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from studio.ml.box_offsets import MOST_SHIFT, apply_offsets, offsets_to
from studio.ml.grid_windows import GridWindows
from studio.ml.pyramid import Level


def level(height: int = 9, width: int = 13, dtype: torch.dtype = torch.float32) -> Level:
    features = torch.randn(1, 6, height, width, generator=torch.Generator().manual_seed(0))
    ready = functional.normalize(features, dim=1).to(dtype, memory_format=torch.channels_last)
    return Level(0, ready[0], 10.0, 12.0)


def kernels(count: int, rows: int, columns: int) -> torch.Tensor:
    return torch.randn(count, 6, rows, columns, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (3, 8), (2, 2), (9, 5)])
def test_margins_are_a_convolution_of_the_padded_maps(rows: int, columns: int) -> None:
    windows, weights, biases = GridWindows(level(), columns, rows), kernels(2, rows, columns), torch.tensor([0.5, -2])
    down, across = round(rows / 4), round(columns / 4)
    padded = functional.pad(windows.level.features, (across, across, down, down))
    wanted = functional.conv2d(padded[None], weights, biases)[0]
    torch.testing.assert_close(windows.margins(weights, biases), wanted, atol=1e-5, rtol=1e-5)
    assert len(windows) == wanted[0].numel()


def test_margins_are_those_of_each_window_cut_out() -> None:
    windows, weights = GridWindows(level(), 4, 4), kernels(1, 4, 4)
    vectors = windows.vectors(np.arange(len(windows)))
    alone = vectors @ weights[0].flatten() + 0.25
    torch.testing.assert_close(windows.margins(weights, torch.tensor([0.25]))[0].flatten(), alone, atol=1e-5, rtol=1e-5)


def test_reduced_precision_stays_close() -> None:
    weights, biases = kernels(1, 4, 4), torch.zeros(1)
    exact = GridWindows(level(), 4, 4).margins(weights, biases)
    reduced = GridWindows(level(dtype=torch.bfloat16), 4, 4).margins(weights, biases)
    assert reduced.dtype == torch.float32
    assert (exact - reduced).abs().max() < 0.02 * exact.abs().max()


def test_vectors_hold_the_cells_under_their_boxes() -> None:
    windows = GridWindows(level(), 4, 4)
    boxes = windows.boxes()
    index = int(np.flatnonzero((boxes[:, 0] == 30) & (boxes[:, 1] == 24))[0])  # cell (3, 2)
    np.testing.assert_array_equal(boxes[index], [30, 24, 40, 48])
    wanted = windows.level.features[:, 2:6, 3:7].flatten()
    torch.testing.assert_close(windows.vectors(np.array([index]))[0], wanted)


def test_a_quarter_of_a_window_may_lie_beyond_the_frame_and_is_zero() -> None:
    windows = GridWindows(level(), 4, 4)
    boxes = windows.boxes()
    np.testing.assert_array_equal(boxes[0], [-10, -12, 40, 48])
    np.testing.assert_array_equal(boxes[-1, :2] + boxes[-1, 2:], [13 * 10 + 10, 9 * 12 + 12])
    first = windows.vectors(np.array([0]))[0].view(6, 4, 4)
    assert not first[:, 0].any() and not first[:, :, 0].any()
    torch.testing.assert_close(first[:, 1:, 1:], windows.level.features[:, :3, :3])


def test_a_level_smaller_than_the_window_has_none() -> None:
    windows = GridWindows(level(3, 13), 4, 16)
    assert len(windows) == 0 and windows.boxes().shape == (0, 4)
    assert windows.margins(kernels(2, 16, 4), torch.zeros(2)).numel() == 0
    assert windows.vectors(np.zeros(0, np.int64)).shape == (0, 6 * 4 * 16)


def test_offsets_and_back() -> None:
    random = np.random.default_rng(0)
    windows = np.concatenate([random.uniform(0, 300, (20, 2)), random.uniform(30, 60, (20, 2))], 1)
    boxes = windows + random.uniform(-10, 10, windows.shape)
    np.testing.assert_allclose(apply_offsets(windows, offsets_to(windows, boxes)), boxes)


def test_offsets_are_measured_in_windows() -> None:
    found = offsets_to(np.array([[0.0, 0, 40, 20]]), np.array([[20.0, 5, 40, 40]]))
    np.testing.assert_allclose(found, [[0.5, 0.75, 0, np.log(2)]])


def test_wild_offsets_are_held_back() -> None:
    moved = apply_offsets(np.array([[0.0, 0, 40, 40]]), np.array([[9.0, 0, 9, -9]]))[0]
    assert moved[0] + moved[2] / 2 == pytest.approx(20 + 40 * MOST_SHIFT)
    assert 20 < moved[3] < 40 < moved[2] < 80
