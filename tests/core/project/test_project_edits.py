"""What edits leave in a project, and what can be read of it at any moment of its history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.project import BACKGROUND, Edit, Key, LabelRow, MarkRow, Project, SplitRow, TrackRow
from studio.core.project.counts import counts
from studio.core.project.labels import PALETTE, delete_label, make_label
from tests.core.project.project_rows import CUP, MEDIUM, region


def test_a_new_project_has_its_folders_and_the_reserved_label(folder: Path) -> None:
    with Project.create(folder, "my cups") as project:
        assert project.name == "my cups"
        assert project.position == 0
        (background,) = project.labels()
        assert (background.name, background.key) == (BACKGROUND, "0")
    with Project.open(folder) as project:
        assert project.name == "my cups"
    assert {p.name for p in folder.iterdir()} == {"project.db", "media", "models", "runs", "exports", "cache"}


def test_create_refuses_a_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="not an empty folder"):
        Project.create(tmp_path)
    with pytest.raises(InputError, match="not an empty folder"):
        Project.create(tmp_path / "letter.txt")
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("name", ["", " ", "a\nb"])
def test_create_refuses_an_unprintable_name(folder: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be called"):
        Project.create(folder, name)
    assert not folder.exists()


def test_all_kinds_of_rows_come_back_as_they_were(project: Project) -> None:
    track = TrackRow(10, MEDIUM.id, CUP.id)
    rows = [
        track,
        region(11, track=track.id, score=0.25, author="tracker", keyframe=False, near_duplicate=True, state="occluded"),
        MarkRow(12, MEDIUM.id, CUP.id, 0, 9, "complete"),
        SplitRow(13, MEDIUM.id, None, 0, 49, "train"),
        SplitRow(14, MEDIUM.id, track.id, 50, 99, "test"),
    ]
    project.apply(Edit.rows("all", rows))
    with Project.open(project.folder) as again:
        assert [*again.tracks(), *again.regions(), *again.marks(), *again.splits()] == rows
        assert again.media() == [MEDIUM]


def test_regions_are_ordered_and_selected(project: Project) -> None:
    other = replace(MEDIUM, id=3, path="b.mp4", sha256="1" * 64)
    track = TrackRow(4, other.id, CUP.id)
    rows = [region(50 - n, frame=n) for n in range(5)]
    rows += [region(60 + n, frame=n, medium=other.id, track=track.id) for n in range(5)]
    project.apply(Edit.rows("many", [*reversed(rows), other, track]))
    assert project.regions() == rows
    assert project.regions(medium=other.id, first=1, last=3) == rows[6:9]
    assert project.regions(track=track.id, last=0) == [rows[5]]
    assert project.regions(label=CUP.id, first=4) == [rows[4], rows[9]]
    assert project.regions(label=99) == []


def test_any_moment_can_be_read(project: Project) -> None:
    first = region(20)
    project.apply(Edit.rows("draw", [first]))
    project.apply(Edit.rows("move", [replace(first, x=9.0)]))
    project.apply(Edit.removal("remove", [first]))
    project.undo()
    states = [[row.x for row in project.regions(at=position)] for position in range(project.position + 1)]
    assert states == [[], [], [1.0], [9.0], [], [9.0]]
    assert [label.name for label in project.labels(at=0)] == [BACKGROUND]


def test_apply_returns_its_inverse(project: Project) -> None:
    kept, removed = region(20), region(21)
    project.apply(Edit.rows("draw", [kept, removed]))
    before = project.regions()
    changes = {Key("regions", 20): replace(kept, y=0.0), Key("regions", 21): None, Key("regions", 22): region(22)}
    inverse = project.apply(Edit("mix", changes))
    assert inverse.changes == {Key("regions", 20): kept, Key("regions", 21): removed, Key("regions", 22): None}
    project.apply(inverse)
    assert project.regions() == before


def test_an_edit_that_changes_nothing_leaves_no_line(project: Project) -> None:
    project.apply(Edit.rows("again", [MEDIUM]))
    assert project.apply(Edit("remove", {Key("regions", 77): None})).changes == {}
    assert project.position == 1


def test_large_edits_are_several_lines_and_one_step(project: Project) -> None:
    rows = [region(100 + n, frame=n) for n in range(2500)]
    inverse = project.apply(Edit.rows("import", rows))
    assert project.position == 1 + 3
    assert len({line.group for line in project.history()[1:]}) == 1
    assert len(inverse.changes) == 2500
    assert project.undo() == ["import"]
    assert project.regions() == []
    assert project.position == 5
    project.redo()
    assert project.regions() == rows


def test_a_large_edit_that_is_refused_leaves_nothing_behind(project: Project) -> None:
    project.apply(Edit.rows("draw", [region(100 + n) for n in range(2500)]))
    planned = delete_label(project, CUP)
    project.apply(Edit.rows("follow", [region(9000)]), who="tracker")
    position = project.position
    with pytest.raises(InputError, match="would refer to"):
        project.apply(planned.edit)
    assert len(project.regions(label=CUP.id)) == 2501 and project.position == position


def test_parts_of_a_large_edit_refer_only_to_rows_that_are_there(project: Project) -> None:
    label = LabelRow(30, "ball", "#ffffff", "")
    rows = [region(100 + n, label=30) for n in range(1500)]
    inverse = project.apply(Edit.rows("regions first", [*rows, label]))
    project.apply(inverse)
    assert project.regions() == []
    assert "ball" not in {row.name for row in project.labels()}


@pytest.mark.parametrize("column", ["medium", "label", "track"])
def test_references_to_nothing_are_refused(project: Project, column: str) -> None:
    with pytest.raises(InputError, match="not there"):
        project.apply(Edit.rows("draw", [region(20), region(21, **{column: 999})]))
    assert (project.regions(), project.position) == ([], 1)


def test_rows_that_others_refer_to_stay(project: Project) -> None:
    project.apply(Edit.rows("draw", [region(20)]))
    with pytest.raises(InputError, match="regions would refer to labels"):
        project.apply(Edit.removal("remove cup", [CUP]))
    project.apply(Edit("both", {Key("labels", CUP.id): None, Key("regions", 20): None}))
    assert len(project.labels()) == 1


def test_names_of_labels_are_unique_and_background_is_reserved(project: Project) -> None:
    with pytest.raises(InputError, match="already a label"):
        project.apply(Edit.rows("twice", [replace(CUP, id=33)]))
    background = project.label(BACKGROUND)
    for edit in (Edit.removal("x", [background]), Edit.rows("x", [replace(background, name="other")])):
        with pytest.raises(InputError, match="reserved"):
            project.apply(edit)
    project.apply(Edit.rows("recolour", [replace(background, color="#000000")]))
    assert project.label(BACKGROUND).color == "#000000"


def test_an_unknown_label_lists_those_there_are(project: Project) -> None:
    assert project.label("cup") == CUP
    with pytest.raises(InputError, match=r"'mug'; there are: cup, background"):
        project.label("mug")


def test_new_labels_get_the_next_colour_and_key(folder: Path) -> None:
    with Project.create(folder) as project:
        for number in range(12):
            project.apply(Edit.rows("label", [make_label(project, f"label {number}")]))
        made = {row.name: row for row in project.labels()}
        assert [made[f"label {n}"].key for n in range(12)] == [*"123456789", "", "", ""]
        assert [made[f"label {n}"].color for n in range(len(PALETTE))] == list(PALETTE)


def test_the_person_wins_over_what_was_computed_from_an_older_state(project: Project) -> None:
    rows = [region(20 + n, frame=n, author="tracker") for n in range(4)]
    project.apply(Edit.rows("follow", rows), who="tracker")
    seen = project.position
    project.apply(Edit("correct", {Key("regions", 20): replace(rows[0], x=5.0), Key("regions", 21): None}))
    project.apply(Edit.rows("follow on", [replace(rows[2], x=6.0)]), who="tracker")
    late = Edit.rows("follow better", [replace(row, x=7.0) for row in rows], seen=seen)
    inverse = project.apply(late, who="tracker")
    assert {row.id: row.x for row in project.regions()} == {20: 5.0, 22: 7.0, 23: 7.0}
    assert set(inverse.changes) == {Key("regions", 22), Key("regions", 23)}


def test_own_edits_of_a_group_do_not_count_as_another_persons(project: Project) -> None:
    group, seen = project.new_group(), project.position
    project.apply(Edit.rows("a", [region(20)], seen=seen), group=group)
    project.apply(Edit.rows("b", [region(20, x=3.0)], seen=seen), group=group)
    assert project.regions()[0].x == 3.0


def test_a_project_open_for_reading_sees_new_edits_and_makes_none(project: Project) -> None:
    with Project.open(project.folder) as reader:
        project.apply(Edit.rows("draw", [region(20)]))
        assert len(reader.regions()) == 1
        for attempt in (lambda: reader.apply(Edit.rows("x", [region(21)])), reader.undo, reader.redo):
            with pytest.raises(InputError, match="reading only"):
                attempt()
    assert project.position == 2


def test_counts(project: Project) -> None:
    track = TrackRow(4, MEDIUM.id, CUP.id)
    rows = [region(frame=n, track=4 if n < 6 else None, author="tracker" if n % 2 else "human") for n in range(10)]
    splits = [SplitRow(5, MEDIUM.id, None, 0, 7, "train"), SplitRow(6, MEDIUM.id, 4, 4, 9, "val")]
    project.apply(Edit.rows("many", [track, *rows, *splits, region(near_duplicate=True)]))
    project.apply(Edit.removal("one less", [rows[0]]))
    found = counts(project)
    assert found.labels == {"cup": 10, BACKGROUND: 0}
    assert found.media == {MEDIUM.id: 10}
    assert found.tracks == {4: 5}
    assert found.authors == {"human": 5, "tracker": 5}
    assert found.splits == {"train": 6, "val": 2, "none": 2}
    assert found.near_duplicates == 1
