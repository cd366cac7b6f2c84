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
        self._backbone = backbone
        self._parts = [part.to(backbone.compute.device) for part in head.dense]
        self.exponents = sorted({exponent for part in self._parts for exponent in part.exponents})

    def left_out(self, width: int, height: int) -> list[int]:
        """The levels that a frame of this size is too large or too small for."""
        return [e for e in self.exponents if level_size(e, width, height, self._backbone.stride) is None]

    def detect(self, frame: Picture) -> Detections:
        height, width = frame.shape[:2]
        return self.detect_on(list(pyramid(self._backbone, frame, self.exponents)), width, height)

    def detect_on(self, levels: list[Level], width: int, height: int) -> Detections:
        """As `detect`, on the levels of a frame of `width` × `height` that were computed before."""
        return detect(self._parts, levels, width, height)
