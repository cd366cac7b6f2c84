"""A folder of pictures, or a single one, as a medium."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from studio.core.errors import InputError
from studio.core.fingerprint import Fingerprint
from studio.core.media.medium import Kind, Medium, Picture
from studio.core.media.pictures import is_picture, read_picture

RATE = 25.0  # pictures carry no times; this only spaces them
_NUMBER = re.compile(r"([0-9]+)")


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Sorts `img2` before `img10`; names that differ in case or leading zeros alone keep a fixed order."""
    parts = _NUMBER.split(name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], name


class Stills(Medium):
    """Pictures as frames, in natural order of their names; they may differ in size. No picture is held in memory."""

    kind: Kind = "stills"
    rate = RATE

    def __init__(self, source: str, files: list[Path], contents: Sequence[Fingerprint] | None = None) -> None:
        """The first picture is read.

        Args:
            source: as given.
            files: the pictures in order.
            contents: what each must hold to be shown, so that some may be missing or changed; None: whatever is there.

        Raises:
            InputError: it cannot be read; with `contents`, none can.
        """
        self.source = source
        self.files = files
        self.frame_count = len(files)
        self._contents = contents
        height, width = self._first_picture().shape[:2]
        self.size = (width, height)

    def frame(self, number: int) -> Picture:
        self.check(number)
        return read_picture(self.files[number], self._contents[number] if self._contents is not None else None)

    def time(self, number: int) -> float:
        self.check(number)
        return number / self.rate

    def _first_picture(self) -> Picture:
        if self._contents is None:
            return self.frame(0)
        reason = InputError(f"{self.source} holds no pictures")
        for number in range(self.frame_count):
            try:
                return self.frame(number)
            except InputError as error:
                reason = error
        raise reason


def list_pictures(folder: Path) -> list[Path]:
    """The pictures in a folder (not in its subfolders), in natural order of names; other files are passed over.

    Raises:
        InputError: the folder cannot be read or holds no pictures.
    """
    try:
        with os.scandir(folder) as entries:  # knows most files without a look at each
            names = [entry.name for entry in entries if is_picture(Path(entry.name)) and entry.is_file()]
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror or error}") from None
    if not names:
        raise InputError(f"the folder {folder} holds no pictures (.png, .jpg, .tif, .webp, .bmp, .ppm)")
    return [folder / name for name in sorted(names, key=natural_key)]
