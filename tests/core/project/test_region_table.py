"""Regions as arrays say what the rows say, and small changes give what reading again gives."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from studio.core.project import Edit
from studio.core.project.region_table import STATES, read_regions
from tests.core.project.project_rows import region


def same(first, second):
    for field in fields(first):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name))


def test_arrays_hold_what_the_rows_hold(project):
    rows = [
        region(30, frame=4, score=0.25, keyframe=False),
        region(10, frame=9, state="rejected", near_duplicate=True),
        region(20, frame=4, x=-3.5),
    ]
    project.apply(Edit.rows("draw", rows))
    table = read_regions(project)
    by_id = sorted(rows, key=lambda row: row.id)
    assert table.ids.tolist() == [10, 20, 30] and table.frames.tolist() == [9, 4, 4]
    assert [STATES[state] for state in table.states] == [row.state for row in by_id]
    assert table.keyframes.tolist() == [True, True, False] and table.near_duplicates.tolist() == [True, False, False]
    assert table.boxes.tolist() == [[row.x, row.y, row.width, row.height] for row in by_id]
    np.testing.assert_array_equal(table.scores, [np.nan, np.nan, 0.25])
    assert read_regions(project, [20, 999]).ids.tolist() == [20]


def test_an_empty_project_has_an_empty_table(project):
    table = read_regions(project)
    assert len(table) == 0 and table.boxes.shape == (0, 4)
    same(table.updated([5], read_regions(project, [5])), table)


def test_updates_are_what_reading_again_gives(project):
    project.apply(Edit.rows("draw", [region(n * 10, frame=n % 7) for n in range(1, 40)]))
    before = read_regions(project)
    changes = [region(50, frame=3, state="ignore"), region(55, frame=1), region(999, frame=0), region(1, frame=6)]
    project.apply(Edit.rows("more", changes))
    project.apply(Edit.removal("remove", [region(60), region(390)]))
    changed = {50, 55, 999, 1, 60, 390, 12345}
    same(before.updated(changed, read_regions(project, changed)), read_regions(project))
