"""Which result belongs over a frame, and what boxes are called, as plain data."""

from __future__ import annotations

import numpy as np

from studio.controllers.overlays import Labels, boxes_of, detections_of, result_to_show
from studio.core.detections import Detections
from studio.core.geometry import Box
from studio.core.project import LabelRow, RegionRow
from studio.state.session import LiveShown, PickedDetection, ShownFrame

PICTURE = np.zeros((4, 4, 3), np.uint8)
CUP, BACKGROUND = LabelRow(3, "cup", "#4c9aff", "1", 0.6), LabelRow(9, "background", "#6e7681", "0")
LABELS = Labels({row.id: row for row in (CUP, BACKGROUND)}, {77: 2}, {"cup": CUP, "mug": CUP}.get)


def frame(number, medium=1):
    return ShownFrame(medium, number, number / 25, PICTURE)


def result(number, *boxes, at=100.0, scores=None, labels=("cup",), medium=1):
    places = np.array(boxes, np.float32).reshape(-1, 4)
    marks = np.array(scores or [0.9] * len(places), np.float32)
    found = Detections(places, marks, np.zeros(len(places), np.int64))
    return LiveShown(frame(number, medium), found, labels, "head", 0.1, at)


def test_a_result_of_the_frame_itself_always_belongs_to_it():
    newest = result(5)
    for moving in (True, False):
        assert result_to_show(frame(5), newest, None, moving, 1e6) == (newest, "")


def test_a_frame_that_stands_shows_no_other_result():
    assert result_to_show(frame(6), result(5), None, False, 100.0) == (None, "")
    assert result_to_show(frame(5, medium=2), result(5), None, False, 100.0) == (None, "")


def test_moving_frames_show_the_newest_for_half_a_second():
    newest = result(5)
    assert result_to_show(frame(9), newest, None, True, 100.3) == (newest, "400 ms ago")
    assert result_to_show(frame(9), newest, None, True, 100.51) == (None, "")
    assert result_to_show(frame(9, medium=2), newest, None, True, 100.1) == (None, "")


def test_what_was_picked_stays_on_its_frame():
    picked = PickedDetection(result(5, (0, 0, 10, 10)), 0)
    assert result_to_show(frame(5), result(8), picked, False, 200.0) == (picked.result, "")
    assert result_to_show(frame(6), result(8), picked, False, 200.0) == (None, "")


def test_a_pick_is_found_again_in_a_newer_result_of_its_frame():
    picked = PickedDetection(result(5, (0, 0, 10, 10), (50, 0, 10, 10)), 1)
    newer = result(5, (51, 0, 10, 10), (0, 0, 10, 10))
    assert [found.picked for found in detections_of(newer, picked, LABELS, ())] == [True, False]
    gone = result(5, (0, 0, 10, 10))
    assert [found.picked for found in detections_of(gone, picked, LABELS, ())] == [False]


def test_thresholds_are_the_labels_own():
    found = detections_of(result(5, (0, 0, 9, 9), (20, 0, 9, 9), scores=[0.65, 0.55]), None, LABELS, ())
    assert [(each.text, each.doubtful) for each in found] == [("cup 0.65 ?", True)]
    unknown = result(5, (0, 0, 9, 9), (20, 0, 9, 9), scores=[0.95, 0.45], labels=("dog",))
    assert [each.text for each in detections_of(unknown, None, LABELS, ())] == ["dog 0.95"]


def region(number, label=3, track=None, author="tracker", keyframe=False, state="visible"):
    return RegionRow(number, 1, 0, label, track, 1.0, 2.0, 30.0, 40.0, author, keyframe, None, False, state)


def test_how_boxes_are_drawn_and_called():
    rows = [
        region(1, track=77, keyframe=True),
        region(2, track=77),
        region(3, state="occluded"),
        region(4, state="ignore"),
        region(5, state="rejected"),
        region(6, label=9),
    ]
    shown = {box.id: (box.kind, box.name) for box in boxes_of(rows, {77: (3, Box(5, 5, 9, 9))}, LABELS, {2})}
    assert shown == {
        1: ("keyframe", "cup · 2"),
        2: ("followed", "cup · 2"),
        3: ("occluded", "cup · occluded"),
        4: ("ignore", "cup · ignored"),
        5: ("rejected", "not cup"),
        6: ("background", "background"),
        -77: ("interpolated", "cup · 2"),
    }
    order = [box.id for box in boxes_of(rows, {}, LABELS, {2})]
    assert (order[0], order[-1]) == (6, 2), "negatives below, the selected above"


def test_words_go_below_where_a_region_says_the_same():
    [box] = boxes_of([region(1)], {}, LABELS, set())
    [found] = detections_of(result(0, (1, 2, 30, 40)), None, LABELS, [box])
    assert found.below


def test_a_label_that_was_renamed_is_shown_by_its_name_of_now():
    """The head says "mug" as it did when it was trained."""
    said = result(3, (1, 2, 30, 40), scores=[0.9], labels=("mug",))
    assert [each.text for each in detections_of(said, None, LABELS, ())] == ["cup 0.90"]
