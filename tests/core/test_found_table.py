"""The table of what was found, as people and as other programs read it."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from studio.core.counting import CountedTrack
from studio.core.detections import Detections
from studio.core.errors import InputError
from studio.core.found_table import DetectionsCsv, FoundTrack, clock, how_many, ranges, write_tracks_csv

LABELS = ['cup, "small"', "Blüte"]


def track(number, first, last, label=0):
    frames = np.arange(first, last + 1)
    boxes = np.stack([[frame, 2, 10, 20] for frame in frames]).astype(np.float32)
    scores = np.linspace(0.5, 1, len(frames)).astype(np.float32)
    return CountedTrack(number, label, frames, frames / 25, boxes, scores)


def found(*tracks):
    return [FoundTrack.of(each, LABELS) for each in tracks]


def test_a_line_says_when_where_and_how_sure():
    (line,) = found(track(4, 10, 14, 1))
    assert (line.track, line.label, line.first, line.last, line.detections) == (4, "Blüte", 10, 14, 5)
    assert (line.start, line.end, line.mean_score, line.best_score) == (0.4, 0.56, 0.75, 1.0)
    assert line.box == (12, 2, 10, 20)


def test_ranges_merge_what_meets_and_count_at_once():
    lines = found(track(1, 0, 9), track(2, 5, 20), track(3, 21, 30), track(4, 40, 50), track(5, 3, 45, label=1))
    assert [tuple(each) for each in ranges(lines)] == [
        ("Blüte", 3, 45, 3 / 25, 45 / 25, 1, 1),
        (LABELS[0], 0, 30, 0.0, 30 / 25, 3, 2),
        (LABELS[0], 40, 50, 40 / 25, 50 / 25, 1, 1),
    ]
    assert [each.tracks for each in ranges(lines, bridge=9)] == [1, 4]
    assert ranges([]) == []


def test_how_many_are_there_on_each_frame():
    frames, counts = how_many(found(track(1, 0, 9), track(2, 5, 20), track(3, 10, 12)))
    assert frames.tolist() == [0, 5, 10, 13, 21] and counts.tolist() == [1, 2, 2, 1, 0]
    assert [len(each) for each in how_many([])] == [0, 0]


def test_time_stamps():
    assert [clock(0), clock(62.48), clock(59.9996), clock(3 * 3600 + 7)] == [
        "00:00:00.000", "00:01:02.480", "00:01:00.000", "03:00:07.000"
    ]  # fmt: skip


def test_csv_files_are_what_the_standard_says(tmp_path):
    path = tmp_path / "tracks.csv"
    write_tracks_csv(
        path, [("küche 1.mp4", found(track(1, 0, 9), track(3, 2, 62, 1))), ("b.mp4", found(track(1, 5, 9)))]
    )
    text = path.read_bytes().decode("utf-8")
    assert text.endswith("\r\n") and text.count("\n") == text.count("\r\n") == 4
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["source"] for row in rows] == ["küche 1.mp4", "küche 1.mp4", "b.mp4"]
    assert rows[0]["label"] == LABELS[0] and rows[1]["label"] == "Blüte"
    assert rows[1] | {
        "track": "3", "first_frame": "2", "last_frame": "62", "start_seconds": "0.080000", "end_seconds": "2.480000",
        "start_time": "00:00:00.080", "end_time": "00:00:02.480", "detections": "61", "mean_score": "0.75",
        "best_score": "1.0", "x": "32.0", "y": "2.0", "width": "10.0", "height": "20.0",
    } == rows[1]  # fmt: skip
    assert [entry.name for entry in tmp_path.iterdir()] == ["tracks.csv"]


def test_every_detection_is_a_line_and_whole_lines_stay(tmp_path):
    path = tmp_path / "found.csv"
    two = Detections(
        np.array([[1.234, 2, 30, 40], [5, 6, 7, 8]], np.float32), np.array([0.98768, 0.5], np.float32), np.array([1, 0])
    )
    with pytest.raises(KeyboardInterrupt), DetectionsCsv(path) as file:
        file.write("clip.mp4", 12, 0.48, two, LABELS, np.array([7, 8]))
        file.write("clip.mp4", 13, 0.52, Detections(), LABELS, np.zeros(0, np.int64))
        assert not path.exists()
        raise KeyboardInterrupt
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0][:4] == ["source", "frame", "seconds", "time"] and len(rows) == 3
    assert rows[1] == [
        "clip.mp4", "12", "0.480000", "00:00:00.480", "Blüte", "0.9877", "1.23", "2.0", "30.0", "40.0", "7"
    ]  # fmt: skip
    assert rows[2][4] == LABELS[0]


def test_what_fails_before_the_first_frame_leaves_no_file(tmp_path):
    with pytest.raises(KeyboardInterrupt), DetectionsCsv(tmp_path / "found.csv"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="No such file"):
        write_tracks_csv(tmp_path / "no" / "tracks.csv", [])
