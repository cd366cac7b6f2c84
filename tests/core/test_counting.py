"""Made objects that cross, vanish and come back are counted as many as they are."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.counting import Counter, bridged, distance_iou
from studio.core.detections import Detections


def detections(*boxes, labels=None, scores=None):
    count = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(count, 4),
        np.array(scores if scores is not None else [0.9] * count, np.float32),
        np.array(labels if labels is not None else [0] * count, np.int64),
    )


def run(frames, gap=10, least=3):
    """Counts `{frame: detections}`; gives the tracks and the numbers of every frame."""
    counter = Counter(gap, least)
    numbers = {frame: counter.add(frame, frame / 25, found).tolist() for frame, found in frames.items()}
    return counter.finish(), numbers


def at(x, y=50.0):
    return (x, y, 20.0, 20.0)


def test_two_objects_that_cross_keep_their_tracks():
    def frame(n):
        one, other = at(10 + 4 * n, 50 + n / 4), at(200 - 4 * n, 62 - n / 4)
        return detections(one, other) if n % 3 else detections(other, one)  # whichever scored better

    tracks, _ = run({n: frame(n) for n in range(48)})
    assert [len(track.frames) for track in tracks] == [48, 48]
    ends = sorted((float(track.boxes[0, 0]), float(track.boxes[-1, 0])) for track in tracks)
    assert ends == [(10, 198), (200, 12)]  # through each other, not back


def test_a_vanished_object_is_bridged_while_the_gap_lasts():
    def seen(missing):
        return {n: detections(*([] if n in missing else [at(10 + 3 * n)])) for n in range(60)}

    tracks, _ = run(seen(range(20, 30)))
    (track,) = tracks
    assert (track.frames[0], track.frames[-1], len(track.frames)) == (0, 59, 50) and 25 not in track.frames
    assert [len(track.frames) for track in run(seen(range(20, 31)))[0]] == [20, 29]


def test_another_label_is_another_object_and_flicker_is_none():
    frames = {n: detections(at(50), at(50), labels=[0, 1]) for n in range(5)}
    frames |= {n: detections(at(50), at(300), at(50), labels=[0, 0, 1]) for n in (5, 6)}
    tracks, numbers = run(frames)
    assert [(track.number, track.label, len(track.frames)) for track in tracks] == [(1, 0, 7), (2, 1, 7)]
    assert numbers[6] == [1, 3, 2]  # the flicker has a number, and is not counted
    assert [track.number for track in run(frames, least=2)[0]] == [1, 2, 3]


def test_a_small_fast_object_is_one():
    tracks, _ = run({n: detections((15.0 * n, 10.0, 16.0, 16.0)) for n in range(20)})
    assert [len(track.frames) for track in tracks] == [20]
    tracks, _ = run({n: detections(at(500.0 * (n % 2))) for n in range(20)})
    assert len(tracks) == 2  # two places far apart are never one object


def test_scores_and_times_go_with_the_boxes_and_it_is_deterministic():
    random = np.random.default_rng(3)
    frames = {
        n: detections(*random.uniform(0, 100, (6, 4)), labels=random.integers(0, 2, 6), scores=random.random(6))
        for n in range(0, 90, 3)
    }
    first, second = run(frames), run(frames)
    assert first[1] == second[1]
    for one, other in zip(first[0], second[0], strict=True):
        np.testing.assert_array_equal(one.boxes, other.boxes)
    for track in first[0]:
        for frame, time, box, score in zip(track.frames, track.times, track.boxes, track.scores, strict=True):
            found = frames[int(frame)]
            (place,) = np.flatnonzero((found.boxes == box).all(1))
            assert found.scores[place] == score and time == frame / 25
            assert first[1][int(frame)][place] == track.number


def test_an_empty_medium_and_frames_that_do_not_rise():
    assert run({n: Detections() for n in range(5)})[0] == []
    counter = Counter(1)
    counter.add(3, 0.1, Detections())
    with pytest.raises(ValueError, match="frame 3 comes after frame 3"):
        counter.add(3, 0.1, Detections())
    assert (bridged(25), bridged(1)) == (12, 1)


def test_agreement_falls_with_overlap_and_then_with_distance():
    box = np.array([[0.0, 0, 10, 10]])
    others = np.array([[0.0, 0, 10, 10], [5, 0, 10, 10], [11, 0, 10, 10], [100, 0, 10, 10]])
    agreement = distance_iou(box, others)[0]
    assert agreement[0] == 1 and (np.diff(agreement) < 0).all() and agreement[2] < 0 and agreement[3] > -1
    assert distance_iou(np.zeros((1, 4)), np.zeros((1, 4))) == 0
