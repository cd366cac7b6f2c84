"""The same done to many regions: like edits of rows, one by one, in what holds and in what undo and redo do."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.errors import InputError
from studio.core.project import Edit, LabelRow, Project, RegionRow
from studio.core.project.edits import BulkChange
from tests.core.project.project_rows import CUP, MEDIUM, region

HAND = LabelRow(3, "hand", "#f0883e", "2")
_IDS = st.frozensets(st.integers(20, 25), min_size=1)
_CELLS = st.dictionaries(st.sampled_from(["label", "score", "reviewed", "state"]), st.integers(0, 1), min_size=1)
_VALUES = {"label": (2, 3), "score": (None, 0.5), "reviewed": (False, True), "state": ("visible", "occluded")}
_Step = tuple[str, frozenset[int], dict[str, int]]
_STEP = st.one_of(
    st.tuples(st.just("draw"), _IDS, st.just({})),
    st.tuples(st.just("change"), _IDS, _CELLS),
    st.tuples(st.just("remove"), _IDS, st.just({})),
    st.tuples(st.sampled_from(["undo", "redo"]), st.just(frozenset()), st.just({})),
)


def _apply(project: Project, kind: str, ids: frozenset[int], cells: dict[str, object], bulk: bool) -> None:
    there = {row.id: row for row in project.regions() if row.id in ids}
    if kind == "draw":
        project.apply(Edit.rows("draw", [region(n, frame=n) for n in ids]))
    elif bulk:
        project.apply(Edit(kind, bulk=(BulkChange(ids, cells if kind == "change" else None),)))
    elif kind == "change":
        project.apply(Edit.rows(kind, [replace(row, **cells) for row in there.values()]))
    else:
        project.apply(Edit.removal(kind, there.values()))


@settings(max_examples=40, deadline=None)
@given(script=st.lists(_STEP, max_size=12))
def test_a_bulk_change_is_what_the_same_edit_of_rows_is(
    script: list[_Step],
) -> None:
    with (
        tempfile.TemporaryDirectory() as place,
        Project.create(Path(place) / "bulk") as ours,
        Project.create(Path(place) / "rows") as theirs,
    ):
        for project in (ours, theirs):
            project.connection.execute("PRAGMA synchronous = OFF")
            project.apply(Edit.rows("start", [MEDIUM, CUP, HAND]))
        moments: list[list[RegionRow]] = [[], []]
        for kind, ids, chosen in script:
            cells = {name: _VALUES[name][value] for name, value in chosen.items()}
            if kind in ("undo", "redo"):
                if kind == "undo" and ours.next_undo().text == "start":
                    continue
                assert getattr(ours, kind)() == getattr(theirs, kind)()
            else:
                _apply(ours, kind, ids, cells, True)
                _apply(theirs, kind, ids, cells, False)
            assert ours.regions() == theirs.regions()
            assert [line.text for line in ours.history()] == [line.text for line in theirs.history()]
            moments += [ours.regions()] * (ours.position - len(moments) + 1)
        assert [ours.regions(at=position) for position in range(len(moments))] == moments
        assert not [line for line in ours.check() if "is missing; put it back" not in line]


def test_two_bulk_changes_and_rows_are_one_step(project: Project) -> None:
    project.apply(Edit.rows("draw", [region(n, frame=n) for n in range(20, 26)]))
    bulk = (BulkChange({20, 21, 99}, {"label": HAND.id}), BulkChange({22}, None))
    project.apply(Edit("mix", {**Edit.rows("", [HAND, region(23, x=9.0)]).changes}, bulk=bulk))
    now = {row.id: row for row in project.regions()}
    assert [now[n].label for n in (20, 21, 23)] == [HAND.id, HAND.id, CUP.id] and 22 not in now and now[23].x == 9.0
    assert project.next_undo().rows == 5
    assert project.undo() == ["mix"]
    assert project.regions() == [region(n, frame=n) for n in range(20, 26)]
    assert project.redo() == ["mix"]
    assert {row.id: row for row in project.regions()} == now


def test_what_came_after_stays_when_a_bulk_change_is_undone(project: Project) -> None:
    project.apply(Edit.rows("draw", [region(20), region(21)]))
    group = project.new_group()
    project.apply(Edit("review", bulk=(BulkChange({20}, {"reviewed": True}),)), group=group)
    project.apply(Edit.rows("move", [region(21, x=5.0)]))
    project.apply(Edit("review", bulk=(BulkChange({21}, {"reviewed": True}),)), group=group)
    assert project.undo() == ["review"]
    assert [(row.reviewed, row.x) for row in project.regions()] == [(False, 1.0), (False, 5.0)]


@pytest.mark.parametrize("cells", [{"label": 77}, {"label": None}, {"score": 2.0}, {"state": "gone"}])
def test_cells_that_cannot_be_are_refused_and_nothing_is_written(project: Project, cells: dict[str, object]) -> None:
    project.apply(Edit.rows("draw", [region(20)]))
    with pytest.raises(InputError):
        project.apply(Edit("change", Edit.rows("", [region(21)]).changes, bulk=(BulkChange({20}, cells),)))
    assert project.regions() == [region(20)] and project.position == 2
