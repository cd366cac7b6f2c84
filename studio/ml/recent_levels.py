"""The feature maps of the frames searched last, so that a correction on one of them needs no network."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from studio.core.geometry import Box
from studio.ml.backbones.base import Backbone
from studio.ml.pyramid import Level, pyramid

MOST_BYTES = 1 << 26
MOST_FRAMES = 8

# Which picture: id of the medium, number of the frame, and the part of it that is searched.
Place = tuple[int, int, Box | None]
_Key = tuple[object, ...]


class RecentLevels:
    """Levels by place and backbone, bounded in bytes. Shared by the lanes that search and that teach: thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[_Key, dict[int, Level]] = OrderedDict()

    def levels(
        self, backbone: Backbone, picture: NDArray[np.uint8], exponents: Sequence[int], place: Place
    ) -> list[Level]:
        """The levels of `picture` as `pyramid` gives them; only those that are not kept are computed.

        Args:
            picture: uint8 `(height, width, 3)` RGB: the part of the frame that `place` names.
        """
        key = (*place, picture.shape, *backbone.identity)
        with self._lock:
            known = dict(self._kept.get(key, {}))
        missing = [exponent for exponent in exponents if exponent not in known]
        known |= {level.exponent: level for level in pyramid(backbone, picture, missing)}
        with self._lock:
            self._kept[key] = known
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and (len(self._kept) > MOST_FRAMES or self._bytes() > MOST_BYTES):
                self._kept.popitem(last=False)
        return [known[exponent] for exponent in exponents if exponent in known]

    def clear(self) -> None:
        """Forget all, where a project closes."""
        with self._lock:
            self._kept.clear()

    def _bytes(self) -> int:
        return sum(level.features.nbytes for levels in self._kept.values() for level in levels.values())
