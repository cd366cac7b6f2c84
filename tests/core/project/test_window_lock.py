"""One window writes; the lock goes with its process, and the command line takes no notice of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.project import Edit, Project
from studio.core.project.window_lock import NAME, acquire
from tests.core.project.project_rows import region


def test_a_second_window_is_told(project: Project) -> None:
    lock = acquire(project.folder)
    assert lock and acquire(project.folder) is None
    with Project.open(project.folder, write=True) as command_line:
        command_line.apply(Edit.rows("draw", [region()]))
    lock.release()
    lock.release()
    for _ in range(2):
        again = acquire(project.folder)
        assert again
        with again:
            assert acquire(project.folder) is None


def test_a_killed_window_lets_go(project: Project) -> None:
    code = (
        "import sys, time; from pathlib import Path; from studio.core.project.window_lock import acquire;"
        "lock = acquire(Path(sys.argv[1])); print(bool(lock), flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(project.folder)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout and other.stdout.readline() == "True\n"
        assert acquire(project.folder) is None
        other.kill()
        other.wait()
    lock = acquire(project.folder)
    assert lock
    lock.release()


def test_a_lock_that_is_a_link_or_cannot_be_made(project: Project, tmp_path: Path) -> None:
    (project.folder / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        acquire(project.folder)
    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(InputError, match="cannot be written"):
        acquire(tmp_path / "nowhere")
