"""Recordings of a camera: pictures named by their number, and the times they were taken.

Frames are numbered by capture, so a recording of which only some frames were kept has gaps. A number in a gap shows
the frame kept before it, as damaged videos do; going through the frames gives those that were kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.files import making, sha256_of
from studio.core.fingerprint import IDENTITY, TIMES
from studio.core.media import encoded
from studio.core.media.medium import Kind, Medium, Picture
from studio.core.media.pictures import read_picture, write_picture

MOST_FRAMES = 10**8  # above lies nothing that a camera gives; a foreign file may say anything


class Recorder:
    """Stores all frames in a new folder as they come, without loss. What was written survives a kill.

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
        write_picture(picture_file(self.folder, number, ".png"), picture)
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


class Recording(Medium):
    """A recording as a medium, with the times at which its frames were taken.

    It may still grow: frames that are asked for and not known yet are looked for again.
    """

    kind: Kind = "camera"

    def __init__(self, source: str, folder: Path) -> None:
        """Open a recording.

        Raises:
            InputError: its times or its first picture cannot be read.
        """
        self.source = source
        self._folder = folder
        self._suffix = encoded.SUFFIX if (folder / IDENTITY).is_file() else ".png"
        self._kept = read_kept(folder)
        height, width = self._picture(self._kept, 0).shape[:2]
        self.size = (width, height)
        span = float(self._kept.seconds[-1] - self._kept.seconds[0])
        self.rate = float(self._kept.numbers[-1] - self._kept.numbers[0]) / span if span > 0 else 25.0

    @property
    def frame_count(self) -> int:  # type: ignore[override]
        """One more than the highest number kept."""
        return int(self._kept.numbers[-1]) + 1

    @property
    def kept(self) -> NDArray[np.int64]:
        """The numbers of the frames that were kept, rising."""
        return self._kept.numbers

    def frame(self, number: int) -> Picture:
        self.check(number)
        kept = self._kept
        return self._picture(kept, max(int(np.searchsorted(kept.numbers, number, "right")) - 1, 0))

    def frames(self, start: int = 0, end: int | None = None, step: int = 1) -> Iterator[tuple[int, Picture]]:
        """The kept ones of `numbers(start, end, step)`."""
        wanted, kept = self.numbers(start, end, step), self._kept
        for place, number in enumerate(kept.numbers.tolist()):
            if number in wanted:
                yield number, self._picture(kept, place)

    def numbers(self, start: int = 0, end: int | None = None, step: int = 1) -> range:
        """From the first kept frame at or after `start` to `end`; between them may be gaps."""
        given = super().numbers(start, end, step)
        place = int(np.searchsorted(self._kept.numbers, given.start))
        if self._kept.numbers[place] > given[-1]:
            raise InputError(f"no frame from {start} to {given[-1]} of {self.source} was kept")
        return range(int(self._kept.numbers[place]), given.stop, step)

    def time(self, number: int) -> float:
        self.check(number)
        kept = self._kept
        origin = float(kept.seconds[0]) if kept.numbers[0] == 0 else 0.0  # times count from frame 0, kept or not
        if number < kept.numbers[0]:
            return float(kept.seconds[0]) * number / int(kept.numbers[0])
        return float(np.interp(number, kept.numbers, kept.seconds)) - origin

    def check(self, number: int) -> None:
        place = int(np.searchsorted(self._kept.numbers, number))
        if place == len(self._kept.numbers) or self._kept.numbers[place] != number:
            self._look_again()
        super().check(number)

    def _look_again(self) -> None:
        times = self._folder / TIMES
        if not times.is_file() or times.stat().st_size != self._kept.length:
            self._kept = read_kept(self._folder)

    def _picture(self, kept: Kept, place: int) -> Picture:
        return read_picture(picture_file(self._folder, int(kept.numbers[place]), self._suffix))


@dataclass(frozen=True, eq=False)
class Kept:
    """What the list of a recording says.

    Attributes:
        numbers: int64 `(N,)`, rising.
        seconds: float64 `(N,)`, never falling.
        sums: sha256 of each picture's file; "" where the list has none.
        length: bytes of the list when it was read.
    """

    numbers: NDArray[np.int64]
    seconds: NDArray[np.float64]
    sums: list[str]
    length: int


def picture_file(folder: Path, number: int, suffix: str) -> Path:
    return folder / f"{number:08}{suffix}"


def read_kept(folder: Path) -> Kept:
    """The list of the frames of a recording; a last line that was cut off by a kill does not count.

    Raises:
        InputError: it is missing, or is no list of numbers and rising times.
    """
    try:
        data = (folder / TIMES).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {folder / TIMES}: {error.strerror or error}") from None
    try:
        rows = sorted(_parse(line) for line in data.decode("ascii", errors="replace").split("\n")[:-1])
    except ValueError:
        rows = []
    numbers = np.array([number for number, _, _ in rows], np.int64)
    seconds = np.array([second for _, second, _ in rows], np.float64)
    if not rows or not (np.diff(numbers) > 0).all() or not (np.diff(seconds) >= 0).all():
        raise InputError(f"{folder / TIMES} is no list of numbers and rising times; the recording cannot be read")
    return Kept(numbers, seconds, [digest for _, _, digest in rows], len(data))


def frames_there(folder: Path) -> frozenset[int] | None:
    """The numbers of the frames that the recording in `folder` has; None where it is no recording, which has all.

    Raises:
        InputError: its list cannot be read.
    """
    return frozenset(read_kept(folder).numbers.tolist()) if (folder / TIMES).is_file() else None


def recording_problems(folder: Path) -> list[str]:
    """A sentence for every picture of a recording that is missing, or is not the one its list says."""
    kept = read_kept(folder)
    suffix = encoded.SUFFIX if (folder / IDENTITY).is_file() else ".png"
    found: list[str] = []
    for number, digest in zip(kept.numbers.tolist(), kept.sums, strict=True):
        file = picture_file(folder, number, suffix)
        if not file.is_file():
            found.append(f"the frame {file} of a recording is missing")
        elif digest and sha256_of(file) != digest:
            found.append(f"the frame {file} of a recording was changed; put the old one back")
    return found


def _parse(line: str) -> tuple[int, float, str]:
    number, seconds, *digest = line.split()
    row = int(number), float(seconds), digest[0] if digest else ""
    if not 0 <= row[0] < MOST_FRAMES or not math.isfinite(row[1]) or len(digest) > 1:
        raise ValueError(line)
    return row
