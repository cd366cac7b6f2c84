"""Crops: the square that the network would see, whatever the box."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.crop_pictures import SIDE, cut
from studio.core.geometry import Box


@pytest.fixture
def picture():
    """Red grows to the right, green downwards."""
    rows, columns = np.mgrid[0:200, 0:250]
    return np.dstack([columns, rows, np.zeros_like(rows)]).astype(np.uint8)


def test_a_box_is_cut_with_its_surroundings_to_a_square(picture):
    small = cut(picture, Box(100, 20, 64, 128))  # the square is 128 wide, 32 to each side
    assert small.shape == (SIDE, SIDE, 3)
    np.testing.assert_array_equal(small, picture[20:148, 68:196])


def test_a_small_box_is_shown_with_64_pixels(picture):
    small = cut(picture, Box(120, 100, 4, 4))
    assert abs(int(small[0, 0, 0]) - 90) <= 1 and abs(int(small[-1, -1, 0]) - 153) <= 1


def test_where_the_frame_is_smaller_its_border_is_repeated(picture):
    small = cut(picture[:40], Box(0, 0, 250, 40))
    assert small.shape == (SIDE, SIDE, 3)
    assert small[0, SIDE // 2, 1] <= 1 and small[-1, SIDE // 2, 1] >= 38


@pytest.mark.parametrize("box", [Box(-1e9, -1e9, 2e9, 2e9), Box(5000, 5000, 10, 10), Box(-1e9, 3, 1e-9, 1e9)])
def test_impossible_boxes_cost_nothing(picture, box):
    assert cut(picture, box).shape == (SIDE, SIDE, 3)
