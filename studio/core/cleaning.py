"""What a project's cache holds, and making it small again: only what this program wrote there is counted or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from studio.core.control import Control
from studio.core.project.folders import own_folder

# Under `cache`: frame indexes, embeddings and maps and thumbnails, heads that learn.
_OURS = (
    "frames-*.npy", ".frames-*.part", "*.db", "*.db-wal", "*.db-shm", "*.db-journal",
    "heads/*/card.json", "heads/*/weights.safetensors",
)  # fmt: skip


def cache_size(project: Path, control: Control) -> int:
    """Bytes that `clean` would free in the project's cache."""
    total = 0
    for file in _files(project):
        control.checkpoint()
        with suppress(OSError):
            total += file.stat().st_size
    return total


def clean(project: Path, control: Control) -> int:
    """Delete what the program keeps in the project's cache; returns the bytes that were freed.

    A file that is in use and cannot be deleted stays. Files of others, and links, are not touched.

    Raises:
        InputError: the cache folder leads out of the project.
    """
    freed = 0
    for file in _files(project):
        control.checkpoint()
        with suppress(OSError):
            size = file.stat().st_size
            file.unlink()
            freed += size
    for folder in (own_folder(project, "cache") / "heads").glob("*"):
        with suppress(OSError):
            folder.rmdir()  # which only an empty one lets happen
    return freed


def _files(project: Path) -> Iterator[Path]:
    cache = own_folder(project, "cache")
    for pattern in _OURS:
        yield from (file for file in sorted(cache.glob(pattern)) if file.is_file() and not file.is_symlink())
