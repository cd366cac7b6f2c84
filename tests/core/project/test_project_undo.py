"""Undo and redo: by hand for what two writers do, and against a model for what one does."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from studio.core.errors import InputError
from studio.core.project import Edit, Key, Project, RegionRow
from tests.core.project.project_rows import CUP, MEDIUM, region


def test_undo_and_redo_name_what_they_did_and_work_after_a_restart(project: Project) -> None:
    project.apply(Edit.rows("draw", [region(20)]))
    project.apply(Edit.rows("move", [region(20, x=8.0)]))
    project.close()
    with Project.open(project.folder, write=True) as again:
        assert again.undo(2) == ["move", "draw"]
        assert again.regions() == []
    with Project.open(project.folder, write=True) as again:
        assert again.redo() == ["draw"]
        assert again.redo(5) == ["move"]
        assert again.regions()[0].x == 8.0
        assert again.redo() == []
        texts = [line.text for line in again.history()]
        assert texts == ["start", "draw", "move", "undo: move", "undo: draw", "redo: draw", "redo: move"]
        assert [line.position for line in again.history()] == list(range(1, 8))


def test_something_new_ends_redo(project: Project) -> None:
    project.apply(Edit.rows("draw", [region(20)]))
    project.undo()
    project.apply(Edit.rows("other", [region(21)]))
    assert project.redo() == []
    assert project.undo(9) == ["other", "start"]
    assert project.undo() == []


def test_a_group_is_one_step_even_with_other_edits_in_between(project: Project) -> None:
    group = project.new_group()
    project.apply(Edit.rows("follow", [region(20, frame=0)]), group=group, who="tracker")
    project.apply(Edit.rows("draw", [region(30)]))
    project.apply(Edit.rows("follow", [region(21, frame=1)]), group=group, who="tracker")
    assert project.undo() == ["follow"]
    assert [row.id for row in project.regions()] == [30]
    assert project.undo() == ["draw"]
    assert project.redo(2) == ["draw", "follow"]
    assert [row.id for row in project.regions()] == [20, 30, 21]


def test_undoing_a_group_keeps_what_a_person_changed_in_between(project: Project) -> None:
    group = project.new_group()
    rows = [region(20 + n, frame=n, author="tracker") for n in range(3)]
    project.apply(Edit.rows("follow", rows[:2]), group=group, who="tracker")
    project.apply(Edit.rows("correct", [replace(rows[0], x=5.0)]))
    project.apply(Edit("reject", {Key("regions", 21): None}))
    project.apply(Edit.rows("follow", rows[2:]), group=group, who="tracker")
    project.undo()
    assert [(row.id, row.x) for row in project.regions()] == [(20, 5.0)]
    project.redo()
    assert [(row.id, row.x) for row in project.regions()] == [(20, 5.0), (22, 1.0)]


def test_a_row_that_one_group_changed_twice_goes_back_to_what_it_was_before(project: Project) -> None:
    project.apply(Edit.rows("draw", [region(20)]))
    group = project.new_group()
    for change in (region(20, x=2.0), None, region(20, x=3.0)):
        project.apply(Edit("drag", {Key("regions", 20): change}), group=group)
    project.undo()
    assert project.regions() == [region(20)]
    project.redo()
    assert project.regions() == [region(20, x=3.0)]


def test_a_group_that_was_undone_while_it_went_on_takes_no_more(project: Project) -> None:
    group = project.new_group()
    project.apply(Edit.rows("follow", [region(20)]), group=group)
    project.undo()
    with pytest.raises(InputError, match="was undone while it went on"):
        project.apply(Edit.rows("follow", [region(21)]), group=group)
    project.redo()
    project.apply(Edit.rows("follow", [region(21)]), group=group)
    assert project.undo() == ["follow"]
    assert project.regions() == []


_EDIT = st.tuples(st.integers(0, 2), st.integers(20, 23), st.none() | st.integers(0, 3))


@settings(max_examples=40, deadline=None)
@given(edits=st.lists(_EDIT, max_size=12), back=st.integers(0, 3))
def test_groups_that_go_on_side_by_side_are_undone_to_the_start_and_come_back(
    edits: list[tuple[int, int, int | None]], back: int
) -> None:
    with tempfile.TemporaryDirectory() as place, Project.create(Path(place) / "project") as project:
        project.connection.execute("PRAGMA synchronous = OFF")
        project.apply(Edit.rows("start", [MEDIUM, CUP]))
        groups = [project.new_group() for _ in range(3)]
        for group, row_id, x in edits:
            row = None if x is None else region(row_id, x=float(x))
            project.apply(Edit("edit", {Key("regions", row_id): row}), group=groups[group])
        steps = len({line.group for line in project.history()}) - 1
        before = project.regions()
        back = min(back, steps)
        assert len(project.undo(back)) == back
        middle = project.regions()
        assert len(project.undo(steps - back)) == steps - back
        assert project.regions() == []
        assert len(project.redo(steps - back)) == steps - back
        assert project.regions() == middle
        assert len(project.redo(steps)) == back
        assert project.regions() == before


class OneWriter(RuleBasedStateMachine):
    """A project beside a model: a list of all states, and stacks of what can be undone and redone."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.project = Project.create(Path(self.place.name) / "project")
        self.project.connection.execute("PRAGMA synchronous = OFF")
        self.rows: dict[int, RegionRow] = {}
        self.states: list[dict[int, RegionRow]] = [{}]
        self.done: list[dict[int, RegionRow]] = []
        self.undone: list[dict[int, RegionRow]] = []

    @initialize()
    def start(self) -> None:
        self.project.apply(Edit.rows("start", [MEDIUM, CUP]))
        self.states.append({})

    @rule(changes=st.dictionaries(st.integers(20, 25), st.none() | st.integers(0, 2), min_size=1, max_size=4))
    def edit(self, changes: dict[int, int | None]) -> None:
        rows = {n: None if x is None else region(n, frame=n, x=float(x)) for n, x in changes.items()}
        after = {n: row for n, row in (self.rows | rows).items() if row is not None}
        self.project.apply(Edit("edit", {Key("regions", n): row for n, row in rows.items()}))
        if after != self.rows:
            self.done.append(self.rows)
            self.undone.clear()
            self._now(after)

    @precondition(lambda self: self.done)
    @rule()
    def undo(self) -> None:
        assert self.project.undo() == ["edit"]
        self.undone.append(self.rows)
        self._now(self.done.pop())

    @rule()
    def redo(self) -> None:
        if self.project.redo():
            self.done.append(self.rows)
            self._now(self.undone.pop())
        else:
            assert not self.undone

    @rule()
    def reopen(self) -> None:
        self.project.close()
        self.project = Project.open(self.project.folder, write=True)
        self.project.connection.execute("PRAGMA synchronous = OFF")

    def _now(self, rows: dict[int, RegionRow]) -> None:
        self.rows = rows
        self.states.append(rows)

    @invariant()
    def same(self) -> None:
        assert {row.id: row for row in self.project.regions()} == self.rows
        assert self.project.position == len(self.states) - 1

    def teardown(self) -> None:
        try:
            for position, rows in enumerate(self.states):
                assert {row.id: row for row in self.project.regions(at=position)} == rows
            wrong = self.project.check()
            assert len(wrong) <= 1 and all("is missing; put it back" in line for line in wrong)  # the medium is made up
        finally:
            self.project.close()
            self.place.cleanup()


TestOneWriter = OneWriter.TestCase
TestOneWriter.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
