"""The list of recent projects: last first, bounded, with those that are away flagged and kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core.paths import user_data
from studio.core.project import Project
from studio.core.recent import MOST, forget_project, last_place, recent_projects, remember_place, remember_project


def test_last_opened_first_and_no_more_than_fit(tmp_path: Path) -> None:
    assert recent_projects() == []
    for number in range(MOST + 3):
        remember_project(tmp_path / f"p{number}", f"project {number}")
    remember_project(tmp_path / "p9", "nine")
    found = recent_projects()
    assert [each.name for each in found[:3]] == ["nine", "project 14", "project 13"]
    assert len(found) == MOST == len({each.folder for each in found})


def test_those_that_are_away_are_flagged_and_kept(tmp_path: Path) -> None:
    Project.create(tmp_path / "here").close()
    remember_project(tmp_path / "here", "here")
    remember_project(tmp_path / "unplugged", "away")
    assert [(each.name, each.missing) for each in recent_projects()] == [("away", True), ("here", False)]
    forget_project(tmp_path / "unplugged")
    assert [each.name for each in recent_projects()] == ["here"]
    assert (tmp_path / "here" / "project.db").is_file()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1, {}]", b"\xff\xfe", b'[{"folder": "a\\u0000", "name": "", "opened": ""}]']
)
def test_a_spoiled_file_is_an_empty_list(tmp_path: Path, content: bytes) -> None:
    user_data().mkdir(parents=True, exist_ok=True)
    (user_data() / "recent.json").write_bytes(content)
    assert recent_projects() == []
    remember_project(tmp_path, "new")
    assert [each.name for each in recent_projects()] == ["new"]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    user_data().parent.mkdir(parents=True, exist_ok=True)
    user_data().write_text("a file where the folder should be")
    remember_project(tmp_path, "new")
    assert recent_projects() == []


def test_where_a_project_was_left_is_known_when_it_is_opened_again(tmp_path: Path) -> None:
    assert last_place(tmp_path) is None
    remember_project(tmp_path, "garden")
    assert last_place(tmp_path) is None
    remember_place(tmp_path, 2**62 + 1, 188)
    remember_project(tmp_path, "garden")
    assert last_place(tmp_path) == (2**62 + 1, 188)
    remember_place(tmp_path / "unknown", 1, 2)
    assert last_place(tmp_path / "unknown") is None


def test_a_spoiled_place_is_none(tmp_path: Path) -> None:
    remember_project(tmp_path, "garden")
    file = user_data() / "recent.json"
    file.write_text(file.read_text().replace("{", '{"place": [true, "x"],', 1))
    assert last_place(tmp_path) is None and len(recent_projects()) == 1
