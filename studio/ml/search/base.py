"""What every search mode offers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.core.detections import Detections
from studio.core.geometry import Box
from studio.core.plugins import search_modes
from studio.ml.backbones.base import Backbone
from studio.ml.heads.head import Head

Picture = NDArray[np.uint8]


class Search(Protocol):
    """A state machine that is fed the frames of one medium in order."""

    def detect(self, frame: Picture) -> Detections:
        """What the head finds in `frame`, uint8 `(height, width, 3)` RGB; label ids are positions in its labels."""
        ...


def make_search(mode: str, head: Head, backbone: Backbone, start: Box | None = None) -> Search:
    """A fresh search of the mode called `mode`.

    Args:
        start: where mode *track* begins: the last labelled box; the whole frame where it is None.

    Raises:
        InputError: unknown mode, another backbone than the head's, or a mode that the head cannot do.
    """
    entry = search_modes[mode]
    head.check(backbone)
    search: Search = entry.load()(head, backbone, start)
    return search
