"""What the session knows of a live camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.project import MediumRow


@dataclass(frozen=True)
class ShownCamera:
    """The live camera that is open; `playing` says whether it is seen live, else it stands on a frame of its buffer.

    Attributes:
        name: as the user knows it.
        delivers: the size and the rate that come, in words.
        first, last: numbers of the frames that can be gone to.
        behind: seconds from the frame that is seen to the last one; 0 while live.
        recorded: seconds for which all frames are being kept; None: only those with a region are.
        problem: why no more frames come, in a sentence; "" while they do.
    """

    name: str
    delivers: str
    first: int
    last: int
    behind: float = 0.0
    recorded: float | None = None
    problem: str = ""


class HeldFrames(Protocol):
    """Frames of a live camera that stay whatever its buffer does.

    Attributes:
        medium: id of the row that the camera has, or gets with the first kept frame.
        numbers: of the frames, without a gap.
    """

    medium: int
    numbers: range

    def keep(self) -> MediumRow:
        """Keep them in the project's folder, on any thread; returns the row of the recording.

        Raises:
            InputError: the project's folder cannot be written to.
            OSError: the disk is full; what was kept before stays.
        """
        ...


class CameraFrames(Protocol):
    """What edits and following take from a live camera, on any thread."""

    def row(self) -> MediumRow:
        """The medium as it is by now; it grows with what is kept."""
        ...

    def held(self, first: int, last: int) -> HeldFrames:
        """Those of the frames `first`…`last` that can be gone to now."""
        ...

    def follow(
        self, frame: int, until: int | None, backwards: bool, control: Control
    ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Frame `frame`, then what comes (or what was before it), each kept in the project before it is given."""
        ...
