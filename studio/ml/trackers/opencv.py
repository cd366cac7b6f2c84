"""OpenCV's trackers under the one protocol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from studio.core import catalogue
from studio.core.errors import InputError
from studio.core.geometry import Box, clip_box
from studio.ml.backbones.base import Backbone
from studio.ml.trackers.base import Picture, Tracked

_cv: Any = cv2  # the stubs of OpenCV leave its trackers out

# Below these scores the network trackers sit on something else; OpenCV itself never says so. The others have no score.
LOST_BELOW = {"nanotrack": 0.3, "vittrack": 0.2}


class OpenCVTracker:
    """One of OpenCV's trackers. They want BGR pictures and boxes of whole pixels."""

    def __init__(self, create: Callable[[], Any], lost_below: float | None = None) -> None:
        """`create` makes a fresh tracker; `lost_below` is the score under which it counts as lost, if it has one."""
        self._create = create
        self._lost_below = lost_below
        self._tracker: Any = None

    def start(self, frame: Picture, box: Box) -> None:
        height, width = frame.shape[:2]
        x, y = (min(max(round(v), 0), extent - 1) for v, extent in ((box.x, width), (box.y, height)))
        size = (min(max(round(box.width), 1), width - x), min(max(round(box.height), 1), height - y))
        self._tracker = self._create()
        try:
            self._tracker.init(_bgr(frame), (x, y, *size))
        except cv2.error as error:
            shown = ",".join(f"{value:g}" for value in box)
            raise InputError(f"this tracker cannot start on the box {shown} ({error.err}); use another one") from None

    def update(self, frame: Picture) -> Tracked | None:
        try:
            found, place = self._tracker.update(_bgr(frame))
        except cv2.error:  # what a tracker meets at the border of a frame
            return None
        if not found:
            return None
        box = clip_box(Box(*map(float, place)), frame.shape[1], frame.shape[0])
        if box is None:
            return None
        if self._lost_below is None:
            return Tracked(box, 1.0)
        score = float(self._tracker.getTrackingScore())
        if score < self._lost_below:
            return None
        return Tracked(box, min(max(score, 0.0), 1.0))


def _bgr(frame: Picture) -> Picture:
    return np.ascontiguousarray(frame[..., ::-1])


def csrt(backbone: Backbone) -> OpenCVTracker:
    """CSRT: discriminative correlation filter with channel and spatial reliability (Lukežič et al., 2017)."""
    return OpenCVTracker(_cv.TrackerCSRT_create)


def kcf(backbone: Backbone) -> OpenCVTracker:
    """KCF: kernelised correlation filter (Henriques et al., 2014)."""
    return OpenCVTracker(_cv.TrackerKCF_create)


def mil(backbone: Backbone) -> OpenCVTracker:
    """MIL: online multiple instance learning (Babenko et al., 2009)."""
    return OpenCVTracker(_cv.TrackerMIL_create)


def nanotrack(backbone: Backbone) -> OpenCVTracker:
    """NanoTrack v2, a small siamese network.

    Raises:
        InputError: its weights are not here.
    """
    files = catalogue.find("nanotrack")

    def create() -> Any:  # noqa: ANN401 - OpenCV's own type has no stub
        parameters = _cv.TrackerNano_Params()
        parameters.backbone, parameters.neckhead = str(files["backbone"]), str(files["neckhead"])
        return _cv.TrackerNano_create(parameters)

    create()  # weights that cannot be read fail here, not at the first frame
    return OpenCVTracker(create, LOST_BELOW["nanotrack"])


def vittrack(backbone: Backbone) -> OpenCVTracker:
    """The ViT tracker of OpenCV's zoo.

    Raises:
        InputError: its weights are not here.
    """
    files = catalogue.find("vittrack")

    def create() -> Any:  # noqa: ANN401 - OpenCV's own type has no stub
        parameters = _cv.TrackerVit_Params()
        parameters.net = str(files["net"])
        return _cv.TrackerVit_create(parameters)

    create()
    return OpenCVTracker(create, LOST_BELOW["vittrack"])
