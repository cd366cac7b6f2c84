"""Recordings of a camera: lossless pictures named by their number, and the times they were taken."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import numpy as np

from studio.core.errors import InputError
from studio.core.files import making
from studio.core.media.medium import Kind, Picture
from studio.core.media.pictures import write_picture
from studio.core.media.stills import Stills

TIMES = "times.txt"  # what makes a folder of pictures a recording: a line "number seconds" for each frame


class Recorder:
    """Stores frames in a folder as they come. What was written stays readable if the program is killed.

    Raises:
        InputError: the folder is there already and is not empty, or cannot be made.
        OSError: the folder cannot be written to, or the disk is full.
    """

    def __init__(self, folder: Path) -> None:
        with making(folder):
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise InputError(f"{folder} is there already; record into a new folder")
            folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.frame_count = 0
        self._times: TextIO = (folder / TIMES).open("w", encoding="ascii")

    def add(self, picture: Picture, seconds: float) -> int:
        """Store a frame, uint8 `(height, width, 3)` RGB, with its time; returns its number in the recording."""
        number = self.frame_count
        write_picture(_name(self.folder, number), picture)
        self._times.write(f"{number} {seconds:.6f}\n")
        self._times.flush()
        self.frame_count += 1
        return number

    def close(self) -> None:
        self._times.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Recording(Stills):
    """A recording as a medium, with the times at which its frames were taken."""

    kind: Kind = "camera"

    def __init__(self, source: str, folder: Path) -> None:
        """Open a recording.

        Raises:
            InputError: its times or its first picture cannot be read.
        """
        self._seconds = _read_times(folder)
        super().__init__(source, [_name(folder, number) for number in range(len(self._seconds))])
        span = self.time(self.frame_count - 1)
        if span > 0:
            self.rate = (self.frame_count - 1) / span

    def time(self, number: int) -> float:
        self.check(number)
        return float(self._seconds[number] - self._seconds[0])


def _name(folder: Path, number: int) -> Path:
    return folder / f"{number:08}.png"


def _read_times(folder: Path) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Seconds of each frame; a last line that was cut off by a kill does not count."""
    text = (folder / TIMES).read_bytes().decode("ascii", errors="replace")
    lines = text.split("\n")[:-1]
    try:
        rows = [(int(number), float(seconds)) for number, seconds in (line.split() for line in lines)]
    except ValueError:
        rows = []
    times = np.array([seconds for _, seconds in rows])
    if not rows or [number for number, _ in rows] != list(range(len(rows))) or not (np.diff(times) >= 0).all():
        raise InputError(f"{folder / TIMES} is no list of numbers and rising times; the recording cannot be read")
    return times
