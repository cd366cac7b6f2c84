"""Whether what is followed still looks like what was started on."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

ANCHORS = 8  # the first frames, which are trusted
REMEMBER_EVERY = 8  # frames
REMEMBERED = 64
SETTLED = 4  # remembered frames that are too young to vouch for the present one


class Drift:
    """Compares each followed crop with earlier ones and with the background around, by the cosine of embeddings."""

    def __init__(self) -> None:
        self._anchors: list[NDArray[np.float32]] = []
        self._positives: deque[NDArray[np.float32]] = deque(maxlen=REMEMBERED)
        self._negatives: deque[NDArray[np.float32]] = deque(maxlen=REMEMBERED)
        self._frames = 0

    def looks_like_background(self, crop: NDArray[np.float32], background: NDArray[np.float32]) -> bool:
        """Whether a crop is closer to the background of earlier frames than to the object.

        Args:
            crop: float32 `(d,)`, the embedding of the followed box.
            background: float32 `(n, d)`, those of the background of the same frame; remembered, not compared with.
        """
        unit = _unit(crop[None])[0]
        settled = list(self._positives)[: -SETTLED or None]
        alike = max((float(unit @ other) for other in [*self._anchors, *settled]), default=1.0)
        unlike = max((float(unit @ other) for other in self._negatives), default=-1.0)
        strange = unlike > alike
        if not strange:
            self._remember(unit)
        self._negatives.extend(_unit(background))
        return strange

    def _remember(self, unit: NDArray[np.float32]) -> None:
        if len(self._anchors) < ANCHORS:
            self._anchors.append(unit)
        elif self._frames % REMEMBER_EVERY == 0:
            self._positives.append(unit)
        self._frames += 1


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)
