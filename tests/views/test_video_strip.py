"""The time line: what a pixel column says, how tracks are packed, and that a long medium stays cheap."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from studio.core.project.tracks import STATES, TrackLine
from studio.views.theme import SPLIT_COLORS
from studio.views.video.bars import StripData, StripTrack, bars, column_of, frame_of, packed, runs, strip_data
from studio.views.video.strip import Strip


def line(frames, scores, track=1, label=5, keyframes=(), state="visible"):
    frames, scores = np.array(frames, np.int32), np.array(scores, np.float32)
    doubts = np.nan_to_num(1 - np.abs(2 * np.maximum(scores, 0.5) - 1), nan=0.0).astype(np.float32)
    fixed = np.isin(frames, keyframes)
    return TrackLine(track, label, frames, scores, doubts, fixed, np.full(len(frames), STATES.index(state), np.uint8))


def test_columns_and_frames_belong_together():
    for count, width in ((7, 100), (100, 7), (33, 33), (1, 5), (100_000, 1283)):
        frames = frame_of(np.arange(width), count, width)
        assert frames[0] == 0
        assert (np.diff(frames) >= 0).all()
        assert frames[-1] >= count - 1 - count // width
        if count <= width:
            assert (frame_of(column_of(np.arange(count), count, width), count, width) == np.arange(count)).all()


def test_a_column_shows_the_worst_of_its_frames():
    data = strip_data(8, [line(range(8), [0.9, 0.2, 1, 1, np.nan, np.nan, 0.7, 0.8])], {5: "#4c9aff"}, ())
    least, most = bars(data, 4)
    assert least == pytest.approx([0.2, 1, 1, 0.7])
    assert most == pytest.approx([1, 0, 0, 0.6])
    least, _ = bars(data, 16)
    assert least == pytest.approx(np.repeat([0.9, 0.2, 1, 1, 1, 1, 0.7, 0.8], 2)), "a frame is two columns wide"


def test_columns_without_a_region_are_empty():
    data = strip_data(10, [line([0, 1], [0.9, 0.9]), line([7], [0.5], state="outside")], {}, ())
    least, _ = bars(data, 10)
    assert np.isfinite(least).tolist() == [True, True] + [False] * 8
    assert len(data.tracks) == 1


def test_stretches_and_gaps_of_a_track():
    data = strip_data(100, [line([0, 1, 2, 3, 10, 11, 50], [np.nan] * 7, keyframes=(0, 10, 11))], {}, ())
    [track] = data.tracks
    assert track.keyframes.tolist() == [0, 10, 11]
    assert track.gaps.tolist() == [[4, 9]], "behind the last keyframe nothing is interpolated"
    assert runs(track.frames, 100, 100) == [(0, 3), (10, 11), (50, 50)]
    assert runs(track.frames, 100, 10) == [(0, 1), (5, 5)]


def track(first, last, color="#4c9aff"):
    frames = np.arange(first, last + 1, dtype=np.int32)
    return StripTrack(color, frames, frames[:1], np.zeros((0, 2), np.int32))


def test_tracks_one_after_another_share_a_lane():
    one, two, three, other = track(0, 10), track(11, 30), track(5, 8), track(40, 50, "#f0883e")
    lanes = packed([two, three, one, other])
    assert [[int(each.frames[0]) for each in lane] for lane in lanes] == [[0, 11], [40], [5]]


@pytest.fixture
def strip(qtbot):
    strip = Strip()
    qtbot.addWidget(strip)
    strip.resize(500, 80)
    strip.set_data(StripData(100))
    strip.show()
    return strip


def test_the_mouse_scrubs_and_the_playhead_follows_the_state(qtbot, strip):
    seen, held = [], []
    strip.scrubbed.connect(seen.append)
    strip.held.connect(held.append)
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(0, 10))
    qtbot.mouseMove(strip, QPoint(250, 10))
    qtbot.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(499, 10))
    assert seen[:2] == [0, 50]
    assert held == [True, False]
    strip.set_frame(42)
    image = strip.grab().toImage()
    playhead = round(42.5 * 5)
    ground = image.pixelColor(10, 70)
    assert image.pixelColor(playhead, 70) != ground


def test_an_empty_strip_does_nothing(qtbot):
    strip = Strip()
    qtbot.addWidget(strip)
    seen = []
    strip.scrubbed.connect(seen.append)
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    strip.grab()
    assert seen == []


def test_a_hundred_thousand_frames_are_drawn_once(qtbot, strip):
    count = 100_000
    scores = np.random.default_rng(0).random(count)
    keyframes = np.arange(0, count, 10)
    lines = [line(np.arange(count), scores, track=1, keyframes=keyframes)]
    lines += [line(np.arange(n * 900, n * 900 + 700), np.full(700, 0.9), track=2 + n) for n in range(100)]
    strip.resize(1600, 90)
    strip.set_data(strip_data(count, lines, {5: "#4c9aff"}, ((500, 9000),)))
    strip.set_found(np.arange(2000, 60_000, 3, dtype=np.int32))
    strip.set_marks(1000, 90_000)
    drawn = strip.grab().toImage()
    began = time.perf_counter()
    for frame in range(0, count, 1000):
        strip.set_frame(frame)
        strip.grab()
    assert (time.perf_counter() - began) / 100 < 0.02, "only the playhead moves"
    assert drawn.width() >= 1600


def test_the_strip_of_a_camera_begins_where_its_buffer_does(strip):
    strip.resize(200, 60)
    data = strip_data(100, [line(range(880, 930), [0.9] * 50)], {5: "#4c9aff"}, ((890, 905),), first=900)
    strip.set_data(data)
    assert data.frames.tolist() == list(range(30)) and data.nothing == ((0, 5),)
    assert strip.frame_at(0) == 900 and strip.frame_at(199) == 999


def test_splits_are_a_band_along_the_lower_edge(qtbot):
    strip = Strip()
    qtbot.addWidget(strip)
    strip.resize(200, strip.sizeHint().height())
    low = strip.sizeHint().height()
    stretches = {"train": np.arange(0, 50, dtype=np.int32), "test": np.arange(60, 100, dtype=np.int32)}
    strip.set_data(strip_data(100, [line(range(100), [0.9] * 100)], {}, (), 0, stretches))
    assert strip.sizeHint().height() == low + 4
    strip.resize(200, strip.sizeHint().height())
    image = strip.grab().toImage()
    row = image.height() - 2
    assert image.pixelColor(50, row).name() == SPLIT_COLORS["train"]
    assert image.pixelColor(150, row).name() == SPLIT_COLORS["test"]
    assert image.pixelColor(110, row).name() not in SPLIT_COLORS.values()
    assert image.pixelColor(50, row - 4).name() != SPLIT_COLORS["train"]


def test_splits_of_a_camera_count_from_what_it_has_left():
    data = strip_data(10, [], {}, (), 100, {"val": np.arange(95, 105, dtype=np.int32)})
    assert data.splits["val"].tolist() == [0, 1, 2, 3, 4]
