"""Mode *dense*: every position, several sizes, on feature maps."""

from __future__ import annotations

from studio.core.detections import Detections
from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.ml.backbones.base import Backbone
from studio.ml.heads.dense import detect
from studio.ml.heads.head import Head
from studio.ml.pyramid import Level, level_size, pyramid
from studio.ml.search.base import Picture
from studio.ml.search.naming import named, tells_apart


class DenseSearch:
    """Searches each frame by itself.

    Raises:
        InputError: the head has no dense part, with the reason.
    """

    def __init__(self, head: Head, backbone: Backbone, start: Box | None = None) -> None:
        if not head.dense:
            raise InputError(
                f"the head {head.card.name} cannot search densely ({head.card.why_not_dense}); choose the mode search, "
                "track or fixed"
            )
        self._head, self._backbone = head, backbone
        self._parts = [part.to(backbone.compute.device) for part in head.dense]
        self.exponents = sorted({exponent for part in self._parts for exponent in part.exponents})

    def left_out(self, width: int, height: int) -> list[int]:
        """The levels that a frame of this size is too large or too small for."""
        return [e for e in self.exponents if level_size(e, width, height, self._backbone.stride) is None]

    def detect(self, frame: Picture) -> Detections:
        return self.detect_on(list(pyramid(self._backbone, frame, self.exponents)), frame)

    def detect_on(self, levels: list[Level], frame: Picture) -> Detections:
        """As `detect`, on the levels of a frame that were computed before."""
        height, width = frame.shape[:2]
        found = detect(self._parts, levels, width, height)
        return named(found, frame, self._head, self._backbone) if tells_apart(self._head) else found
