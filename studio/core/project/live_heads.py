"""Heads without a name, in the cache under what they were trained on; the newest are kept."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from studio.core.project.project import Project

MOST_HEADS = 50


def live_head_folder(project: Project, key: str) -> Path:
    """Where the head under `key` (see `state_key`) is, or would be."""
    return project.cache / "heads" / key


def cached_head(project: Project, key: str) -> Path | None:
    """The folder of the head trained on exactly this, if it is kept; being asked for makes it the newest."""
    folder = live_head_folder(project, key)
    if not (folder / "card.json").is_file():
        return None
    with suppress(OSError):
        folder.touch()
    return folder


def forget_old_heads(project: Project) -> None:
    """Remove all live heads but the newest `MOST_HEADS`."""
    home = project.cache / "heads"
    folders = [entry for entry in home.iterdir() if entry.is_dir()] if home.is_dir() else []
    for old in sorted(folders, key=_age)[:-MOST_HEADS]:
        shutil.rmtree(old, ignore_errors=True)


def _age(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # another window tidies up too
        return 0.0
