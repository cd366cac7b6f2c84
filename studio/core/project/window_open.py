"""Opening a project for a window: for writing where no other window does, else for reading, and why."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from studio.core.errors import InputError
from studio.core.project.project import Project
from studio.core.project.window_lock import WindowLock, acquire

_ELSEWHERE = "read-only: another window has this project open; close it there to change it"


def open_for_window(folder: Path, own: Iterable[WindowLock]) -> tuple[Project, WindowLock | None, str]:
    """The project, the lock where it may be written, and why not where it may not.

    Args:
        folder: of the project.
        own: locks of projects that this window has closed and still writes to; one on this project is shared.

    Raises:
        InputError: it cannot be read either.
    """
    Project.open(folder).close()  # first: a folder without a project gets no lock
    try:
        lock = next((each.shared() for each in own if each.guards(folder)), None) or acquire(folder)
    except InputError as error:
        return Project.open(folder), None, f"read-only: {error}"
    if lock is None:
        return Project.open(folder), None, _ELSEWHERE
    try:
        return Project.open(folder, write=True), lock, ""
    except InputError as error:
        lock.release()
        return Project.open(folder), None, f"read-only: {error}"
    except BaseException:
        lock.release()
        raise
