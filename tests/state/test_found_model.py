"""The table of counted tracks: sorted by value, tied to the playhead, summed up in a line."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt

from studio.core.clip_found import FoundInMedium, by_frame, found_frames, summary
from studio.core.clip_report import ClipReport
from studio.core.counting import CountedTrack
from studio.core.project import MediumRow
from studio.state.found_model import FoundModel
from studio.state.roles import Role


def track(number, first, last, label=0, score=0.75):
    frames = np.arange(first, last + 1)
    boxes = np.tile(np.array([number, 20, 30, 40], np.float32), (len(frames), 1))
    return CountedTrack(number, label, frames, frames / 10, boxes, np.full(len(frames), score, np.float32))


def found(id, *tracks):
    row = MediumRow(id, f"media/{id}.mp4", "video", 1, "0" * 64, 100, 320, 240)
    return FoundInMedium(row, 0, ClipReport(row.path, ("cup", "hand"), 100, 50, 1.0, list(tracks), {}, 10.0))


@pytest.fixture
def both():
    return [found(1, track(1, 5, 20), track(2, 10, 12, score=0.9), track(4, 60, 70, 1)), found(2, track(1, 8, 9))]


@pytest.fixture
def model(both):
    model = FoundModel()
    model.set_found(both)
    return model


def column(model, number):
    return [model.index(row, number).data() for row in range(model.rowCount())]


def here(model):
    return [model.index(row, 0).data(Role.HERE) for row in range(model.rowCount())]


def test_it_begins_sorted_by_time_and_sorts_by_value(model):
    assert column(model, 4) == ["5", "8", "10", "60"] and column(model, 1)[0] == "00:00.500"
    model.sort(3, Qt.SortOrder.DescendingOrder)
    assert column(model, 3) == ["1.50", "1.00", "0.20", "0.10"]
    model.sort(8)
    assert column(model, 8) == ["1.mp4", "1.mp4", "1.mp4", "2.mp4"]


def test_what_is_selected_stays_with_its_line(model):
    kept = QPersistentModelIndex(model.index(3, 4))
    model.sort(4, Qt.SortOrder.DescendingOrder)
    assert kept.row() == 0 and kept.data() == "60"


def test_lines_that_are_there_on_the_shown_frame_are_marked(model):
    changed = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    model.set_playhead(1, 11)
    assert here(model) == [True, False, True, False] and changed == [(0, 2)]
    model.set_playhead(1, 12)
    assert len(changed) == 1
    model.set_playhead(2, 8)
    assert here(model) == [False, True, False, False]
    model.sort(4, Qt.SortOrder.DescendingOrder)
    assert here(model) == [False, False, True, False]


def test_a_line_sums_up(both):
    assert summary(both) == "3 × cup in 2 ranges, at most 2 at once; 1 × hand in 1 range"
    assert summary([found(1)]) == "Nothing found"


def test_detections_come_back_frame_by_frame(both):
    rows = list(by_frame(both[0].report.tracks))
    assert [row[0] for row in rows] == [*range(5, 21), *range(60, 71)] and rows[0][1] == 0.5
    frame, _, at, numbers = rows[5]
    assert frame == 10 and numbers.tolist() == [2, 1] and at.scores.tolist() == pytest.approx([0.9, 0.75])
    assert found_frames(both[0].report.tracks).tolist() == [*range(5, 21), *range(60, 71)]
    assert list(by_frame([])) == [] and len(found_frames([])) == 0
