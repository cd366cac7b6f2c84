from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.folds import block_folds


@settings(deadline=None)
@given(
    frames=st.lists(st.integers(0, 2000), max_size=120),
    rate=st.floats(1, 60),
    most=st.integers(1, 8),
    block=st.floats(0.5, 4),
    gap=st.floats(0, 2),
)
def test_nothing_leaks(frames, rate, most, block, gap):
    numbers = np.array(frames, np.int64)
    folds = block_folds(numbers, rate, most=most, block_seconds=block, gap_seconds=gap)
    assert len(folds) <= most
    for train, test in folds:
        assert train.any() and test.any() and not (train & test).any()
        apart = np.abs(numbers[train][:, None] - numbers[test][None]).min()
        assert apart >= max(1, gap * rate)
        held_out = numbers[test]
        assert held_out.max() - held_out.min() + 1 >= math.ceil(block * rate)
        # One block of time: nobody in between was left out of it.
        between = (numbers >= held_out.min()) & (numbers <= held_out.max())
        assert (between == test).all()
    if folds:
        assert (sum(test.astype(int) for _, test in folds) == 1).all(), "every example is held out exactly once"


def test_a_steady_clip_has_five_blocks():
    folds = block_folds(np.arange(1000), 25.0)
    assert [int(test.sum()) for _, test in folds] == [200] * 5
    # 0.5 s at 25 frames a second: at a distance of 13 frames or more.
    train, test = folds[2]
    assert np.flatnonzero(test)[[0, -1]].tolist() == [400, 599]
    assert np.flatnonzero(~train & ~test).tolist() == [*range(388, 400), *range(600, 612)]


@pytest.mark.parametrize(("seconds", "expected"), [(0, 0), (3.9, 0), (4, 2), (6, 3), (9, 4), (60, 5)])
def test_short_clips_have_fewer_folds_at_last_none(seconds, expected):
    assert len(block_folds(np.arange(int(seconds * 25)), 25.0)) == expected


def test_a_gap_that_leaves_nothing_to_train_on_gives_no_fold():
    assert block_folds(np.arange(100), 25.0, gap_seconds=5.0) == []


def test_examples_of_one_frame_stay_together_in_any_order():
    frames = np.random.default_rng(0).permutation(np.repeat(np.arange(300), 3))
    for train, test in block_folds(frames, 25.0):
        assert not set(frames[train]) & set(frames[test])


def test_thinned_tracks_are_split_by_time_not_by_count():
    assert len(block_folds(np.arange(0, 500, 10), 25.0)) >= 3
