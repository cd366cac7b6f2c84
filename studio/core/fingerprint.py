"""What tells a medium from others: its size and a hash of its content, bounded for large ones."""

from __future__ import annotations

import hashlib
import os
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from studio.core.errors import InputError

BLOCK = 2**20
BLOCKS = 64
PICTURE_BLOCK = 2**12  # of one picture of a folder: thousands of them are looked at when the folder is added
TIMES = "times.txt"  # what makes a folder of pictures a recording: a line "number seconds" for each frame
IDENTITY = "recording.json"  # beside it where a recording grows: written once, and all that its fingerprint is of


class Fingerprint(NamedTuple):
    """`size` in bytes; `sha256`, hexadecimal, of all content up to 64 MiB, above of 64 evenly spaced MiB."""

    size: int
    sha256: str


def fingerprint(path: Path) -> Fingerprint:
    """The fingerprint of a file, or of the pictures directly in a folder.

    A folder counts its pictures' names, sizes and contents; above 64 MiB the first MiB of 64 evenly spaced ones.
    A recording that grows with what is kept of a camera is told by its identity file alone.

    Raises:
        InputError: nothing is there, or it is neither a file nor a folder.
    """
    if path.is_dir():
        return _of_folder(path)
    if not path.is_file():  # a pipe or a device would never end
        raise InputError(f"{path} is neither a file nor a folder" if path.exists() else f"there is no {path}")
    with path.open("rb") as file:
        return _of_content(file, path.stat().st_size, BLOCK)


def picture_fingerprint(picture: Path | bytes) -> Fingerprint:
    """Of a single picture of a folder: all content up to 256 KiB, above of 64 evenly spaced blocks of 4 KiB.

    Args:
        picture: the file, or what it holds.

    Raises:
        OSError: the file cannot be read.
    """
    if isinstance(picture, bytes):
        return _of_content(BytesIO(picture), len(picture), PICTURE_BLOCK)
    with picture.open("rb") as file:
        return _of_content(file, os.fstat(file.fileno()).st_size, PICTURE_BLOCK)


def _of_content(file: BinaryIO, size: int, block: int) -> Fingerprint:
    """All of a file up to 64 blocks; of a larger one 64 of them, evenly spaced."""
    digest = hashlib.sha256()
    whole = size <= block * BLOCKS
    _add(digest, file, [(0, size)] if whole else [(start, block) for start in _spread(size - block)])
    return Fingerprint(size, digest.hexdigest())


def _of_folder(folder: Path) -> Fingerprint:
    from studio.core.media.pictures import is_picture  # brings OpenCV along, which a file's fingerprint can do without

    identity = folder / IDENTITY
    if identity.is_file() and (folder / TIMES).is_file():
        return fingerprint(identity)
    with os.scandir(folder) as entries:
        found = sorted((e.name, e.stat().st_size) for e in entries if is_picture(Path(e.name)) and e.is_file())
    size = sum(size for _, size in found)
    digest = hashlib.sha256()
    for name, length in found:
        digest.update(f"{name}\0{length}\n".encode("utf-8", "surrogateescape"))
    some = found if size <= BLOCK * BLOCKS else [found[i] for i in sorted(set(_spread(len(found) - 1)))]
    limit = BLOCK if some is not found else size
    for name, length in some:
        with (folder / name).open("rb") as file:
            _add(digest, file, [(0, min(length, limit))])
    return Fingerprint(size, digest.hexdigest())


def _spread(last: int) -> list[int]:
    """`BLOCKS` whole numbers from 0 to `last`, evenly spaced."""
    return [last * index // (BLOCKS - 1) for index in range(BLOCKS)]


def _add(digest: hashlib._Hash, file: BinaryIO, parts: list[tuple[int, int]]) -> None:
    for start, length in parts:
        file.seek(start)
        while length > 0 and (data := file.read(min(length, BLOCK))):
            digest.update(data)
            length -= len(data)
