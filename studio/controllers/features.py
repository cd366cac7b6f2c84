"""The features dock: the shown frame goes through the first filters, while somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.state.jobs import Job
from studio.state.session import ShownFrame
from studio.views.features import FeaturesView

if TYPE_CHECKING:
    from studio.ml.first_filters import FirstFilters, Responses


def filter_frame(networks: LaneNetworks, frame: ShownFrame, control: Control) -> tuple[FirstFilters, Responses]:
    """The first filters and what they answer to `frame`; on the live lane."""
    from studio.ml.first_filters import first_filters, responses

    backbone = networks.on("live").backbone()
    control.checkpoint()
    return first_filters(backbone), responses(backbone, frame.picture)


class FeaturesController(QObject):
    """Asks for the answers to the newest frame whenever the last ones are there: frames are left out, never queued."""

    def __init__(self, context: Context, view: FeaturesView) -> None:
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

    def _show(self, result: tuple[FirstFilters, Responses]) -> None:
        filters, answers = result
        if filters.layer != self._layer:
            self._layer = filters.layer
            self._view.set_filters(filters.layer, filters.pictures)
        self._view.set_maps(answers.maps, answers.peaks)

    def _fail(self, error: Exception) -> None:
        self._view.set_problem(str(error) if isinstance(error, StudioError) else f"{type(error).__name__}: {error}")
