"""Corrections as edits, the key of a project's state, and the cache of heads without a name."""

from __future__ import annotations

import os
import time
from dataclasses import replace

from studio.core.geometry import Box
from studio.core.project import BACKGROUND, OBJECT_STATES, Edit, LabelRow, MarkRow, Project, TrackRow
from studio.core.project.corrections import confirm, missed, reject
from studio.core.project.live_heads import MOST_HEADS, cached_head, forget_old_heads, live_head_folder
from studio.core.project.state_key import examples, state_key
from tests.core.project.project_rows import CUP, MEDIUM, region

AT = (MEDIUM.id, 7, CUP.id)
BOX = Box(10, 10, 20, 16)


def test_a_confirmed_detection_is_a_keyframe_of_the_head(project: Project) -> None:
    project.apply(confirm(project, *AT, BOX, 0.75))
    (row,) = project.regions()
    assert (row.author, row.keyframe, row.score, row.state) == ("head", True, 0.75, "visible")
    assert (row.x, row.y, row.width, row.height) == BOX
    (mark,) = project.marks()
    assert (mark.kind, mark.first, mark.last, mark.label) == ("incomplete", 7, 7, CUP.id)
    project.undo()
    assert not project.regions() and not project.marks()


def test_a_followed_region_that_is_confirmed_stays_where_it_is(project: Project) -> None:
    track = TrackRow(5, MEDIUM.id, CUP.id)
    followed = region(50, frame=7, x=11.0, y=10.0, width=20.0, height=16.0, author="tracker", keyframe=False, track=5)
    project.apply(Edit.rows("follow", [track, followed]))
    project.apply(confirm(project, *AT, BOX, 0.75))
    (row,) = project.regions()
    assert (row.id, row.x, row.keyframe, row.track) == (50, 11.0, True, 5)
    assert not project.marks()  # a followed frame is complete


def test_a_rejection_counts_against_its_label_alone(project: Project) -> None:
    project.apply(reject(project, *AT, BOX, 0.9))
    (row,) = project.regions()
    assert (row.state, row.label, row.author, row.keyframe) == ("rejected", CUP.id, "human", True)
    assert row.state not in OBJECT_STATES
    project.apply(reject(project, *AT, Box(11, 10, 20, 16), 0.6))
    assert [other.id for other in project.regions()] == [row.id]  # one thing is rejected once


def test_a_rejected_region_keeps_its_track_whole(project: Project) -> None:
    track = TrackRow(5, MEDIUM.id, CUP.id)
    followed = region(50, frame=7, x=11.0, y=10.0, width=20.0, height=16.0, author="tracker", track=5)
    project.apply(Edit.rows("follow", [track, followed]))
    project.apply(reject(project, *AT, BOX, 0.9))
    (row,) = project.regions(track=5)
    assert (row.id, row.state) == (50, "rejected")


def test_whoever_changes_their_mind_takes_the_opposite_back(project: Project) -> None:
    background = project.label(BACKGROUND).id
    negative = region(60, frame=7, label=background, x=25.0, y=20.0, width=30.0, height=30.0)
    far = region(61, frame=7, label=background, x=200.0, y=20.0, width=30.0, height=30.0)
    project.apply(Edit.rows("negatives", [negative, far]))
    project.apply(reject(project, *AT, BOX, 0.9))
    project.apply(missed(project, *AT, BOX))
    left = project.regions()
    assert {row.state for row in left} == {"visible"}
    assert {row.id for row in left if row.label == background} == {61}
    project.undo()
    assert {row.state for row in project.regions(label=CUP.id)} == {"rejected"}


def test_a_second_object_on_a_frame_says_nothing_new_about_it(project: Project) -> None:
    project.apply(Edit.rows("mark", [MarkRow(70, MEDIUM.id, CUP.id, 0, 9, "complete")]))
    project.apply(missed(project, *AT, BOX))
    project.apply(missed(project, *AT, Box(100, 100, 20, 20)))
    assert [mark.kind for mark in project.marks()] == ["complete"]
    assert len(project.regions()) == 2


def test_the_key_is_of_the_content_and_not_of_the_way_to_it(project: Project) -> None:
    before = state_key(project, "weights")
    project.apply(reject(project, *AT, BOX, 0.9))
    rejected = state_key(project, "weights")
    assert len(rejected) == 64 and rejected != before
    assert state_key(project, "other weights") != rejected
    project.undo()
    assert state_key(project, "weights") == before
    project.redo()
    assert state_key(project, "weights") == rejected
    project.apply(Edit.rows("colour", [LabelRow(CUP.id, CUP.name, "#000000", "7")]))
    assert state_key(project, "weights") == rejected
    project.apply(Edit.rows("rename", [LabelRow(CUP.id, "mug", "#000000", "7")]))
    assert state_key(project, "weights") != rejected


def test_the_key_changes_with_every_kind_of_row_that_teaches(project: Project) -> None:
    keys = {state_key(project)}
    project.apply(Edit.rows("draw", [region(50, x=1.0)]))
    keys.add(state_key(project))
    project.apply(Edit.rows("move", [region(50, x=1.25)]))
    keys.add(state_key(project))
    project.apply(Edit.rows("mark", [MarkRow(70, MEDIUM.id, CUP.id, 0, 9, "nothing")]))
    keys.add(state_key(project))
    assert len(keys) == 4


def test_what_teaches(project: Project) -> None:
    rows = [region(50), region(51, near_duplicate=True), region(52, state="ignore"), region(53, state="rejected")]
    project.apply(Edit.rows("draw", rows))
    before = examples(project)
    assert before.keys() == {50, 53}
    project.apply(Edit.rows("reject", [replace(rows[0], state="rejected"), replace(rows[3], author="head")]))
    changed = examples(project)
    assert changed[50] != before[50] and changed[53] == before[53]


def test_the_newest_heads_are_kept(project: Project) -> None:
    now = time.time()
    for number in range(MOST_HEADS + 3):
        folder = live_head_folder(project, f"{number:064x}")
        folder.mkdir(parents=True)
        (folder / "card.json").write_text("{}")
        os.utime(folder, (now - 1000 + number, now - 1000 + number))
    assert cached_head(project, f"{0:064x}")  # asked for, so it is new again
    forget_old_heads(project)
    assert cached_head(project, f"{0:064x}") and not cached_head(project, f"{1:064x}")
    assert len(list((project.cache / "heads").iterdir())) == MOST_HEADS
    assert cached_head(project, "f" * 64) is None
