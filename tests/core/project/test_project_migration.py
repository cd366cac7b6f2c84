"""A project of format 1 opens as one of format 2, with everything it held, and can still be undone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.project import AreaRow, Edit, LabelRow, Project, database, schema
from tests.core.project.project_rows import CUP, MEDIUM, region


@pytest.fixture
def old(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as the first version wrote it: one medium, one label, one region."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        folder.mkdir()
        database.create(folder, "old")
    with closing(sqlite3.connect(folder / "project.db")) as connection, connection:
        connection.execute("INSERT INTO history VALUES (1, 5, 'start', '2026-01-01T00:00', 'human', 'edit', 5)")
        connection.execute(
            "INSERT INTO media (since, id, path, kind, size, sha256, frames, width, height) VALUES (1, 1,"
            " 'media/clip.mp4', 'video', 4, ?, 100, 64, 48)",
            ("0" * 64,),
        )
        connection.execute("INSERT INTO labels (since, id, name, color, key) VALUES (1, 2, 'cup', '#4c9aff', '1')")
        connection.execute(
            "INSERT INTO regions (since, id, medium, frame, label, x, y, width, height, author, keyframe,"
            " near_duplicate, state) VALUES (1, 3, 1, 0, 2, 1.0, 2.5, 10.0, 20.0, 'human', 1, 0, 'visible')"
        )
    return folder


def test_a_project_of_the_first_format_opens_with_all_it_held(old: Path) -> None:
    with Project.open(old, write=True) as project:
        assert (project.label("cup"), project.media(), project.regions()) == (CUP, [MEDIUM], [region(3)])
        assert project.label("cup").threshold == 0.5 and project.areas() == []
        assert project.check()[1:] == []  # the made-up medium is missing
        assert project.undo() == ["start"] and project.redo() == ["start"]
        assert (project.label("cup"), project.regions()) == (CUP, [region(3)])
    (backup,) = old.glob("project-format1-*.db")
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT count(*) FROM regions").fetchone() == (1,)


def test_a_migrated_project_is_like_a_new_one(old: Path, tmp_path: Path) -> None:
    Project.open(old).close()
    Project.create(tmp_path / "new").close()
    tables = []
    for folder in (old, tmp_path / "new"):
        with closing(sqlite3.connect(folder / "project.db")) as connection:
            tables.append(connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall())
    assert tables[0] == tables[1]


def test_a_medium_has_one_search_area(project: Project) -> None:
    area = AreaRow(50, MEDIUM.id, 1.0, 2.0, 30.0, 20.0)
    project.apply(Edit.rows("search here", [area]))
    project.apply(Edit.rows("search there", [replace(area, x=4.0)]))
    assert project.areas() == [replace(area, x=4.0)] and project.areas(at=2) == [area]
    with pytest.raises(InputError, match="already a search area"):
        project.apply(Edit.rows("search twice", [replace(area, id=51)]))
    project.undo()
    assert project.areas() == [area]
    with pytest.raises(InputError, match="area"):
        replace(area, width=0.0)


def test_new_states_and_thresholds_are_kept(project: Project) -> None:
    rows = [region(60, state="ignore"), region(61, state="rejected", score=0.9)]
    project.apply(Edit.rows("reject", [*rows, replace(CUP, threshold=0.8)]))
    assert project.regions() == rows and project.label("cup").threshold == 0.8
    for threshold in (1.5, -0.1, "much"):
        with pytest.raises(InputError, match="threshold"):
            LabelRow(9, "x", "#ffffff", "", threshold)  # type: ignore[arg-type]
