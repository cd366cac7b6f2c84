"""Positions of the history at which all rows held the same, against the rows themselves."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from studio.core.project import Edit, MediumRow, Project, RegionRow, new_id
from studio.core.project.edits import BulkChange
from studio.core.project.keys import Keys
from studio.core.project.labels import make_label
from studio.core.project.rows import Key


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project") as project:
        medium = MediumRow(1, "clip.mp4", "video", 9, "0" * 64, 100, 64, 48)
        project.apply(Edit.rows("add", [make_label(project, "cup"), medium]))
        yield project


def drawn(project, frame):
    label = project.label("cup").id
    return RegionRow(new_id(), 1, frame, label, None, 1.5, 2.0, 3.0, 4.0, "human", True, None, False, "visible")


def test_whatever_was_done_undone_and_redone_the_rows_of_the_same_moment_are_the_same(project):
    chance, returns = random.Random(5), 0
    for turn in range(120):
        rows = project.regions()
        what = chance.randrange(7)
        if what < 2:
            project.undo(chance.randrange(1, 3))
        elif what < 4:
            project.redo(chance.randrange(1, 3))
        elif what == 4 and rows:
            project.apply(Edit.rows("move", [replace(row, x=row.x + 1) for row in chance.sample(rows, 1)]))
        elif what == 5 and rows:
            some = tuple(row.id for row in chance.sample(rows, min(len(rows), 4)))
            project.apply(Edit("review", bulk=(BulkChange(some, {"reviewed": chance.random() < 0.5}),)))
        else:
            group = project.new_group()
            for number in range(2):
                project.apply(Edit.rows("draw", [drawn(project, turn + number)]), group=group)
        same = project.same_moment(project.position)
        assert project.regions(at=same) == project.regions()
        returns += same < project.position
    assert returns > 10


def test_an_undo_beneath_which_something_else_was_done_is_no_return(project):
    first = project.new_group()
    project.apply(Edit.rows("draw", [drawn(project, 1)]), group=first)
    project.apply(Edit.rows("draw", [drawn(project, 2)]))
    project.apply(Edit.rows("draw", [drawn(project, 3)]), group=first)
    project.undo()
    assert project.same_moment(project.position) == project.position


def test_an_edit_tells_what_it_changed_unless_somebody_else_wrote_too(project, tmp_path):
    rows = [drawn(project, frame) for frame in range(3)]
    project.apply(Edit.rows("draw", rows))
    since, review = project.position, BulkChange((rows[0].id, rows[1].id), {"reviewed": True})
    edit = Edit("review", bulk=(review,))
    project.apply(edit)
    told = project.changes_of(edit, since)
    assert told == project.changes_since(since) == {Key("regions", rows[0].id), Key("regions", rows[1].id)}
    assert told.bulk == (review,)
    with Project.open(project.folder, write=True) as other:
        other.apply(Edit.removal("remove", rows[2:]))
    told = project.changes_of(edit, since)
    assert told == {Key("regions", row.id) for row in rows}
    assert told.bulk == ()
    assert not project.changes_of(edit, project.position)


def test_keys_are_a_set():
    keys = Keys([Key("regions", 1), Key("labels", 2), Key("regions", 3), Key("regions", 1)])
    assert keys == {Key("regions", 3), Key("labels", 2), Key("regions", 1)}
    assert len(keys) == 3 and Key("labels", 2) in keys and Key("labels", 1) not in keys
    assert keys.tables == {"regions", "labels"} and keys.of("regions") == {1, 3} and keys.of("media") == set()
    assert keys & {Key("labels", 2)} == {Key("labels", 2)}
    assert not Keys() and not Keys.in_tables({"regions": set()}).tables
