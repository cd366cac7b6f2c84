"""Which kind of medium a source is."""

from __future__ import annotations

from pathlib import Path

from studio.core.errors import InputError
from studio.core.fingerprint import TIMES
from studio.core.media.camera import PREFIX, Camera
from studio.core.media.medium import Medium
from studio.core.media.pictures import is_picture
from studio.core.media.recording import Recording
from studio.core.media.stills import Stills, list_pictures
from studio.core.media.video import Video


def open_medium(source: str | Path, cache: Path | None = None) -> Medium:
    """Open a video file, a folder of pictures, a recording, a single picture, or a camera.

    Args:
        source: a path, or "camera:0".
        cache: a folder that may keep the index of a video's frames, so that it opens at once the next time.

    Raises:
        InputError: the source is missing or cannot be read, with the reason in one sentence.
    """
    name = str(source)
    if name.startswith(PREFIX):
        return Camera(name)
    if "://" in name:
        raise InputError(f"{name} is an address; only files are read: download it first")
    path = Path(source)
    try:
        folder, there, empty = path.is_dir(), path.exists(), path.is_file() and path.stat().st_size == 0
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {name}: {error}") from None
    if not there:
        raise InputError(f"there is no file or folder {name}; check the path")
    if folder:
        return Recording(name, path) if (path / TIMES).is_file() else Stills(name, list_pictures(path))
    if empty:
        raise InputError(f"{name} is empty")
    return Stills(name, [path]) if is_picture(path) else Video(name, path, cache)
