"""Tracks: boxes between keyframes, and the time line's arrays."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.core.project import BACKGROUND, Edit, TrackRow
from studio.core.project.tracks import (
    STATES,
    doubt,
    interpolate,
    keep_interpolated,
    next_doubtful,
    timeline,
    touched_negatives,
    track_boxes,
)
from tests.core.project.project_rows import CUP, MEDIUM, region

TRACK = TrackRow(50, MEDIUM.id, CUP.id)


def on_track(frame, x=0.0, **changes):
    return region(frame=frame, track=TRACK.id, x=x, **changes)


def tracked(frame, x=0.0, score=0.9, **changes):
    return on_track(frame, x, author="tracker", keyframe=False, score=score, **changes)


@pytest.fixture
def tracks(project):
    """A project with one track, to which a test adds regions."""
    project.apply(Edit.rows("track", [TRACK]))

    def add(*rows):
        project.apply(Edit.rows("draw", rows))
        return project

    return add


def test_boxes_between_keyframes_change_linearly():
    rows = [on_track(10, 5.0, width=20.0), on_track(0, 0.0, width=10.0), on_track(12, 9.0, width=20.0)]
    found = interpolate(rows)
    assert [box.frame for box in found] == [*range(1, 10), 11]
    assert found[1].box == pytest.approx((1.0, 2.5, 12.0, 20.0)) and found[-1].box.x == 7.0
    assert all(box.region is None for box in found)


def test_what_a_tracker_made_bends_the_line_but_nothing_is_made_outside_of_keyframes():
    rows = [tracked(0), on_track(4, 0.0), tracked(6, 10.0), on_track(8, 10.0), tracked(12, 90.0)]
    assert [(box.frame, box.box.x) for box in interpolate(rows)] == [(5, 5.0), (7, 10.0)]


def test_a_frame_marked_outside_ends_the_line():
    rows = [on_track(0), on_track(3, state="outside"), on_track(6), on_track(8, state="occluded"), on_track(10)]
    assert [box.frame for box in interpolate(rows)] == [7, 9]
    assert interpolate(rows[:1]) == interpolate([]) == []


def test_the_boxes_of_a_track_are_its_regions_and_what_lies_between(tracks):
    rows = on_track(2), on_track(5, 3.0), on_track(7, state="outside")
    negative = region(frame=2, track=TRACK.id, label=1_000, author="tracker", keyframe=False)
    project = tracks(*rows)
    background = project.label(BACKGROUND).id
    project.apply(Edit.rows("negative", [region(negative.id, 2, track=TRACK.id, label=background)]))
    found = track_boxes(project, MEDIUM.id, TRACK.id)
    assert [(box.frame, box.box.x, box.region) for box in found] == [
        (2, 0.0, rows[0]), (3, 1.0, None), (4, 2.0, None), (5, 3.0, rows[1])
    ]  # fmt: skip
    assert [box.frame for box in track_boxes(project, MEDIUM.id, TRACK.id, 3, 4)] == [3, 4]
    assert track_boxes(project, 99, TRACK.id) == []
    with pytest.raises(InputError, match="no such track"):
        track_boxes(project, MEDIUM.id, 99)


def test_interpolated_boxes_are_kept_as_regions_that_a_tracker_may_replace(tracks):
    project = tracks(on_track(2), on_track(5, 3.0))
    background = project.label(BACKGROUND).id
    near = {"x": 0.0, "label": background, "author": "tracker", "keyframe": False}
    by_hand = region(80, 3, label=background)
    project.apply(Edit.rows("negatives", [region(78, 3, **near), region(79, 2, **near), by_hand]))
    before = project.regions()
    edit = keep_interpolated(project, TRACK.id)
    assert edit.seen == project.position
    project.apply(edit)
    kept = [row for row in project.regions(track=TRACK.id) if row not in before]
    assert [(row.frame, row.x, row.author, row.keyframe, row.score) for row in kept] == [
        (3, 1.0, "tracker", False, None), (4, 2.0, "tracker", False, None)
    ]  # fmt: skip
    assert {row.id for row in project.regions(label=background)} == {79, 80}
    assert not keep_interpolated(project, TRACK.id).changes
    project.undo()
    assert project.regions() == before


def test_negatives_that_a_new_box_touches_are_those_of_its_frame(tracks):
    project = tracks()
    background = project.label(BACKGROUND).id
    made = {"label": background, "author": "tracker", "keyframe": False}
    rows = [region(61, 3, **made), region(62, 4, **made), region(63, 3, x=50.0, **made)]
    project.apply(Edit.rows("negatives", rows))
    assert touched_negatives(project, MEDIUM.id, {3: Box(0, 0, 5, 5)}) == rows[:1]
    assert touched_negatives(project, MEDIUM.id, {}) == []


def test_doubt_is_largest_at_one_half_and_below():
    assert doubt(np.array([1.0, 0.75, 0.5, 0.2])).tolist() == [0.0, 0.5, 1.0, 1.0]
    assert np.isnan(doubt(np.array([np.nan])))[0]


def test_the_time_line_holds_a_line_for_each_track_and_the_loose_regions_of_each_label(tracks):
    loose = region(frame=9)
    project = tracks(
        on_track(0), tracked(1, score=0.75), tracked(2, score=0.5, state="occluded"), tracked(3, score=None),
        on_track(4, score=0.3, author="head"), on_track(5, state="outside"), loose,
    )  # fmt: skip
    project.apply(Edit.rows("negative", [region(frame=1, track=TRACK.id, label=project.label(BACKGROUND).id)]))
    without, line = timeline(project, MEDIUM.id).lines
    assert (without.track, without.label, without.frames.tolist()) == (None, CUP.id, [9])
    assert (line.track, line.label, line.frames.tolist()) == (TRACK.id, CUP.id, [0, 1, 2, 3, 4, 5])
    np.testing.assert_array_equal(line.scores, np.array([np.nan, 0.75, 0.5, np.nan, np.nan, np.nan], np.float32))
    assert line.doubts.tolist() == [0, 0.5, 1, 0, 0, 0]
    assert line.keyframes.tolist() == [True, False, False, False, True, True]
    assert [STATES[number] for number in line.states] == [*["visible"] * 2, "occluded", *["visible"] * 2, "outside"]
    kinds = (line.frames, line.scores, line.doubts, line.keyframes, line.states)
    assert [array.dtype for array in kinds] == [np.int32, np.float32, np.float32, np.bool_, np.uint8]
    assert timeline(project, 99).lines == ()


def test_the_next_doubtful_frame_either_way(tracks):
    other = TrackRow(51, MEDIUM.id, CUP.id)
    project = tracks(other, tracked(3, score=0.4), tracked(7, score=0.9), tracked(8, score=0.95, state="occluded"))
    by_hand = region(frame=5, track=other.id, state="occluded")
    project.apply(
        Edit.rows("more", [region(frame=12, track=other.id, author="tracker", keyframe=False, score=0.1), by_hand])
    )
    line = timeline(project, MEDIUM.id)
    assert [next_doubtful(line, frame, 1) for frame in (0, 3, 8, 12)] == [3, 8, 12, None]
    assert [next_doubtful(line, frame, -1) for frame in (20, 12, 8, 3)] == [12, 8, 3, None]
    assert next_doubtful(timeline(project, 99), 0, 1) is None
