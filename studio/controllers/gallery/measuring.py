"""Measures the crops while somebody looks at the numbers, and again when what they depend on changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer

from studio.controllers.context import Context
from studio.controllers.enough import missing_head
from studio.controllers.networks import LaneNetworks
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.gallery.measures import KINDS, Measure
from studio.core.project import Keys
from studio.state.gallery import GalleryState
from studio.state.jobs import Job

PAUSE = 2000  # milliseconds without a change, after which it is measured anew
STOPPED = "it was stopped, and is tried again after the next change"
_OTHERS = frozenset({"splits", "areas", "searches"})  # tables that no measure depends on


class MeasuringController:
    """One measure at a time on the batch lane; each stands on a moment of the project, on a head or on a crop."""

    def __init__(self, context: Context, gallery: GalleryState) -> None:
        self._context, self._gallery = context, gallery
        self._moment = 0  # counts changes
        self._known: dict[str, object] = {}  # what each measure was made of when it was measured last
        self._running: tuple[str, Job] | None = None
        self._timer = QTimer(singleShot=True, interval=PAUSE)
        self._timer.timeout.connect(self._measure)
        self._wires = wires = Wires()
        wires.connect(gallery.measure_wanted, self._on_wanted)
        wires.connect(gallery.unwanted, self._on_unwanted)
        wires.connect(gallery.like_changed, self._measure)
        wires.connect(context.session.head_changed, self._timer_start)
        wires.connect(context.project.changed, self._on_changed)

    def close(self) -> None:
        self._timer.stop()
        self._wires.cut()

    def _on_wanted(self, name: str) -> None:
        if KINDS[name].needs == "head" and self._context.session.head is None:
            self._context.board.say(f"The crops have no score yet. {missing_head(self._context)}")
        self._measure()

    def _on_unwanted(self, name: str) -> None:
        if self._running and self._running[0] == name:
            self._running[1].cancel()

    def _on_changed(self, keys: Keys) -> None:
        if keys.tables - _OTHERS:
            self._moment += 1
            self._timer.start()

    def _timer_start(self, _: object = None) -> None:
        self._timer.start()

    def _measure(self, _: object = None) -> None:
        """Start on the next measure that is wanted and is not what it should be."""
        if self._running:
            return
        name = next((each for each in sorted(self._gallery.wanted) if self._outdated(each)), None)
        if name is None:
            return
        context, head = self._context, self._context.session.head
        self._known[name] = self._made_of(name)
        self._gallery.set_refusal(name, "")
        asked = context.project.folder, name, head and head.head, self._gallery.like
        job = Job(f"measure {KINDS[name].title.lower()}", measured, context.networks, *asked)
        job.succeeded.connect(self._gallery.set_measure)
        job.failed.connect(lambda error: self._gallery.set_refusal(name, _why(error)))
        job.cancelled.connect(self._on_cancelled)
        job.finished.connect(self._on_finished)
        self._running = name, job
        context.board.run(context.lanes.batch, job)

    def _outdated(self, name: str) -> bool:
        """Also while changes are still being made, where there is nothing to show before."""
        made_of, known = self._made_of(name), self._known.get(name)
        hurries = known is None or name == "likeness"
        return made_of is not None and known != made_of and (hurries or not self._timer.isActive())

    def _made_of(self, name: str) -> object:
        """What a measure would be made of now; None where something is missing."""
        head, like = self._context.session.head, self._gallery.like
        if KINDS[name].needs == "head":
            return head and (self._moment, head.key)
        if name == "likeness":
            return (self._moment, like) if like else None
        return self._moment, None

    def _on_cancelled(self) -> None:
        """By who looked away: then it is measured at the next look. Who cancels what he looks at wants it no more."""
        if self._running is None:
            return
        if self._running[0] not in self._gallery.wanted:
            del self._known[self._running[0]]
        else:
            self._gallery.set_refusal(self._running[0], STOPPED)

    def _on_finished(self) -> None:
        self._running = None
        self._measure()


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, StudioError) else "something unexpected went wrong"


def measured(
    networks: LaneNetworks,
    folder: Path,
    name: str,
    head: Any,  # noqa: ANN401 - only `ml` looks inside
    like: int,
    control: Control,
) -> Measure:
    """On the batch lane: measure all crops of a project."""
    control.progress(0.0, "reading the crops")
    from studio.ml.gallery.measuring import MeasureRequest, measure

    return measure(MeasureRequest(folder, name, head, (like,) if like else ()), networks.on("batch"), control)
