"""What a window asks to stay up to date: what changed, what comes next, and whether somebody else wrote."""

from __future__ import annotations

from pathlib import Path

from studio.core.project import Edit, Key, Project
from tests.core.project.project_rows import CUP, MEDIUM, region


def test_changes_since_a_position_by_whomever(project: Project) -> None:
    assert project.changes_since(0) == {Key("media", MEDIUM.id), Key("labels", CUP.id)}
    with Project.open(project.folder, write=True) as other:
        other.apply(Edit.rows("draw", [region(10), region(11, frame=1)]), who="tracker")
    assert project.changes_since(1) == {Key("regions", 10), Key("regions", 11)}
    project.apply(Edit.removal("remove", [region(10)]))
    assert project.changes_since(2) == {Key("regions", 10)}
    project.undo()
    assert project.changes_since(3) == {Key("regions", 10)}
    assert project.changes_since(project.position) == set()


def test_what_undo_and_redo_would_do(project: Project, folder: Path) -> None:
    group = project.new_group()
    for frame in range(3):
        project.apply(Edit.rows("follow cup", [region(10 + frame, frame=frame)]), group=group)
    assert project.next_undo()[:2] == ("follow cup", 3) and project.next_redo() is None
    project.undo()
    assert project.next_undo()[:2] == ("start", 2) and project.next_redo()[:2] == ("follow cup", 3)
    project.undo()
    assert project.next_undo() is None and project.next_redo()[:2] == ("start", 2)
    project.redo()
    project.apply(Edit.rows("draw", [region(20)]))
    assert project.next_redo() is None and project.next_undo()[:2] == ("draw", 1)


def test_the_data_version_tells_of_others_alone(project: Project) -> None:
    version = project.data_version()
    project.apply(Edit.rows("draw", [region(10)]))
    assert project.data_version() == version
    with Project.open(project.folder, write=True) as other:
        other.apply(Edit.rows("draw", [region(11)]))
    assert project.data_version() != version
