"""What every tracker offers."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from studio.core.geometry import Box
from studio.core.plugins import trackers
from studio.ml.backbones.base import Backbone

Picture = NDArray[np.uint8]  # (height, width, 3), RGB


class Tracked(NamedTuple):
    """Where the object is: its box in pixels of the frame, and how sure the tracker is, 0…1."""

    box: Box
    score: float


class Tracker(Protocol):
    """Follows one object through consecutive frames."""

    def start(self, frame: Picture, box: Box) -> None:
        """Begin on `frame`, a uint8 `(height, width, 3)` RGB picture, with the object in `box`."""
        ...

    def update(self, frame: Picture) -> Tracked | None:
        """Where the object is on the next frame; None: lost. Frames of one medium share their size."""
        ...


def make_tracker(name: str, backbone: Backbone) -> Tracker:
    """The tracker called `name`; those that need no backbone leave it alone.

    Raises:
        InputError: unknown name (the known ones are listed), or its weights are not here.
    """
    tracker: Tracker = trackers[name].load()(backbone)
    return tracker
