"""A folder that holds media: videos, and folders of pictures or recordings."""

from __future__ import annotations

from pathlib import Path

from studio.core.errors import InputError
from studio.core.fingerprint import TIMES
from studio.core.media.pictures import is_picture
from studio.core.media.stills import natural_key

_VIDEOS = frozenset({
    ".3gp", ".asf", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf",
    ".ogv", ".ts", ".vob", ".webm", ".wmv", ".y4m",
})  # fmt: skip


def media_in(folder: Path) -> list[Path]:
    """The media directly in `folder`, in natural order of names; none where it is a medium itself, or no folder.

    Raises:
        InputError: the folder cannot be read.
    """
    try:
        if not folder.is_dir() or _is_medium(folder):
            return []
        entries = [path for path in folder.iterdir() if not path.name.startswith(".")]
        found = [path for path in entries if (_is_medium(path) if path.is_dir() else path.suffix.lower() in _VIDEOS)]
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror or error}") from None
    return sorted(found, key=lambda path: natural_key(path.name))


def _is_medium(folder: Path) -> bool:
    return (folder / TIMES).is_file() or any(is_picture(path) and path.is_file() for path in folder.iterdir())
