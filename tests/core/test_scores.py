from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.detections import Detections
from studio.core.scores import JudgedFrame, average_precision, evaluate_frames, true_boxes

TRUTH = np.array([[100.0, 100, 50, 50]])
ABSENT = np.zeros((0, 4))


def found(*rows):
    """Detections from rows of score, x, y, w, h."""
    table = np.array(rows, np.float32).reshape(-1, 5)
    return Detections(table[:, 1:].copy(), table[:, 0].copy(), np.zeros(len(table), np.int64))


def judge(*frames, threshold=0.5):
    return evaluate_frames([JudgedFrame(*frame) for frame in frames], threshold)


def test_a_perfect_head():
    scores = judge((found((0.9, 100, 100, 50, 50)), TRUTH), (found(), ABSENT))
    assert (scores.precision, scores.recall, scores.f1, scores.mean_iou, scores.average_precision) == (1, 1, 1, 1, 1)
    assert (scores.presence.precision, scores.presence.recall) == (1, 1)
    assert (scores.true_positives, scores.false_positives, scores.misses, scores.frames) == (1, 0, 0, 2)


def test_a_case_worked_by_hand():
    scores = judge(
        (found((0.9, 100, 100, 50, 50), (0.8, 100, 100, 50, 48), (0.1, 0, 0, 9, 9)), TRUTH),  # a hit and a double
        (found((0.7, 100, 100, 50, 40)), TRUTH),  # a hit of IoU 0.8
        (found((0.6, 300, 300, 50, 50)), TRUTH),  # elsewhere
        (found((0.4, 100, 100, 50, 50)), TRUTH),  # right, but below the threshold
        (found((0.95, 10, 10, 50, 50)), ABSENT),  # while it is away
    )
    assert (scores.true_positives, scores.false_positives, scores.misses) == (2, 3, 2)
    assert scores.away_false_positives == 1
    assert scores.precision == pytest.approx(2 / 5)
    assert scores.recall == pytest.approx(2 / 4)
    assert scores.f1 == pytest.approx(4 / 9)
    assert scores.mean_iou == pytest.approx((1 + 0.8 + 0 + 0) / 4)
    # By score: 0.95 no, 0.9 yes, 0.8 no, 0.7 yes, 0.6 no, 0.4 yes, 0.1 no: precision 1/2, 2/4, 3/6 at the hits.
    assert scores.average_precision == pytest.approx(0.25 * (0.5 + 0.5 + 0.5))


def test_presence_counts_frames_by_the_true_centre():
    window = (0.9, 50, 50, 224, 224)  # far too large for an IoU of 0.5, but the centre is inside
    scores = judge(
        (found(window, (0.8, 300, 300, 224, 224)), TRUTH),  # hit: one of the windows holds it
        (found((0.9, 300, 300, 224, 224)), TRUTH),  # a miss and a false alarm
        (found(), TRUTH),  # a miss
        (found(window), ABSENT),  # a false alarm
        (found(), ABSENT),
    )
    assert scores.presence.precision == pytest.approx(1 / 3)
    assert scores.presence.recall == pytest.approx(1 / 3)
    assert scores.f1 == 0


def test_silence_is_not_praised():
    scores = judge((found(), TRUTH), (found(), ABSENT))
    numbers = asdict(scores) | asdict(scores.presence)
    assert all(numbers[name] == 0 for name in ("precision", "recall", "f1", "mean_iou", "average_precision"))
    assert scores.misses == 1
    assert judge().frames == 0


def test_a_detection_in_an_ignored_box_counts_neither_way():
    ignore = np.array([[200.0, 200, 100, 100]])
    inside, mostly_outside = (0.9, 210, 210, 50, 50), (0.9, 160, 210, 50, 50)
    scores = judge((found(inside), ABSENT, ignore), (found(mostly_outside), ABSENT, ignore))
    assert scores.false_positives == 1
    assert scores.presence.precision == 0 and scores.average_precision == 0
    # A hit inside an ignored box is still a hit.
    assert judge((found((0.9, 210, 210, 50, 50)), np.array([[210.0, 210, 50, 50]]), ignore)).true_positives == 1


def test_several_objects_take_a_detection_each_best_first():
    truth = np.array([[0.0, 0, 10, 10], [0, 4, 10, 10]])
    scores = judge((found((0.9, 0, 1, 10, 10), (0.8, 0, 0, 10, 10)), truth))
    assert (scores.true_positives, scores.false_positives, scores.misses) == (1, 1, 1)
    # The first claims the upper box (IoU 9/11); the second overlaps what is free by 6/14.
    assert scores.mean_iou == pytest.approx((9 / 11 + 6 / 14) / 2)


def test_detections_need_not_be_sorted_and_a_generator_is_enough():
    rows = [(0.6, 300, 300, 50, 50), (0.9, 100, 100, 50, 50)]
    frames = (JudgedFrame(found(*order), TRUTH) for order in (rows, rows[::-1]))
    scores = evaluate_frames(frames, 0.5)
    assert scores.mean_iou == 1 and scores.true_positives == 2 and scores.false_positives == 2


def test_the_best_scored_detection_decides_the_mean_iou():
    assert judge((found((0.9, 300, 300, 50, 50), (0.8, 100, 100, 50, 50)), TRUTH)).mean_iou == 0


def test_a_row_of_truth_becomes_boxes():
    assert true_boxes(np.array([1.0, 2, 3, 4])).tolist() == [[1, 2, 3, 4]]
    assert true_boxes(np.full(4, np.nan)).shape == (0, 4)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=40))
def test_average_precision_against_scikit_learn(rows):
    """Without the envelope scikit-learn's sum is never larger; with it, a sum over its own curve is equal."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    scores = np.array([row[0] / 8 for row in rows])
    hits = np.array([row[1] for row in rows])
    if not hits.any():
        assert average_precision(scores, hits, 3) == 0
        return
    precision, recall, _ = precision_recall_curve(hits, scores)
    envelope = np.maximum.accumulate(precision)  # the curve runs from recall 1 down to 0
    reference = float(-(np.diff(recall) * envelope[:-1]).sum())
    value = average_precision(scores, hits, int(hits.sum()))
    assert value == pytest.approx(reference, abs=1e-12)
    assert value >= average_precision_score(hits, scores) - 1e-12
    # True boxes nobody found lower it in proportion.
    assert average_precision(scores, hits, 2 * int(hits.sum())) == pytest.approx(value / 2)


def test_average_precision_without_truth_or_detections():
    assert average_precision(np.array([0.5]), np.array([False]), 0) == 0
    assert average_precision(np.zeros(0), np.zeros(0, bool), 4) == 0
