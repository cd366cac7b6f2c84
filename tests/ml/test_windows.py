"""Which squares of a frame the network sees of a region, and of the background."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.geometry import Box, Window, crop_window, intersections
from studio.ml.crops import cut, cut_all
from studio.ml.negatives import negative_windows

INPUT = 64
extents = st.integers(8, 900)
parts = st.floats(0, 1)


@st.composite
def framed_boxes(draw):
    width, height = draw(extents), draw(extents)
    w, h = max(4.0, draw(parts) * width), max(4.0, draw(parts) * height)
    return Box(draw(parts) * (width - w), draw(parts) * (height - h), w, h), width, height


def holds(window, box):
    return (
        window.x - 1 <= box.x
        and window.y - 1 <= box.y
        and window.x + window.side + 1 >= box.x + box.width
        and window.y + window.side + 1 >= box.y + box.height
    )


@given(framed_boxes(), st.integers(0, 10_000))
@settings(max_examples=300, deadline=None)
def test_every_window_of_an_object_holds_all_of_it(framed, frame):
    box, width, height = framed
    for window in [crop_window(box, INPUT, width, height)]:
        assert window.side >= min(INPUT, max(width, height)) and holds(window, box)
        for start, extent in ((window.x, width), (window.y, height)):
            if window.side <= extent:
                assert start >= 0 and start + window.side <= extent  # moved inside, never cut
            else:
                assert start <= 0 and start + window.side >= extent  # only a smaller frame is padded


@given(framed_boxes(), st.integers(0, 10_000))
@settings(max_examples=300, deadline=None)
def test_negatives_lie_in_the_frame_and_touch_no_object(framed, frame):
    box, width, height = framed
    other = Box(width * 0.7, height * 0.1, width * 0.2, height * 0.2)
    taken = np.array([box, other])
    windows = negative_windows(box, taken, INPUT, width, height, frame)
    assert windows == negative_windows(box, taken, INPUT, width, height, frame)
    for window in windows:
        assert window.side >= INPUT
        assert window.x >= 0 and window.y >= 0
        assert window.x + window.side <= width and window.y + window.side <= height
        assert not intersections(np.array([[window.x, window.y, window.side, window.side]]), taken).any()


def test_there_is_background_beside_an_object_with_room():
    for x, y in ((0, 0), (592, 0), (0, 432), (592, 432), (300, 200)):
        box = Box(x, y, 48, 48)
        windows = negative_windows(box, np.array([box]), INPUT, 640, 480, 5)
        assert len(windows) == 2
        beside = windows[0]
        gap = max(
            box.x - beside.x - beside.side, beside.x - box.x - box.width,
            box.y - beside.y - beside.side, beside.y - box.y - box.height,
        )  # fmt: skip
        assert 0 <= gap <= 40


def test_an_object_that_fills_the_frame_leaves_no_background():
    box = Box(10, 10, 300, 220)
    assert negative_windows(box, np.array([box]), INPUT, 320, 240, 0) == []


def test_small_boxes_are_widened_and_large_ones_are_scaled():
    frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    small = crop_window(Box(100, 100, 10, 20), INPUT, 640, 480)
    assert small == Window(73, 78, 64)
    np.testing.assert_array_equal(cut(frame, small, INPUT), frame[78:142, 73:137])
    large = crop_window(Box(100, 100, 256, 130), INPUT, 640, 480)
    assert large.side == 256
    blocks = frame[large.y : large.y + 256, large.x : large.x + 256].reshape(64, 4, 64, 4, 3).mean((1, 3))
    np.testing.assert_allclose(cut(frame, large, INPUT), blocks, atol=1)  # every pixel counts the same


@pytest.mark.parametrize("box", [Box(0, 50, 30, 30), Box(610, 50, 30, 30), Box(50, 0, 30, 30), Box(50, 450, 30, 30)])
def test_at_the_border_the_window_moves_inside_and_nothing_is_stretched(box):
    frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    x, y, side = crop_window(box, INPUT, 640, 480)
    assert side == INPUT and holds(Window(x, y, side), box)
    np.testing.assert_array_equal(cut(frame, Window(x, y, side), INPUT), frame[y : y + 64, x : x + 64])


def test_a_picture_lower_than_the_window_is_padded_with_its_border():
    frame = np.random.default_rng(0).integers(0, 256, (20, 80, 3), np.uint8)
    window = crop_window(Box(5, 5, 10, 10), INPUT, 80, 20)
    crop = cut(frame, window, INPUT)
    np.testing.assert_array_equal(crop[22:42], frame[:, :64])
    np.testing.assert_array_equal(crop[:22], np.broadcast_to(frame[:1, :64], (22, 64, 3)))
    np.testing.assert_array_equal(crop[42:], np.broadcast_to(frame[-1:, :64], (22, 64, 3)))


def test_a_window_of_a_small_picture_is_no_larger_than_that_and_scaled_up():
    assert crop_window(Box(0, 0, 32, 32), INPUT, 32, 32) == Window(0, 0, 32)
    assert crop_window(Box(5, 5, 10, 10), INPUT, 40, 20) == Window(0, -10, 40)
    frame = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    crop = cut(frame, Window(0, 0, 32), INPUT)
    np.testing.assert_allclose(crop.reshape(32, 2, 32, 2, 3).mean((1, 3)).mean((0, 1)), frame.mean((0, 1)), atol=2)


def test_where_the_size_of_the_pictures_is_not_known_the_window_stays_around_the_box():
    assert crop_window(Box(0, 10, 20, 100), INPUT, 0, 0) == Window(-40, 10, 100)
    assert crop_window(Box(500, 300, 10, 10), INPUT, 0, 0) == Window(473, 273, 64)


def test_a_window_as_large_as_a_country_costs_little():
    frame = np.full((50, 50, 3), 7, np.uint8)
    assert (cut(frame, Window(-500_000_000, -500_000_000, 1_000_000_000), INPUT) == 7).all()


def test_a_window_outside_of_a_picture_still_gives_a_crop():
    frame = np.full((50, 50, 3), 7, np.uint8)
    assert (cut(frame, Window(200, 300, 64), INPUT) == 7).all()
    assert cut_all(frame, [], INPUT).shape == (0, INPUT, INPUT, 3)
