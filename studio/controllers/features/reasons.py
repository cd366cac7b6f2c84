"""Reasons: what is picked, selected or shown is explained on the compute lane, when asked or as soon as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from studio.controllers.context import Context
from studio.controllers.features.reasons_subject import HEAD, Aim, Subject, aim_for, aims_of, subject_of
from studio.controllers.features.reasons_words import shown_reasons
from studio.controllers.networks import LaneNetworks
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.geometry import Box
from studio.core.plugins import ways_of_explaining
from studio.core.stages import split_stage
from studio.state.jobs import Job
from studio.state.veil import Veil
from studio.views.features.reasons import ReasonsView
from studio.views.features.reasons_result import ShownReasons

if TYPE_CHECKING:
    from studio.ml.reasons.sights import Target

OWN = "reasons"  # what the veil knows this part by
AFTER = 250  # milliseconds on one thing: who walks through them need not wait


@dataclass(frozen=True, eq=False)
class Asked:
    """What is to be explained.

    Attributes:
        subject: the thing.
        aim: whose score.
        head: of `ActiveHead`, or None; only `ml` looks inside.
        way: how.
        models: the folder of the project's heads.
    """

    subject: Subject
    aim: Aim
    head: Any
    way: str
    models: Path


@dataclass(frozen=True, eq=False)
class Answer:
    """What is seen of it, and what may lie over the frame."""

    shown: ShownReasons
    place: Box


def explain_asked(networks: LaneNetworks, asked: Asked, control: Control) -> Answer:
    """Explain on the compute lane; colours are made there too."""
    from studio.ml.reasons.explaining import Question, explain

    own, subject = networks.on("compute"), asked.subject
    question = Question(subject.frame.picture, subject.box, _target(asked), asked.way)
    found = own.on_device(lambda: explain(own, question, control))
    return Answer(shown_reasons(found, subject.text, subject.box), found.place)


def _target(asked: Asked) -> Target:
    from studio.ml.heads.head import load_head
    from studio.ml.reasons.sights import ChannelOf, ClassOf, LabelOf

    aim = asked.aim
    if aim.kind in ("crop", "dense"):
        return LabelOf(asked.head, aim.name, aim.kind == "dense")
    network = aim.name or None
    if aim.name.startswith(HEAD):
        network = split_stage(load_head(asked.models / aim.name.removeprefix(HEAD)).card.backbone)[0]
    return ChannelOf(network, aim.layer, aim.channel) if aim.kind == "channel" else ClassOf(network)


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
        self._answer = self._subject = None

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
        self._view.set_aims([aim.text for aim in self._aims], self._aims.index(self._aim))
        if before is None or not _same(before, self._subject):
            self._follow()

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
        self._aim = self._aims[number]
        self._follow()

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
        job.succeeded.connect(partial(self._show, asked))
        job.failed.connect(self._fail)
        job.finished.connect(self._end)
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
