"""Crops as columns: splits, measures beside regions that changed, and rows by id."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.gallery.crops import SPLITS, read_crops, splits_of
from studio.core.gallery.measures import Measure
from studio.core.project import Edit, MediumRow, Project, RegionRow, SearchRow, SplitRow, TrackRow, new_id
from studio.core.project.labels import make_label


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project") as project:
        cup = make_label(project, "cup")
        medium = MediumRow(1, "clip.mp4", "video", 9, "0" * 64, 100, 64, 48)
        tracks = [TrackRow(7, 1, cup.id), TrackRow(8, 1, cup.id)]
        regions = [
            RegionRow(10 + n, 1, n, cup.id, (None, 7, 8)[n % 3], 1.0, 2.0, 3.0 + n, 12.0, "tracker", False, 0.5, False,
                      "visible", n == 2)
            for n in range(6)
        ]  # fmt: skip
        project.apply(Edit.rows("add", [cup, medium, *tracks, *regions]))
        yield project


def test_columns_hold_what_the_rows_hold(project):
    crops = read_crops(project)
    assert crops.table.tracks.tolist() == [0, 7, 8, 0, 7, 8]
    assert crops.table.reviewed.tolist() == [False, False, True, False, False, False]
    assert [row.reviewed for row in project.regions()] == crops.table.reviewed.tolist()
    assert crops.measure("size") == pytest.approx(np.sqrt([(3.0 + n) * 12 for n in range(6)]))
    assert crops.rows_of([14, 99, 11]).tolist() == [4, 1]


def test_what_is_said_of_a_track_goes_before_its_medium(project):
    project.apply(Edit.rows("splits", [SplitRow(1, 1, 8, 0, 99, "test"), SplitRow(2, 1, None, 1, 4, "train")]))
    splits = splits_of(read_crops(project).table, project.splits())
    assert [SPLITS[number] for number in splits] == ["", "train", "test", "train", "train", "test"]


def test_a_measure_stays_beside_its_crops_when_others_come_and_go(project):
    crops = read_crops(project).measured(Measure("doubt", np.array([10, 12, 15]), np.array([0.1, 0.2, np.nan], "f4")))
    assert crops.measure("doubt")[[0, 2]] == pytest.approx([0.1, 0.2])
    assert np.isnan(crops.measure("doubt")[[1, 3, 4, 5]]).all()
    kept = crops.measures["doubt"].of(np.array([99, 12], np.int64))
    assert np.isnan(kept[0]) and kept[1] == pytest.approx(0.2)
    assert np.isnan(crops.measure("score")).all()


def test_searches_are_saved_and_undone(project):
    project.apply(Edit.rows("save a search", [SearchRow(new_id(), "doubtful cups", "label:cup doubt>0.5")]))
    assert [row.name for row in project.searches()] == ["doubtful cups"]
    project.undo()
    assert project.searches() == []


def test_being_reviewed_is_undone_in_one_step(project):
    from dataclasses import replace

    project.apply(Edit.rows("mark reviewed", [replace(row, reviewed=True) for row in project.regions()]))
    assert read_crops(project).table.reviewed.all()
    project.undo()
    assert read_crops(project).table.reviewed.sum() == 1
