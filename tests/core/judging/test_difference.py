"""Progress, or luck."""

import numpy as np
import pytest

from studio.core.judging import difference
from tests.core.judging.said import made_up, predictions


def one_of_two(hits, groups, **more):
    """A run that is right on the crops of `hits`."""
    hits = np.asarray(hits)
    return predictions(np.eye(2)[1 - hits], np.zeros(len(hits), int), groups, ("cup", "dog"), **more)


def test_two_crops_of_forty_are_no_progress():
    groups = np.arange(40) % 9
    first, second = np.ones(40, int), np.ones(40, int)
    first[[1, 5, 11]] = 0
    second[[7]] = 0

    found = difference(one_of_two(first, groups), one_of_two(second, groups))

    assert found.value == pytest.approx(0.05)
    assert not found.real
    assert "may be chance" in found.says and "40 crops of 9 tracks" in found.says


def test_what_is_better_on_nearly_every_track_is_progress():
    groups = np.arange(200) % 20
    random = np.random.default_rng(0)
    first = (random.random(200) < 0.6).astype(int)
    second = np.maximum(first, random.random(200) < 0.6).astype(int)

    found = difference(one_of_two(first, groups), one_of_two(second, groups))

    assert found.real and found.interval.low > 0 and found.chance < 0.01
    assert "more than chance" in found.says
    back = difference(one_of_two(second, groups), one_of_two(first, groups))
    assert back.real and back.value == pytest.approx(-found.value)


def test_three_lucky_tracks_are_chance_though_every_draw_is_above():
    groups = np.repeat(np.arange(9), 5)
    first = np.zeros(45, int)
    second = np.isin(groups, (0, 1, 2, 3)).astype(int)  # 4 heads of 4 coins: one in eight
    found = difference(one_of_two(first, groups), one_of_two(second, groups))
    assert found.chance == pytest.approx(1 / 8, abs=0.03)
    assert not found.real


def test_equal_runs_seldom_differ():
    """Two runs of the same skill on the same crops, forty times."""
    wrong = 0
    for seed in range(40):
        one, two = (made_up(60, 2, seed=seed, tracks=12), made_up(60, 2, seed=seed + 1000, tracks=12))
        targets, groups = one[1], one[2]
        flipped = np.where((two[1] == targets)[:, None], two[0], two[0][:, ::-1])
        runs = (predictions(p, targets, groups, "ab") for p in (one[0], flipped))
        wrong += difference(*runs, seed).real
    assert wrong <= 5


def test_the_same_answers_are_said_to_be_the_same():
    run = one_of_two([1, 0, 1, 1, 1, 1], np.arange(6))
    found = difference(run, run)
    assert found.value == 0 and not found.real
    assert "alike" in found.says


def test_too_few_tracks_are_said():
    found = difference(one_of_two([1, 0, 0, 1], [1, 1, 2, 2]), one_of_two([1, 1, 1, 1], [1, 1, 2, 2]))
    assert found.interval is None and not found.real
    assert "too few tracks" in found.says


def test_other_crops_are_compared_by_their_intervals_alone():
    groups = np.arange(60) % 20
    good, poor = np.ones(60, int), (np.arange(60) % 3 == 0).astype(int)
    other = one_of_two(poor, groups, ids=np.arange(1000, 1060))

    found = difference(one_of_two(good, groups), other)
    assert found.crops == 0 and found.interval is None and found.real
    assert "different crops" in found.says
    again = difference(one_of_two(poor, groups), other)
    assert not again.real and "overlap" in again.says


def test_crops_that_both_judged_are_compared_though_one_run_has_more():
    first = one_of_two(np.ones(20, int), np.arange(20), ids=np.arange(20))
    second = one_of_two(np.ones(25, int), np.arange(25), ids=np.arange(3, 28))
    assert difference(first, second).crops == 17


def test_a_crop_that_was_relabelled_is_another_one():
    first = one_of_two(np.ones(10, int), np.arange(10))
    second = predictions(first.probabilities[:, ::-1], first.targets, first.groups, ("dog", "cup"))  # targets: dogs
    assert difference(first, second).crops == 0
    renamed = predictions(first.probabilities[:, ::-1], 1 - first.targets, first.groups, ("dog", "cup"))
    assert difference(first, renamed).crops == 10
