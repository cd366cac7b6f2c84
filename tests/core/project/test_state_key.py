"""The key of a moment: what is added up after each edit is what adding up everything gives."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from studio.core.project import Edit, MarkRow, MediumRow, Project, RegionRow, new_id, state_key
from studio.core.project.labels import make_label
from studio.core.project.state_key import state_key as key_of


def anew(project):
    """The key without what is remembered."""
    kept = dict(state_key._newest)
    state_key._newest.clear()
    try:
        return key_of(project, "x")
    finally:
        state_key._newest.clear()
        state_key._newest.update(kept)


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project") as project:
        medium = MediumRow(1, "clip.mp4", "video", 9, "0" * 64, 100, 64, 48)
        project.apply(Edit.rows("add", [make_label(project, "cup"), medium]))
        yield project


def region(project, frame):
    label = project.label("cup").id
    return RegionRow(new_id(), 1, frame, label, None, 1.5, 2.0, 3.0, 4.0, "human", True, None, False, "visible")


def test_added_up_edit_by_edit_or_at_once_it_is_the_same(project):
    chance = random.Random(3)
    seen = {key_of(project, "x")}
    for turn in range(60):
        rows = project.regions()
        what = chance.randrange(6)
        if what == 0 and rows:
            project.apply(Edit.removal("remove", chance.sample(rows, min(len(rows), 3))))
        elif what == 1 and rows:
            project.apply(Edit.rows("move", [replace(row, x=row.x + 1) for row in chance.sample(rows, 1)]))
        elif what == 2:
            project.undo()
        elif what == 3:
            project.redo()
        elif what == 4:
            project.apply(Edit.rows("mark", [MarkRow(new_id(), 1, project.label("cup").id, turn, turn, "complete")]))
        else:
            project.apply(Edit.rows("draw", [region(project, turn + n) for n in range(3)]))
        if chance.random() < 0.7:  # several edits between two questions too
            assert key_of(project, "x") == anew(project)
            seen.add(key_of(project, "x"))
    assert len(seen) > 20


def test_an_undo_gives_the_key_of_before_and_names_do_not_matter(project):
    before = key_of(project, "x")
    project.apply(Edit.rows("draw", [region(project, 3)]))
    assert key_of(project, "x") != before
    project.undo()
    assert key_of(project, "x") == before != key_of(project, "y")
    project.apply(Edit.rows("colour", [replace(project.label("cup"), color="#123456")]))
    assert key_of(project, "x") == before


def test_a_copy_that_went_another_way_is_not_taken_for_the_same(project, tmp_path):
    import shutil

    project.apply(Edit.rows("draw", [region(project, 3)]))
    shutil.copytree(project.folder, tmp_path / "copy")
    project.apply(Edit.rows("draw", [region(project, 4)]))
    first = key_of(project, "x")
    with Project.open(tmp_path / "copy", write=True) as copy:
        copy.apply(Edit.rows("draw", [region(copy, 5)]))
        assert key_of(copy, "x") == anew(copy) != first
    assert key_of(project, "x") == first


def test_what_another_connection_wrote_is_seen(project):
    key_of(project, "x")
    with Project.open(project.folder, write=True) as other:
        other.apply(Edit.rows("draw", [region(other, 9)]))
    assert key_of(project, "x") == anew(project)
