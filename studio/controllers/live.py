"""Live detection: what is shown is searched on a lane of its own; the video never waits for it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from studio.controllers.context import Context
from studio.controllers.enough import missing_for_a_fit
from studio.controllers.networks import LaneNetworks
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.geometry import Box
from studio.core.plugins import search_modes
from studio.core.project import Keys, Project
from studio.state.jobs import Job
from studio.state.session import ActiveHead, LiveShown, ShownFrame

if TYPE_CHECKING:
    from studio.ml.live import LiveResult

RATE_OVER = 2.0  # seconds
STANDS_AFTER = 3.0  # seconds without a result: the picture stands still
RATE_EVERY = 500  # milliseconds


@dataclass(frozen=True, eq=False)
class Asked:
    """A search that is asked for: all that it needs, captured in the GUI thread."""

    project: Path
    shown: ShownFrame
    head: ActiveHead
    mode: str
    area: Box | None
    looked_at: Box | None = None


def search(networks: LaneNetworks, asked: Asked, control: Control) -> LiveResult:
    """Search a frame, on the live lane."""
    from studio.ml.live import LiveRequest

    shown = asked.shown
    request = LiveRequest(
        shown.medium, shown.number, shown.time, shown.picture, asked.head.head, asked.mode, _start(asked), asked.area,
        asked.looked_at,
    )  # fmt: skip
    return networks.detector.detect(request, control)


def _start(asked: Asked) -> Box | None:
    """Where mode *track* begins: the labelled box that is nearest before the frame."""
    if asked.mode != "track":
        return None
    from studio.ml.detecting import last_labelled_box

    with Project.open(asked.project) as project:
        row = next((row for row in project.media() if row.id == asked.shown.medium), None)
        return last_labelled_box(project, row.sha256, asked.head.labels, asked.shown.number) if row else None


class LiveController(QObject):
    """Keeps `session.result` up with `session.shown` while `session.live`; the mode and the switch, both ways."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._note: str | None = None
        self._arrivals: deque[float] = deque(maxlen=1000)
        self._area: Box | None = None
        self._instead_of_dense = ""  # the mode that was taken for a head without a dense part
        self._rate_timer = QTimer(self)
        self._rate_timer.setInterval(RATE_EVERY)
        self._rate_timer.timeout.connect(self._count)
        session, actions = context.session, context.actions
        session.shown_changed.connect(self._search)
        session.live_changed.connect(self._switch)
        session.head_changed.connect(self._on_head)
        session.mode_changed.connect(self._search)
        session.following_changed.connect(self._search)
        session.selection_changed.connect(self._on_selection)
        session.fitting_changed.connect(self._on_fitting)
        session.medium_changed.connect(self._on_medium)
        context.project.changed.connect(self._on_project)
        self._action = actions["detect.live"]
        self._action.setChecked(session.live)
        self._wires = Wires()
        self._wires.connect(self._action.toggled, self._on_toggled)
        self._wires.connect(actions["detect.mode"].triggered, self._next_mode)

    def close(self) -> None:
        self._wires.cut()
        self._rate_timer.stop()
        self._action.setChecked(False)

    # The switch ------------------------------------------------------------------------------------------------------

    def _on_toggled(self, on: bool) -> None:
        self._context.session.live = on

    def _switch(self, on: bool) -> None:
        session = self._context.session
        self._action.setChecked(on)
        self._arrivals.clear()
        if not on:
            self._rate_timer.stop()
            session.rate = session.result = session.picked = None
            return
        self._rate_timer.start()
        if session.head is None and session.following:
            self._context.board.say("Live detection begins when following ends: T ends it now.")
        elif session.head is None and not session.fitting:
            self._fit_first()
        self._search()

    def _fit_first(self) -> None:
        """No head yet: fit one, which then goes live; or say what is missing."""
        context = self._context
        if missing := missing_for_a_fit(context.project.project):
            context.board.say(missing, "problem")
            context.session.live = False
        else:
            context.actions["head.fit"].trigger()

    def _on_fitting(self, fitting: bool) -> None:
        session = self._context.session
        if not fitting and session.head is None:
            session.live = False  # the fit failed, and its reason was said

    def _next_mode(self) -> None:
        session, names = self._context.session, search_modes.names
        session.mode = names[(names.index(session.mode) + 1) % len(names)]

    # Searching -------------------------------------------------------------------------------------------------------

    def _search(self, *_: object) -> None:
        session = self._context.session
        shown, head = session.shown, session.head
        if not session.live or head is None or shown is None or session.following:
            return
        if session.mode == "dense" and not head.head.dense:
            self._leave_dense(head)  # which searches
            return
        asked = Asked(self._context.project.folder, shown, head, session.mode, self._area, self._selected(shown))
        job = Job("live detection", search, self._context.networks, asked)
        job.succeeded.connect(partial(self._take, asked))
        job.failed.connect(self._fail)
        self._context.lanes.live.replace(job)

    def _take(self, asked: Asked, result: LiveResult) -> None:
        session = self._context.session
        now = time.monotonic()
        self._arrivals.append(now)
        if not session.live or session.head is not asked.head:
            return  # said by a head that is no longer the one
        if session.medium is None or session.medium.id != asked.shown.medium:
            return
        said = result.guesses
        session.result = LiveShown(
            asked.shown, result.detections, result.labels, asked.head.key, result.seconds, now,
            said.best if said else (), Box(*said.window[:2], said.window.side, said.window.side) if said else None,
        )  # fmt: skip
        if result.note != self._note:
            self._note = result.note
            if result.note:
                self._context.board.say(result.note, "problem")

    def _leave_dense(self, head: ActiveHead) -> None:
        """Another mode, for a head that cannot do this one; back with the next head that can."""
        mode = "search" if head.head.layers is None else "fixed"
        now = "looks at the centre" if mode == "fixed" else "searches tiles"
        why = head.head.card.why_not_dense or "it has no dense part"
        self._context.board.say(f"{head.name} does not search every place: {why}. It {now} instead (mode {mode}).")
        self._instead_of_dense = self._context.session.mode = mode

    def _selected(self, shown: ShownFrame) -> Box | None:
        """The region of the frame that is selected, where it is one alone."""
        chosen = self._context.session.selection
        rows = [row for row in self._context.project.regions_on(shown.medium, shown.number) if row.id in chosen]
        return Box(rows[0].x, rows[0].y, rows[0].width, rows[0].height) if len(rows) == 1 else None

    def _on_selection(self, _: object) -> None:
        """Guesses are about what is selected."""
        result = self._context.session.result
        if result is not None and result.guesses:
            self._search()

    def _fail(self, error: Exception) -> None:
        self._context.board.problem(error, "live detection")
        self._context.session.live = False

    def _count(self) -> None:
        """Results a second: over the last seconds, or between the last two where they come slowly."""
        now, arrivals = time.monotonic(), self._arrivals
        if arrivals and now - arrivals[-1] > STANDS_AFTER:
            arrivals.clear()
        while len(arrivals) > 2 and arrivals[0] < now - RATE_OVER:
            arrivals.popleft()
        span = arrivals[-1] - arrivals[0] if len(arrivals) > 1 else 0.0
        self._context.session.rate = round((len(arrivals) - 1) / span, 1) if span else None

    # What a search depends on ----------------------------------------------------------------------------------------

    def _on_head(self, head: ActiveHead | None) -> None:
        session = self._context.session
        if head is None:
            session.result = session.picked = None
        elif self._instead_of_dense and head.head.dense:
            was, self._instead_of_dense = self._instead_of_dense, ""
            if session.mode == was:
                session.mode = "dense"  # which searches
                return
        self._search()

    def _on_medium(self, _: Any) -> None:  # noqa: ANN401
        session = self._context.session
        session.result = session.picked = None
        self._read_area()

    def _on_project(self, keys: Keys) -> None:
        if "areas" in keys.tables:
            self._read_area()
            self._search()

    def _read_area(self) -> None:
        medium = self._context.session.medium
        self._area = search_area(self._context.project.project, medium.id) if medium else None


def search_area(project: Project, medium: int) -> Box | None:
    """Where in the frames of a medium to search; None: everywhere."""
    row = next((row for row in project.areas() if row.medium == medium), None)
    return Box(row.x, row.y, row.width, row.height) if row else None
