"""Draw, T, stop, fit, live, reject, undo: the controllers together, with real engines."""

from __future__ import annotations

import pytest

from studio.core.geometry import iou_matrix
from tests.controllers.gesture import opened
from tests.moving_square import box_at


@pytest.fixture
def gesture(qtbot, context):
    with opened(qtbot, context) as made:
        yield made


def best(result):
    return result.detections.boxes[:1], float(result.detections.scores[0])


def test_from_a_box_to_live_detection_and_back(gesture, said):
    session = gesture.session
    seen = []
    session.followed_changed.connect(lambda followed: followed and seen.append(followed))
    gesture.follow()
    assert session.live and session.head.name == "live"
    assert len(gesture.regions()) == 60
    assert seen and seen[-1].positives and seen[-1].negatives
    assert session.followed is None

    result = gesture.result_on(30)
    box, score = best(result)
    assert score > 0.5 and iou_matrix(box, [box_at(30)])[0, 0] > 0.5

    # A rejected detection is gone from its frame, and comes back with the head when it is undone.
    before = session.head
    gesture.do("detect.reject")
    assert len(gesture.regions("rejected")) == 1
    gesture.until(lambda: session.head is not before)
    rejected = gesture.result_on(30)
    there = iou_matrix(rejected.detections.boxes, box)[:, 0] > 0.5
    assert rejected.detections.scores[there].max(initial=0) < 0.5
    assert session.taught.negatives == 1

    gesture.project.undo()
    assert not gesture.regions("rejected")
    gesture.until(lambda: session.head.key == before.key)
    again = gesture.result_on(30)
    assert best(again)[1] == pytest.approx(score, abs=1e-6)
    assert session.taught is None
    print(said)
