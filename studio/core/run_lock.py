"""Who works on a run holds its lock, which goes with the process: a run that says "running" without it was killed."""

from __future__ import annotations

from pathlib import Path

from studio.core.errors import InputError
from studio.core.project.window_lock import WindowLock, acquire
from studio.core.runs import RunRecord

NAME = "run.lock"


def hold_run(folder: Path) -> WindowLock:
    """The lock of the run in `folder`; released at its end, or with the process.

    Raises:
        InputError: it is being trained, here or by another process, or the folder cannot be written to.
    """
    lock = acquire(folder, NAME)
    if lock is None:
        raise InputError(f"the run {folder.name} is being trained right now; wait for its end, or cancel it there")
    return lock


def is_trained_now(folder: Path) -> bool:
    """Whether a process, this one or another, works on the run in `folder`."""
    if not (folder / NAME).is_file():
        return False
    try:
        lock = acquire(folder, NAME)
    except InputError:  # not ours to write to, so nobody can be told apart; its record counts
        return True
    if lock is None:
        return True
    lock.release()
    return False


def state_of(folder: Path, record: RunRecord) -> str:
    """What to say of its state: "interrupted" where it was killed, else what its record says."""
    return "interrupted" if was_killed(folder, record) else record.state


def was_killed(folder: Path, record: RunRecord) -> bool:
    """Whether its record says that it is being trained, and nobody does."""
    return record.state == "running" and not is_trained_now(folder)
