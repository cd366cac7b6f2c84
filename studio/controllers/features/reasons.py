"""Reasons: what is picked, selected or shown is explained on the compute lane, when asked or as soon as it stands."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer

from studio.controllers.context import Context
from studio.controllers.features.reasons_subject import Aim, Subject, aim_for, aims_of, subject_of
from studio.controllers.features.reasons_work import Answer, Asked, explain_asked, find_torch, import_ahead
from studio.controllers.wires import Wires
from studio.core.errors import StudioError
from studio.core.plugins import ways_of_explaining
from studio.state.jobs import Job
from studio.state.veil import Veil
from studio.views.features.reasons import ReasonsView

OWN = "reasons"  # what the veil knows this part by
CHOOSE_CHANNEL = "a channel: click one in Maps …"
AFTER = 250  # milliseconds on one thing: who walks through them need not wait


class ReasonsController(QObject):
    """Knows what would be explained; asks, shows, and lays the map over the frame where that is wanted."""

    def __init__(self, context: Context, view: ReasonsView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self._subject: Subject | None = None
        self._aims: tuple[Aim, ...] = ()
        self._aim: Aim | None = None
        self._way = ways_of_explaining.names[0]
        self._following = self._veiled = False
        self._ready = False
        self._note: str | None = None
        self._job: Job | None = None
        self._answer: tuple[Asked, Answer] | None = None
        self._timer = QTimer(self, singleShot=True, interval=AFTER)
        self._timer.timeout.connect(self._explain)
        self._wires = Wires()
        view.set_ways([(entry.name, entry.title) for entry in ways_of_explaining], self._way)
        self._connect()
        self._look()

    def _connect(self) -> None:
        session, view, connect = self._context.session, self._view, self._wires.connect
        looking = session.looking
        for signal in (
            session.picked_changed, session.selection_changed, session.shown_changed, session.head_changed,
            looking.network_changed, looking.layer_changed, looking.channel_changed, view.visible_changed,
        ):  # fmt: skip
            connect(signal, self._look)
        connect(view.visible_changed, self._show_veil)
        connect(view.visible_changed, self._get_ready)
        connect(session.playing_changed, self._on_playing)
        connect(view.explain_wanted, self._explain)
        connect(view.cancel_wanted, self._cancel)
        connect(view.way_chosen, self._on_way)
        connect(view.aim_chosen, self._on_aim)
        connect(view.follow_toggled, self._on_follow)
        connect(view.veil_toggled, self._on_veil)
        connect(view.opacity_changed, self._show_veil)

    def close(self) -> None:
        self._timer.stop()
        self._wires.cut()
        self._answer = self._subject = self._job = None  # a job that was abandoned would keep all this for ever

    # Ahead of the first explanation ----------------------------------------------------------------------------------

    def _get_ready(self, visible: bool) -> None:
        """When somebody looks for the first time; torch first, on the lane that has it."""
        if visible and not self._ready:
            self._ready = True
            job = Job("loading the network", find_torch, self._context.networks)
            job.succeeded.connect(self._import_ahead)
            self._context.board.run(self._context.lanes.compute, job, shown=False)

    def _import_ahead(self, _: object) -> None:
        """On a lane that what a person waits for does not stand behind."""
        self._context.board.run(self._context.lanes.batch, Job("getting ready to explain", import_ahead), shown=False)

    # What would be explained -----------------------------------------------------------------------------------------

    def _look(self, *_: object) -> None:
        """Only while somebody looks: regions are read from the database."""
        if not self._view.isVisible():
            return
        before, self._subject = self._subject, subject_of(self._context)
        self._view.set_subject(self._subject.text if self._subject else None)
        if self._subject is None:
            return
        self._aims = aims_of(self._context)
        self._aim = aim_for(self._subject, self._aims, self._aim)
        self._view.set_aims(self._offered(), self._aims.index(self._aim))
        if before is None or not _same(before, self._subject):
            self._follow()

    def _offered(self) -> list[str]:
        """The scores, and the way to those of channels while none is chosen."""
        chosen = any(aim.kind == "channel" for aim in self._aims)
        return [*(aim.text for aim in self._aims), *[CHOOSE_CHANNEL] * (not chosen)]

    def _follow(self) -> None:
        """What moves on is left alone until it stands."""
        if self._following and self._subject is not None and not self._context.session.playing:
            self._timer.start()

    def _on_playing(self, playing: bool) -> None:
        if playing:
            self._timer.stop()
        self._follow()
        self._show_veil()

    def _on_way(self, way: str) -> None:
        self._way = way
        self._follow()

    def _on_aim(self, number: int) -> None:
        if number < len(self._aims):
            self._aim = self._aims[number]
            self._follow()
            return
        self._look()  # the score that there was
        self._context.session.looking.part_wanted.emit("maps")

    def _on_follow(self, following: bool) -> None:
        self._following = following
        self._follow()

    # Explaining ------------------------------------------------------------------------------------------------------

    def _explain(self) -> None:
        if self._subject is None or self._aim is None or not self._view.isVisible():
            return
        self._cancel()
        head = self._context.session.head
        models = self._context.project.project.models
        asked = Asked(self._subject, self._aim, head.head if head else None, self._way, models)
        job = self._job = Job("explaining", explain_asked, self._context.networks, asked)
        job.published.connect(partial(self._show, asked))
        job.succeeded.connect(partial(self._show, asked))
        job.failed.connect(self._fail)
        job.finished.connect(self._end)
        job.progressed.connect(lambda fraction, _: self._view.set_progress(fraction))
        self._view.set_running(True)
        self._context.board.run(self._context.lanes.compute, job)

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _end(self) -> None:
        if self._job is self.sender():  # a connection that holds its job would keep it for ever
            self._job = None
            self._view.set_running(False)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, StudioError):
            self._view.set_problem(str(error))
        self._answer = None
        self._show_veil()

    def _show(self, asked: Asked, answer: Answer) -> None:
        self._answer = asked, answer
        self._view.set_reasons(answer.shown)
        if answer.note != self._note:
            self._note = answer.note
            if answer.note:
                self._context.board.say(answer.note, "problem")
        self._show_veil()

    # Over the video --------------------------------------------------------------------------------------------------

    def _on_veil(self, veiled: bool) -> None:
        self._veiled = veiled
        self._show_veil()

    def _show_veil(self, *_: object) -> None:
        """Never over a picture that moves: it is the map of one frame."""
        looking, moving = self._context.session.looking, self._context.session.playing
        if self._veiled and self._view.isVisible() and self._answer is not None and not moving:
            asked, answer = self._answer
            frame, pixels = asked.subject.frame, answer.shown.trained
            looking.veil = Veil(OWN, frame.medium, frame.number, pixels, answer.place, self._view.opacity)
        elif looking.veil is not None and looking.veil.owner == OWN:
            looking.veil = None


def _same(first: Subject, second: Subject) -> bool:
    places = [(each.frame.medium, each.frame.number, each.box, each.label) for each in (first, second)]
    return places[0] == places[1]
