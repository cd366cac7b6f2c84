"""What all sources of frames have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError

Picture = NDArray[np.uint8]  # (height, width, 3), RGB
Kind = Literal["video", "stills", "camera"]


class Medium(ABC):
    """A source of frames, numbered from 0 in presentation order: frame n is always the same picture.

    Attributes:
        source: where it was opened from, as given.
        kind: video, stills (pictures) or camera (a live camera, or a recording of one).
        frame_count: how many frames can be had; 0 for a live camera.
        size: width and height of frame 0 in pixels, as shown (after rotation flags). Pixels that are not square
            are left as they are stored.
        rate: nominal frames a second.
        note: one line about damage, or None.
        live: a camera whose frames come once, in their own time; only `frames()` works.
    """

    source: str
    kind: Kind
    frame_count: int
    size: tuple[int, int]
    rate: float
    note: str | None = None
    live: bool = False

    @abstractmethod
    def frame(self, number: int) -> Picture:
        """Frame `number`: uint8 `(height, width, 3)`, RGB; the caller's own copy.

        Raises:
            InputError: there is no frame of this number, or it cannot be read.
        """

    @abstractmethod
    def time(self, number: int) -> float:
        """Seconds from the first frame to frame `number`."""

    def frames(self, start: int = 0, end: int | None = None, step: int = 1) -> Iterator[tuple[int, Picture]]:
        """Every `step`-th frame from `start` to `end` (inclusive; None: the last), with its number.

        Raises:
            InputError: the medium has no frame `start` or `end`.
        """
        for number in self.numbers(start, end, step):
            yield number, self.frame(number)

    def numbers(self, start: int = 0, end: int | None = None, step: int = 1) -> range:
        """The frame numbers that `frames` with the same arguments gives; raises what `frames` raises."""
        last = self.frame_count - 1 if end is None else end
        self.check(start)
        self.check(last)
        if last < start or step < 1:
            raise InputError(f"there are no frames from {start} to {last} in steps of {step} in {self.source}")
        return range(start, last + 1, step)

    def check(self, number: int) -> None:
        """Raise an InputError where the medium has no frame of this number."""
        if not 0 <= number < self.frame_count:
            count = (
                f"{self.frame_count} frames, 0 to {self.frame_count - 1}" if self.frame_count > 1 else "one frame, 0"
            )
            raise InputError(f"there is no frame {number} in {self.source}; it has {count}")

    def close(self) -> None:  # noqa: B027 - a folder of pictures holds nothing open
        """Let go of files and devices; the medium is not used afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
