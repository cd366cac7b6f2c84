"""One window at a time has a project open for writing; a second one opens it for reading and follows.

The lock is the operating system's, on a file of its own in the project's folder: it goes with the process, however that
ends. The command line takes no notice of it: its short transactions are guarded by the database's own lock.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from studio.core.errors import InputError

NAME = "project.lock"
_HELD = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})


class WindowLock:
    """Held until `release` or the end of the process; also usable with `with`."""

    def __init__(self, file: int) -> None:
        self._file: int | None = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)  # which lets go of the lock
            self._file = None

    def guards(self, folder: Path) -> bool:
        """Whether it is held, and on the project in `folder`, by whatever path."""
        try:
            return self._file is not None and os.path.samestat(os.fstat(self._file), (folder / NAME).stat())
        except OSError:
            return False

    def shared(self) -> WindowLock:
        """The same lock for another part of this process; it goes when each of them was released."""
        assert self._file is not None
        return WindowLock(os.dup(self._file))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def acquire(folder: Path, name: str = NAME) -> WindowLock | None:
    """The lock on the project in `folder`; None where another window, of this process or another, has it.

    Args:
        folder: of the project, or of something else that one at a time may work on.
        name: of the file that is locked in it.

    Raises:
        InputError: the folder cannot be written to, or its file system has no locks.
    """
    path = folder / name
    if path.is_symlink():
        raise InputError(f"{path} is a link; remove it, a project keeps its lock in its own folder")
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}); check the folder's permissions"
        ) from None
    try:
        _lock(file)
    except OSError as error:
        os.close(file)
        if error.errno in _HELD:
            return None
        raise InputError(
            f"{path} cannot be locked ({error.strerror or error}); copy the project to a local disk"
        ) from None
    return WindowLock(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # not lockf, which a second window of this process would get
