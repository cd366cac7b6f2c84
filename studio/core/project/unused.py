"""A project that was made ahead of its first medium, and never got one."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.project.database import NAME as DATABASE
from studio.core.project.folders import AUGMENTATION, KERNELS, NAMES
from studio.core.project.project import Project
from studio.core.project.window_lock import NAME as LOCK

CACHE = "cache"


def remove_unused(folder: Path) -> bool:
    """Remove the closed project in `folder` if nothing was ever done in it; a file in it that is no cache keeps it.

    Returns:
        Whether the folder is gone.
    """
    with suppress(StudioError, OSError):
        with Project.open(folder) as project:
            used = project.position > 0 or any((folder / name).exists() for name in (KERNELS, AUGMENTATION))
        if not used and not any(any((folder / name).iterdir()) for name in NAMES if name != CACHE):
            shutil.rmtree(folder / CACHE)
            for name in NAMES:
                if name != CACHE:
                    (folder / name).rmdir()
            for name in (LOCK, f"{DATABASE}-wal", f"{DATABASE}-shm", DATABASE):
                (folder / name).unlink(missing_ok=True)
            folder.rmdir()
    return not folder.exists()
