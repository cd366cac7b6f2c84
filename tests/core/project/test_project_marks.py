"""One kind of mark a frame, whatever was said before, and never "nothing" where something is."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.core.project import BACKGROUND, Edit, Project
from studio.core.project.marks import clear_marks, ignore_box, mark
from tests.core.project.project_rows import CUP, MEDIUM, region


def said(project: Project) -> list[tuple[int, int, str]]:
    return sorted((row.first, row.last, row.kind) for row in project.marks())


def do(project: Project, kind: str, first: int, last: int) -> None:
    project.apply(mark(project, MEDIUM, CUP, first, last, kind))


def test_marks_of_a_kind_that_touch_become_one(project: Project) -> None:
    for first, last in ((10, 20), (30, 40), (15, 25), (21, 29)):
        do(project, "nothing", first, last)
    assert said(project) == [(10, 40, "nothing")]


def test_a_new_mark_takes_its_frames_from_others(project: Project) -> None:
    do(project, "nothing", 10, 40)
    do(project, "incomplete", 20, 30)
    assert said(project) == [(10, 19, "nothing"), (20, 30, "incomplete"), (31, 40, "nothing")]
    project.undo()
    assert said(project) == [(10, 40, "nothing")]
    project.redo()
    do(project, "complete", 5, 50)
    assert said(project) == [(5, 50, "complete")]


def test_clearing_leaves_what_is_beside(project: Project) -> None:
    do(project, "complete", 10, 40)
    project.apply(clear_marks(project, MEDIUM, CUP, 20, 20))
    assert said(project) == [(10, 19, "complete"), (21, 40, "complete")]
    project.apply(clear_marks(project, MEDIUM, CUP, 0, 99))
    assert said(project) == []


def test_what_changes_nothing_is_no_step(project: Project) -> None:
    do(project, "complete", 10, 40)
    position = project.position
    project.apply(clear_marks(project, MEDIUM, CUP, 50, 60))
    assert project.position == position


def test_nothing_is_refused_where_an_object_is(project: Project) -> None:
    rows = [region(100, frame=12), region(101, frame=14, state="occluded"), region(102, frame=30, state="rejected")]
    other = region(103, frame=31, label=project.label(BACKGROUND).id)
    project.apply(Edit.rows("draw", [*rows, other, region(104, frame=32, state="outside")]))
    with pytest.raises(InputError, match="a cup on frame 12 and on 1 more frame; remove it"):
        do(project, "nothing", 0, 20)
    do(project, "nothing", 25, 35)
    do(project, "complete", 0, 20)
    assert said(project) == [(0, 20, "complete"), (25, 35, "nothing")]


def test_frames_that_are_not_there_and_kinds_that_are_none(project: Project) -> None:
    for first, last in ((0, 100), (-1, 3), (7, 6)):
        with pytest.raises(InputError, match="no frames"):
            mark(project, MEDIUM, CUP, first, last, "nothing")
    with pytest.raises(InputError, match="kind"):
        mark(project, MEDIUM, CUP, 0, 1, "perhaps")


def test_an_ignore_box_is_a_region_on_each_frame(project: Project) -> None:
    project.apply(ignore_box(MEDIUM, CUP, Box(1, 2, 30, 20), 5, 7))
    assert [(row.frame, row.state, row.author, row.track) for row in project.regions()] == [
        (frame, "ignore", "human", None) for frame in (5, 6, 7)
    ]


def test_many_marks_at_random_say_of_each_frame_what_was_said_last(project: Project) -> None:
    chance, expected = random.Random(3), dict.fromkeys(range(100), "")
    for _ in range(60):
        first, last = sorted((chance.randrange(100), chance.randrange(100)))
        kind = chance.choice(["nothing", "complete", "incomplete", "ignore", ""])
        edit = mark(project, MEDIUM, CUP, first, last, kind) if kind else clear_marks(project, MEDIUM, CUP, first, last)
        project.apply(edit)
        expected |= dict.fromkeys(range(first, last + 1), kind)
    found = dict.fromkeys(range(100), "")
    rows = sorted(project.marks(), key=lambda row: row.first)
    for row in rows:
        assert not any(found[frame] for frame in range(row.first, row.last + 1))
        found |= dict.fromkeys(range(row.first, row.last + 1), row.kind)
    assert found == expected
    assert not any(a.kind == b.kind and a.last + 1 == b.first for a, b in pairwise(rows))
