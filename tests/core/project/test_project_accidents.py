"""Locked, read-only, full disk, killed, outdated: one sentence each, and nothing lost."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from studio.core.errors import InputError, StudioError
from studio.core.project import Edit, Project, database, schema
from tests.core.project.project_rows import region


def run_python(code: str, *arguments: object) -> subprocess.Popen[str]:
    here = [str(Path(__file__).parent), str(Path(__file__).parents[3])]
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(here)},
    )


def test_a_locked_project_can_be_read_and_a_writer_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_WAIT_S", 0.2)
    locker = run_python(
        """
        import sqlite3, sys, time
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        print("locked", flush=True)
        time.sleep(60)
        """,
        project.folder / "project.db",
    )
    try:
        assert locker.stdout and locker.stdout.readline() == "locked\n"
        with Project.open(project.folder, write=True) as second:
            assert len(second.media()) == 1
            with pytest.raises(InputError, match="another process is writing"):
                second.apply(Edit.rows("draw", [region()]))
            assert second.position == 1
    finally:
        locker.kill()
        locker.communicate()
    project.apply(Edit.rows("draw", [region()]))  # the lock went with the process


def test_a_second_writer_waits_for_the_first(project: Project) -> None:
    locker = run_python(
        """
        import sqlite3, sys, time
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        print("locked", flush=True)
        time.sleep(0.5)
        connection.execute("COMMIT")
        """,
        project.folder / "project.db",
    )
    assert locker.stdout and locker.stdout.readline() == "locked\n"
    project.apply(Edit.rows("draw", [region()]))
    locker.communicate()
    assert project.position == 2


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize("crashed", [False, True])
def test_a_read_only_project_can_be_read(closed: Path, crashed: bool) -> None:
    if crashed:
        (closed / "project.db-wal").write_bytes(b"x" * 64)
    outer = Path(tempfile.mkdtemp())  # where another user may look: permissions do not bind an administrator
    place = outer / "project"
    shutil.copytree(closed, place)
    for path in (outer, place, *place.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    reader = run_python(
        """
        import os, sys
        from pathlib import Path
        from studio.core.errors import InputError, StudioError
        from studio.core.project import Project, check
        if os.geteuid() == 0:
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
        for write in (False, True):
            try:
                with Project.open(Path(sys.argv[1]), write=write) as project:
                    print(len(project.regions()), project.check()[1:])
            except InputError as error:
                print(error)
        """,
        place,
    )
    try:
        output = reader.communicate(timeout=60)[0]
    finally:
        for path in (outer, place, *place.rglob("*")):
            path.chmod(0o755)
        shutil.rmtree(outer)
    reading, writing = output.splitlines()
    assert ("was not closed" if crashed else "200 []") in reading
    assert ("was not closed" if crashed else "read-only") in writing


def test_a_full_disk_keeps_what_was_there(project: Project) -> None:
    project.apply(Edit.rows("draw", [region(20)]))
    pages = project.connection.execute("PRAGMA page_count").fetchone()[0]
    project.connection.execute(f"PRAGMA max_page_count = {pages + 30}")
    with pytest.raises(StudioError, match="disk is full"):
        project.apply(Edit.rows("many", [region(1000 + n) for n in range(5000)]))
    with pytest.raises(StudioError, match="disk is full"):
        for _ in range(1000):
            project.undo()
            project.redo()
    project.connection.execute("PRAGMA max_page_count = 1000000")
    if not project.regions():
        project.redo()
    assert len(project.regions()) == 1  # whole edits only
    assert len(project.check()) == 1  # the made-up medium
    project.apply(Edit.rows("more", [region(21)]))


def test_a_full_disk_while_making_a_project_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 3")
        schema._first(connection)

    monkeypatch.setattr(schema, "MIGRATIONS", [full])
    with pytest.raises(StudioError, match="disk is full"):
        Project.create(folder)
    assert not folder.exists()


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_killed_at_any_moment_it_keeps_every_edit_that_was_reported(folder: Path) -> None:
    Project.create(folder).close()
    for after in (0.05, 0.3):
        writer = run_python(
            """
            import sys
            from itertools import count
            from pathlib import Path
            from project_rows import CUP, MEDIUM, region
            from studio.core.project import Edit, Project
            with Project.open(Path(sys.argv[1]), write=True) as project:
                project.apply(Edit.rows("start", [MEDIUM, CUP]))
                group = project.new_group()
                for frame in count():
                    rows = [region(frame=frame) for _ in range(3)]
                    project.apply(Edit.rows("follow", rows), group=group, who="tracker")
                    print(*(row.id for row in rows), flush=True)
            """,
            folder,
        )
        assert writer.stdout
        lines = [writer.stdout.readline()]
        time.sleep(after)
        writer.send_signal(signal.SIGKILL)
        lines += writer.communicate()[0].splitlines(keepends=True)
        ids = {int(number) for line in lines if line.endswith("\n") for number in line.split()}
        with Project.open(folder, write=True) as project:
            assert [line for line in project.check() if "clip.mp4" not in line] == []
            stored = {row.id for row in project.regions()}
            assert len(ids) > 3
            assert ids <= stored
            assert len(stored) % 3 == 0  # whole edits only
            project.undo()
            assert not ids & {row.id for row in project.regions()}


def test_an_older_project_is_brought_up_to_date_after_a_backup(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def second(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE notes (text TEXT)")

    old = (closed / "project.db").read_bytes()
    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, second])
    with Project.open(closed) as project:
        assert len(project.regions()) == 200
        assert project.connection.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    (backup,) = closed.glob(f"project-format{len(schema.MIGRATIONS) - 1}-*.db")
    assert sqlite3.connect(backup).execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS) - 1,)
    assert len(old) <= backup.stat().st_size


def test_regions_of_format_two_are_there_and_not_reviewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as then:
        then.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:2])
        Project.create(tmp_path / "old").close()
    with closing(sqlite3.connect(tmp_path / "old" / "project.db")) as connection, connection:
        connection.execute(
            "INSERT INTO media VALUES (NULL, 0, NULL, 5, 'a.mp4', 'video', 9, ?, 10, 64, 48)", ["0" * 64]
        )
        connection.execute(
            "INSERT INTO regions SELECT NULL, 0, NULL, 6, 5, 3, id, NULL, 1.0, 2.0, 3.0, 4.0, 'human', 1, NULL, 0,"
            " 'visible' FROM labels"
        )
    with Project.open(tmp_path / "old", write=True) as project:
        (row,) = project.regions()
        assert (row.id, row.frame, row.reviewed, project.searches()) == (6, 3, False, [])
        project.apply(Edit.rows("review", [replace(row, reviewed=True)]))
        assert project.regions()[0].reviewed


def test_a_failed_migration_changes_nothing(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def second(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE notes (text TEXT)")
        connection.execute("SELECT * FROM nothing")

    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, second])
    with pytest.raises(InputError, match="damaged"):
        Project.open(closed)
    monkeypatch.undo()
    with Project.open(closed) as project:
        assert len(project.regions()) == 200
