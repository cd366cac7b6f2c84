"""Files that are no project, damaged or hostile: one sentence each, and nothing runs."""

from __future__ import annotations

import shutil
import sqlite3
import struct
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.project import Project, schema


def with_sql(folder: Path, *statements: str) -> None:
    """Change the database behind the program's back."""
    connection = sqlite3.connect(folder / "project.db", isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        Project.open(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"no project.*studio new"):
        Project.open(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not the database of a studio project"),
        (b"dear diary, " * 400, "damaged"),
        (bytes(range(256)) * 64, "damaged"),
        (b"SQLite format 3\0" + bytes(5000), "project"),
    ],
)
@pytest.mark.parametrize("write", [False, True])
def test_a_database_that_is_none(closed: Path, content: bytes, message: str, write: bool) -> None:
    (closed / "project.db").write_bytes(content)
    with pytest.raises(InputError, match=message):
        Project.open(closed, write=write)
    assert (closed / "project.db").read_bytes() == content


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_database(closed: Path, keep: float) -> None:
    path = closed / "project.db"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(InputError, match="damaged"), Project.open(closed) as project:
        found = project.check()
        assert found
        raise InputError(f"damaged: {found}")  # it opened, so check must have said what is wrong


def test_a_page_of_noise_is_found_by_check(closed: Path) -> None:
    content = bytearray((closed / "project.db").read_bytes())
    content[-3 * 4096 : -2 * 4096] = b"\xa5" * 4096
    (closed / "project.db").write_bytes(content)
    with Project.open(closed) as project:
        assert any("damaged" in line for line in project.check())


def test_the_database_of_another_program_is_refused_and_left_alone(closed: Path) -> None:
    (closed / "project.db").unlink()
    with_sql(closed, "CREATE TABLE bookmarks (x)")
    before = (closed / "project.db").read_bytes()
    with pytest.raises(InputError, match="not the database of a studio project"):
        Project.open(closed, write=True)
    assert (closed / "project.db").read_bytes() == before


def test_a_project_from_the_future(closed: Path) -> None:
    with_sql(closed, f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    with pytest.raises(InputError, match="newer version of studio"):
        Project.open(closed)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE marks",
        "DROP INDEX regions_now",
        "CREATE VIEW spy AS SELECT * FROM regions",
        "CREATE TRIGGER spy AFTER INSERT ON regions BEGIN DELETE FROM labels; END",
        "CREATE TABLE more (x)",
        "CREATE INDEX spy ON labels (abs(id))",
        "ALTER TABLE labels ADD COLUMN extra",
    ],
)
def test_a_schema_that_is_not_ours(closed: Path, statement: str) -> None:
    with_sql(closed, statement)
    for write in (False, True):
        with pytest.raises(InputError, match="not to be trusted"):
            Project.open(closed, write=write)


@pytest.mark.parametrize(
    "assignment",
    [
        "x = 'left'",
        "x = 9e999",
        "width = -1",
        "width = NULL",
        "author = x'00ff'",
        "author = CAST(x'ff' AS TEXT)",
        "frame = 1.5",
        "medium = 'clip'",
        "keyframe = 'yes'",
        "state = zeroblob(20000000)",
        "until = 'never', since = 'ever'",
        "since = 500",
        "until = 0",
        "label = 999",
    ],
)
def test_odd_cells_are_said_and_found(closed: Path, assignment: str) -> None:
    with sqlite3.connect(closed / "project.db") as connection:
        tables = connection.execute("SELECT sql, name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    without_rules = "UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table'"
    with_sql(closed, "PRAGMA writable_schema = ON", without_rules)
    with_sql(closed, f"UPDATE regions SET {assignment} WHERE id = 100")
    back = [f"UPDATE sqlite_master SET sql = '{sql}' WHERE name = '{name}'" for sql, name in tables]
    with_sql(closed, "PRAGMA writable_schema = ON", *back)
    with Project.open(closed, write=True) as project:
        assert project.check()
        for attempt in (project.regions, project.undo, project.redo, project.history):
            try:
                attempt()
            except InputError as error:
                assert "damaged" in str(error) or "refer" in str(error)


@pytest.mark.parametrize("name", ["project.db", "project.db-wal", "project.db-shm", "project.db-journal"])
def test_a_database_that_is_a_link(closed: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / "elsewhere"
    if (closed / name).exists():
        shutil.move(closed / name, target)
    (closed / name).symlink_to(target)
    with pytest.raises(InputError, match="is a link"):
        Project.open(closed, write=True)
    (closed / name).unlink()
    (closed / name).mkdir()
    with pytest.raises(InputError, match=r"is a link or no file|no project"):
        Project.open(closed, write=True)


def test_a_journal_that_would_have_another_file_deleted(closed: Path, tmp_path: Path) -> None:
    victim = tmp_path / "letters.txt"
    victim.write_text("dear")
    name = str(victim).encode()
    magic = bytes.fromhex("d9d505f920a163d7")
    page = (closed / "project.db").stat().st_size // 4096
    with_sql(closed, "PRAGMA journal_mode = DELETE")
    header = magic + struct.pack(">iIIII", 0, 7, page, 512, 4096)
    tail = struct.pack(">I", 0x40000000 // 4096 + 1) + name + struct.pack(">II", len(name), sum(name)) + magic
    (closed / "project.db-journal").write_bytes(header.ljust(512, b"\0") + tail)
    with pytest.raises(InputError, match="names another file"):
        Project.open(closed)
    assert victim.read_text() == "dear"


@pytest.mark.parametrize("place", ["cache", "models", "cache/thumbnails", "cache/a/b"])
def test_folders_that_lead_out_of_the_project(closed: Path, tmp_path: Path, place: str) -> None:
    link = closed / place
    if link.is_dir():
        link.rmdir()
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path)
    with Project.open(closed) as project, pytest.raises(InputError, match="link out of the project"):
        assert project.models and project.cache


def test_a_link_within_the_project_is_fine(closed: Path) -> None:
    (closed / "cache" / "recent").symlink_to(closed / "cache")
    with Project.open(closed) as project:
        assert project.cache == closed / "cache"
