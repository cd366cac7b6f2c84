"""Feature maps: the shown frame goes through the first filters, while somebody looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.state.jobs import Job
from studio.state.session import ShownFrame
from studio.views.features.maps import MapsView

if TYPE_CHECKING:
    from studio.ml.first_filters import FirstFilters

STOPS = (0, 64, 128, 192, 255)
COLORS = ((120, 190, 255), (36, 92, 168), (18, 20, 24), (176, 86, 20), (255, 190, 110))  # cold below zero, warm above


@dataclass(frozen=True, eq=False)
class Answers:
    """The first filters and what they answer to a frame, ready to be drawn; see `FilterGrid.set_maps`."""

    filters: FirstFilters
    sheet: NDArray[np.uint32]
    peaks: NDArray[np.float32]


def filter_frame(networks: LaneNetworks, frame: ShownFrame, control: Control) -> Answers:
    """Send `frame` through the first filters; on the live lane."""
    from studio.ml.first_filters import first_filters, responses

    live = networks.on("live")
    live.backbone()
    control.checkpoint()
    found = live.on_device(lambda: responses(live.backbone(), frame.picture))
    sheet = diverging()[found.maps].reshape(-1, found.maps.shape[2])
    return Answers(first_filters(live.backbone()), sheet, found.peaks)


def diverging() -> NDArray[np.uint32]:
    """256 colours as 0xffRRGGBB: blue below the middle, dark in it, orange above."""
    channels = [np.interp(np.arange(256), STOPS, [color[channel] for color in COLORS]) for channel in range(3)]
    red, green, blue = (channel.round().astype(np.uint32) for channel in channels)
    return np.asarray(0xFF000000 | red << 16 | green << 8 | blue, np.uint32)


class MapsController(QObject):
    """Asks for the answers to the newest frame whenever the last ones are there: frames are left out, never queued."""

    def __init__(self, context: Context, view: MapsView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self._asked: ShownFrame | None = None  # whose answers are on their way, or were given
        self._busy = False
        self._layer = ""
        context.session.shown_changed.connect(self._ask)
        view.visible_changed.connect(self._ask)

    def close(self) -> None:
        self._context.session.shown_changed.disconnect(self._ask)

    def _ask(self, *_: object) -> None:
        frame = self._context.session.shown
        if self._busy or frame is None or frame is self._asked or not self._view.isVisible():
            return
        self._asked, self._busy = frame, True
        job = Job("first filters", filter_frame, self._context.networks, frame)
        job.succeeded.connect(self._show)
        job.failed.connect(self._fail)
        job.finished.connect(self._end)
        self._context.lanes.live.replace(job)

    def _end(self) -> None:
        self._busy = False
        self._ask()

    def _show(self, answers: Answers) -> None:
        if answers.filters.layer != self._layer:
            self._layer = answers.filters.layer
            self._view.set_filters(answers.filters.layer, answers.filters.pictures)
        self._view.set_maps(answers.sheet, answers.peaks)

    def _fail(self, error: Exception) -> None:
        self._view.set_problem(str(error) if isinstance(error, StudioError) else f"{type(error).__name__}: {error}")
