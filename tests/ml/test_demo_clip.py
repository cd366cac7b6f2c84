from __future__ import annotations

from itertools import islice

import cv2
import numpy as np
import pytest

from studio.ml.demo_clip import FRAMES, HEIGHT, WIDTH, demo_frames


@pytest.fixture(scope="module")
def clip():
    return list(demo_frames())


def test_the_clip_is_what_the_demo_promises(clip):
    assert len(clip) == FRAMES == 300
    assert all(frame.shape == (480, 640, 3) and frame.dtype == np.uint8 for frame, _ in clip)


def test_the_first_half_is_one_stretch_with_the_whole_flower(clip):
    for _, box in clip[:150]:
        assert box is not None
        assert box.x > 0 and box.y > 0 and box.x + box.width < WIDTH and box.y + box.height < HEIGHT
        assert 0.9 < box.width / box.height < 1.1


def test_it_leaves_twice_in_the_second_half_and_returns(clip):
    there = np.array([box is not None for _, box in clip])
    assert np.flatnonzero(np.diff(there.astype(int)) == -1).size == 2
    assert np.flatnonzero(np.diff(there.astype(int)) == 1).size == 2
    assert there[-1] and 30 < (~there).sum() < 60


def test_its_size_and_the_light_change(clip):
    sizes = [box.width for _, box in clip[:150]]
    assert min(sizes) < 0.7 * 96 and max(sizes) > 1.3 * 96
    brightness = [frame.mean() for frame, _ in clip[::10]]
    assert max(brightness) > 1.3 * min(brightness)


def test_the_box_is_tight_around_the_flower(clip):
    """An independent look: the flower's own colour, where neither roof tiles nor star are near, fills the box."""
    frame, box = clip[75]  # over the lake
    red, _, blue = np.moveaxis(frame.astype(int), 2, 0)
    x, y, width, height = (int(number) for number in box)
    around = (slice(y - 12, y + height + 12), slice(x - 12, x + width + 12))
    orange = cv2.medianBlur(((red - blue)[around] > 60).astype(np.uint8), 5)
    left, top, seen_width, seen_height = cv2.boundingRect(orange)
    np.testing.assert_allclose([left, top, seen_width, seen_height], [12, 12, width, height], atol=3)


def test_a_clipped_flower_has_the_box_of_its_visible_part(clip):
    partly = [box for _, box in clip if box and box.width < 0.8 * box.height]
    assert partly and all(box.x + box.width == WIDTH for box in partly)


def test_a_seed_gives_one_clip():
    first, again, other = (list(islice(demo_frames(seed), 3)) for seed in (1, 1, 2))
    assert all((a == b).all() and box == same for (a, box), (b, same) in zip(first, again, strict=True))
    assert first[0][1] != other[0][1]
