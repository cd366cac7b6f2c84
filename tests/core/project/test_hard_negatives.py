"""What a head took for its label is kept only where it is none, by what is known when it is kept."""

from __future__ import annotations

import pytest

from studio.core.geometry import Box
from studio.core.project import BACKGROUND, Edit, LabelRow
from studio.core.project.hard_negatives import HardNegative, hard_negatives_edit
from tests.core.project.project_rows import CUP, MEDIUM, region

FOUND = HardNegative(MEDIUM.id, 5, CUP.id, Box(20, 10, 8, 8), 0.7)


def test_it_is_rejected_for_its_label_alone_as_one_step(project):
    before = project.regions()
    project.apply(hard_negatives_edit(project, [FOUND, FOUND]))  # the same twice is one
    (row,) = project.regions()
    assert (row.state, row.author, row.label, row.keyframe, row.score) == ("rejected", "head", CUP.id, False, 0.7)
    assert (row.x, row.y, row.width, row.height, row.track) == (20, 10, 8, 8, None)
    assert hard_negatives_edit(project, [FOUND]).size == 0  # known by now
    assert project.undo() == ["mine 1 hard negative of cup"] and project.regions() == before


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        ({"x": 21.0}, 0),  # touches it
        ({"x": 21.0, "state": "ignore"}, 0),
        ({"x": 21.0, "state": "occluded"}, 0),
        ({"x": 21.0, "state": "outside"}, 1),
        ({"x": 28.5}, 1),  # beside it
        ({"x": 21.0, "frame": 6}, 1),
        ({"x": 20.0, "y": 10.0, "width": 8.0, "height": 8.0, "state": "rejected"}, 0),
        ({"x": 25.0, "y": 10.0, "width": 8.0, "height": 8.0, "state": "rejected"}, 1),
    ],
)
def test_what_was_drawn_meanwhile_counts(project, changes, stored):
    project.apply(Edit.rows("draw", [region(100, **{"frame": 5} | changes)]))
    assert hard_negatives_edit(project, [FOUND]).size == stored


def test_objects_of_other_labels_are_none_and_rejections_of_others_say_nothing(project):
    saucer = LabelRow(77, "saucer", "#f0883e", "2")
    here = {"frame": 5, "x": 20.0, "y": 10.0, "width": 8.0, "height": 8.0}
    project.apply(Edit.rows("label", [saucer, region(100, label=77, **here)]))
    assert hard_negatives_edit(project, [FOUND]).size == 0
    project.apply(Edit.rows("reject", [region(100, label=77, state="rejected", **here)]))
    assert hard_negatives_edit(project, [FOUND]).size == 1
    project.apply(Edit.rows("relabel", [region(100, label=project.label(BACKGROUND).id, **here)]))
    assert hard_negatives_edit(project, [FOUND]).size == 0
