"""Pictures on disk: RGB arrays in and out, whatever the letters of their names."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import cv2
import numpy as np

from studio.core.errors import InputError
from studio.core.fingerprint import Fingerprint, picture_fingerprint
from studio.core.media.medium import Picture

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".jpe", ".png", ".pbm", ".pgm", ".ppm", ".tif", ".tiff", ".webp"})


def is_picture(path: Path) -> bool:
    """Whether the name is that of a picture; hidden files (other systems leave `._photo.jpg`) are none."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def read_picture(path: Path, content: Fingerprint | None = None) -> Picture:
    """Read a picture: uint8 `(height, width, 3)`, RGB, turned as its EXIF orientation says.

    Grey becomes three equal channels, 16 bits become 8 (the upper ones), an alpha channel is dropped.

    Args:
        path: of the file.
        content: of `picture_fingerprint`, that it must have; None: any.

    Raises:
        InputError: the file is missing, is no picture that can be read, or holds another one than it should.
    """
    try:
        data = np.fromfile(path, np.uint8)  # not cv2.imread, which fails on non-ASCII names on Windows
    except OSError as error:
        raise InputError(f"cannot read the picture {path}: {error.strerror or error}") from None
    if content is not None and picture_fingerprint(data.tobytes()) != content:
        raise InputError(f"the picture {path} was changed since it was added; put the old one back")
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except cv2.error:
        picture = None
    if picture is None:
        what = "is no picture, or is damaged" if data.size else "is empty"
        raise InputError(f"the picture {path} cannot be read: it {what}; replace or remove it")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


def write_picture(path: Path, picture: Picture, replace: bool = False) -> None:
    """Write uint8 `(height, width, 3)` RGB as the suffix of `path` says; the file is there whole or not at all.

    Raises:
        InputError: the file exists and `replace` is False, the suffix is that of no picture format, or this format
            cannot hold the picture: it is too large for it, or has colours.
        OSError: the disk is full or the folder cannot be written to.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"cannot write {path}: {path.suffix or 'no suffix'} is no picture format; use .png or .jpg")
    if not replace and path.exists():
        raise InputError(f"{path} exists already; move it away or choose another folder")
    try:
        encoded, data = cv2.imencode(path.suffix.lower(), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    except cv2.error:
        encoded = False
    if not encoded:
        height, width = picture.shape[:2]
        raise InputError(f"cannot write {path}: a {path.suffix} file cannot hold {width} × {height} RGB; use .png")
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data.tobytes())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
