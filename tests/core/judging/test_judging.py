"""Scores of trained heads against scikit-learn and scipy, and intervals that keep their promise."""

import time

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap, t

from studio.core.judging import curve_of, judge
from studio.core.judging.intervals import student
from tests.core.judging.said import made_up


def test_scores_are_those_of_scikit_learn():
    from sklearn import metrics

    probabilities, targets, groups = made_up(300, 4, seed=1)
    found = judge(probabilities, targets, groups, "abcd")
    predicted = probabilities.argmax(axis=1)

    precision, recall, f1, support = metrics.precision_recall_fscore_support(targets, predicted, zero_division=0)

    assert found.accuracy == pytest.approx(metrics.accuracy_score(targets, predicted))
    assert found.f1 == pytest.approx(metrics.f1_score(targets, predicted, average="macro"))
    assert [each.precision for each in found.scores] == pytest.approx(precision)
    assert [each.recall for each in found.scores] == pytest.approx(recall)
    assert [each.f1 for each in found.scores] == pytest.approx(f1)
    assert [each.count for each in found.scores] == support.tolist()
    assert (found.confusion == metrics.confusion_matrix(targets, predicted)).all()


def test_average_precision_and_curve_are_of_one_label_against_the_rest():
    from sklearn import metrics

    probabilities, targets, groups = made_up(300, 3, seed=2)
    probabilities = probabilities.round(2)  # equal scores
    found = judge(probabilities, targets, groups, "abc")

    for label in range(3):
        own, scores = targets == label, probabilities[:, label]
        precision, recall, thresholds = metrics.precision_recall_curve(own, scores)
        highest = np.maximum.accumulate(precision)  # sklearn goes from all to none
        assert found.scores[label].average_precision == pytest.approx(-np.sum(np.diff(recall) * highest[:-1]))
        curve = found.curve(label)
        assert curve.thresholds[::-1] == pytest.approx(thresholds)
        assert curve.precision[::-1] == pytest.approx(precision[:-1])
        assert curve.recall[::-1] == pytest.approx(recall[:-1])


def test_a_threshold_tells_what_it_finds():
    curve = curve_of(np.float32([0.9, 0.8, 0.8, 0.3]), np.array([True, True, False, True]))

    assert curve.at(0.95) == (0, 0, 0, 0)
    assert curve.at(0.9) == pytest.approx((1, 1 / 3, 1, 1))
    assert curve.at(0.5) == pytest.approx((2 / 3, 2 / 3, 3, 2))
    assert curve.at(0) == pytest.approx((3 / 4, 1, 4, 3))


def test_a_label_without_a_crop_is_said_and_not_scored():
    found = judge(np.float32([[0.9, 0.1, 0], [0.2, 0, 0.8]]), np.array([0, 0]), np.arange(2), ["cup", "dog", "fish"])

    dog, fish = found.scores[1:]
    assert dog.f1 is None and dog.recall is None and dog.average_precision is None and dog.interval is None
    assert (fish.said, fish.right, fish.precision) == (1, 0, None)
    assert found.f1 == pytest.approx(2 / 3)  # of the cup alone
    assert any("dog, fish" in note for note in found.notes)


def test_worst_mistakes_come_first():
    probabilities = np.float32([[0.4, 0.6], [0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    found = judge(probabilities, np.array([0, 0, 0, 1]), np.arange(4), "ab")
    assert found.worst.tolist() == [2, 3, 0]


def test_interval_is_a_bootstrap_of_whole_tracks():
    probabilities, targets, groups = made_up(2000, 3, seed=3, tracks=60)
    found = judge(probabilities, targets, groups, "abc")
    hits = probabilities.argmax(axis=1) == targets
    sums, counts = np.bincount(groups, hits), np.bincount(groups)

    def share(drawn, axis):
        return sums[drawn].sum(axis=axis) / counts[drawn].sum(axis=axis)

    reference = bootstrap((np.arange(60),), share, method="percentile", n_resamples=4000, rng=1).confidence_interval

    assert found.interval == pytest.approx(reference, abs=0.008)  # a little wider: 60 are not endless
    alone = judge(probabilities, targets, np.arange(2000), "abc").interval
    assert found.interval.high - found.interval.low > 1.5 * (alone.high - alone.low)  # crops of a track are alike


def test_intervals_of_few_tracks_hold_what_they_promise():
    random = np.random.default_rng(5)
    held = 0
    for seed in range(150):  # 9 tracks whose difficulty differs; on average 0.8 are right
        difficulty = random.beta(8, 2, 9)
        groups = np.repeat(np.arange(9), 6)
        hits = (random.random(54) < difficulty[groups]).astype(int)
        found = judge(np.float32(np.eye(2)[1 - hits]), np.zeros(54, int), groups, "ab", seed)
        held += found.interval.low <= 0.8 <= found.interval.high
    assert held / 150 > 0.87  # plain percentiles hold 0.86


def test_where_all_are_right_the_interval_is_that_of_as_many_trials():
    all_right = np.tile(np.float32([[1, 0]]), (40, 1))
    groups = np.arange(40) % 9
    right = judge(all_right, np.zeros(40, int), groups, "ab")
    wrong = judge(all_right, np.ones(40, int), groups, "ab")

    assert right.interval == pytest.approx(binomtest(9, 9).proportion_ci(method="exact"))
    assert wrong.interval == pytest.approx(binomtest(0, 9).proportion_ci(method="exact"))


@pytest.mark.parametrize("tracks", [1, 4])
def test_too_few_tracks_give_no_interval(tracks):
    probabilities, targets, groups = made_up(40, 2, seed=4, tracks=tracks)
    found = judge(probabilities, targets, groups, "ab")

    assert found.interval is None
    assert "too few tracks" in found.headline()
    assert found.document()["interval"] is None


def test_head_line_names_crops_and_tracks():
    probabilities, targets, groups = made_up(40, 2, seed=4, tracks=9)
    assert judge(probabilities, targets, groups, "ab").headline().endswith("), 40 crops of 9 tracks")
    assert judge(probabilities, targets, np.arange(40), "ab").headline().endswith("), 40 crops")


def teststudent_widens_as_tables_say():
    for freedom in (4, 8, 30):
        assert student(1.959964, freedom) == pytest.approx(t.ppf(0.975, freedom), rel=0.003)


def test_ten_thousand_crops_are_judged_within_a_second():
    probabilities, targets, groups = made_up(10_000, 10, seed=6, tracks=2000)
    started = time.process_time()
    judge(probabilities, targets, groups, [str(n) for n in range(10)])
    assert time.process_time() - started < 3  # of a busy processor; measured: 0.4


def test_arrays_that_do_not_fit_are_refused():
    good = np.float32([[0.5, 0.5]])
    for probabilities, targets in ((good[:0], []), (good, [2]), (good, [0, 1]), (good * np.nan, [0])):
        with pytest.raises(ValueError):
            judge(probabilities, np.array(targets, int), np.zeros(len(targets), int), "ab")
