"""Two heads on the same frames: agreement frame by frame, and scores where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.comparing import AGREE, DIFFER, FIRST, NEITHER, SECOND, RunOfHead, compare
from studio.core.detections import Detections
from studio.core.detections_file import FrameDetections

CUP, FAR = (10.0, 10.0, 20.0, 20.0), (60.0, 60.0, 20.0, 20.0)
NEAR = (12.0, 10.0, 20.0, 20.0)  # IoU 0.82 with CUP


def run(name, labels, *frames, start=5):
    rows = []
    for at, found in enumerate(frames):
        boxes = np.array([box for box, _ in found], np.float32).reshape(-1, 4)
        ids = np.array([label for _, label in found], np.int64)
        rows.append(
            FrameDetections(start + at, 0.04 * at, Detections(boxes, np.full(len(found), 0.9, np.float32), ids))
        )
    return RunOfHead(name, labels, rows)


def test_each_frame_is_in_one_state():
    first = run("a", ("cup", "mug"), [], [(CUP, 0)], [(CUP, 0)], [], [(CUP, 0)], [(CUP, 0), (FAR, 1)], [(CUP, 0)])
    second = run("b", ("mug", "cup"), [], [(NEAR, 1)], [], [(CUP, 1)], [(CUP, 0)], [(FAR, 0), (NEAR, 1)], [(FAR, 1)])
    found = compare(first, second, {})
    assert found.states.tolist() == [NEITHER, AGREE, FIRST, SECOND, DIFFER, AGREE, DIFFER]
    assert found.disagreements.tolist() == [7, 8, 9, 11] and found.count(AGREE) == 2 and found.start == 5


def test_a_detection_is_the_partner_of_one_alone():
    first = run("a", ("cup",), [(CUP, 0), (NEAR, 0)])
    second = run("b", ("cup",), [(CUP, 0), (FAR, 0)])
    assert compare(first, second, {}).states.tolist() == [DIFFER]


def test_only_frames_that_both_were_run_over_count():
    found = compare(run("a", ("cup",), [(CUP, 0)], [], []), run("b", ("cup",), [(CUP, 0)]), {})
    assert found.states.tolist() == [AGREE] and len(found.first.frames) == 1
    assert compare(run("a", ("cup",)), run("b", ("cup",)), {}).states.tolist() == []


def test_scores_are_of_frames_whose_truth_is_known():
    truth = {5: [CUP], 6: [CUP], 7: []}

    def known(frame):
        return np.array(truth[frame], np.float64).reshape(-1, 4) if frame in truth else None

    first = run("a", ("cup",), [(NEAR, 0)], [], [(FAR, 0)], [(CUP, 0)])
    second = run("b", ("mug",), [(CUP, 0)], [], [], [])
    scores = compare(first, second, {"cup": known, "mug": lambda frame: None}).scores
    assert set(scores) == {"cup"} and scores["cup"][1] is None
    assert scores["cup"][0].frames == 3 and scores["cup"][0].f1 == pytest.approx(2 / (2 + 1 + 1))
