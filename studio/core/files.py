"""Small things about files."""

from __future__ import annotations

import errno
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.core.errors import InputError

MOST_CARD_BYTES = 2**24  # of a card.json; those of this program have a few thousand
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def making(folder: Path) -> Iterator[None]:
    """Around the first look at `folder` and its mkdir, while nothing is changed yet.

    Raises:
        InputError: instead of any OSError but that of a full disk.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise
        reason = error.strerror or str(error)
        raise InputError(f"cannot make the folder {folder}: {reason}; choose another place") from None


@contextmanager
def own_place(folder: Path) -> Iterator[Path]:
    """A new hidden folder in `folder` to make something whole in and rename it out of; it goes at the end."""
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder, ignore_cleanup_errors=True) as place:
        yield Path(place)


def sha256_of_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sha256_of(path: Path) -> str:
    """sha256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_text(size: int) -> str:
    """So many bytes as people read them: "312 bytes", "4.2 kB", "1.5 MB", "3.0 GB"; units of 1000."""
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    for unit, bytes_of_it in (("GB", 1e9), ("MB", 1e6)):
        if size >= bytes_of_it:
            return f"{size / bytes_of_it:,.1f} {unit}"
    return f"{size / 1e3:,.1f} kB"
