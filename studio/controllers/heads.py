"""The active head: one that follows the project, by fits behind what is done, or one with a name that stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from studio.controllers import learner
from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.enough import missing_for_a_fit
from studio.controllers.learner import LIVE, Learned, Wanted
from studio.controllers.networks import AFTER_PAINT, AfterReading
from studio.controllers.wires import Wires
from studio.core.errors import StudioError
from studio.core.project import Keys
from studio.core.project.chosen_backbone import chosen_backbone
from studio.core.project.heads import active_head, head_folder, head_names, set_active_head
from studio.state.jobs import Job
from studio.state.session import Taught

FIT_AFTER = 1500  # milliseconds without another correction
TEACHING = frozenset({"media", "labels", "regions", "marks", "splits"})  # tables that a head depends on


class HeadsController(QObject):
    """Sets `session.head`: chosen by name, fitted on demand, looked up after an undo, refitted behind corrections.

    At most one fit is running or waiting: a new one takes the place of the old.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._fit_job: Job | None = None
        self._stale = False  # the project changed while the first fit ran
        self._fit_later = self._timer(FIT_AFTER, self._refit)
        self._look_soon = self._timer(0, self._look_up)
        self._opening = AfterReading(context, AFTER_PAINT + 50, self._open)  # the networks are loaded first
        session, actions = context.session, context.actions
        session.head_name_changed.connect(self._choose)
        session.heads_came.connect(self._load_again)
        session.learning_changed.connect(self._on_learning)
        session.live_changed.connect(self._on_live)
        session.following_changed.connect(self._on_following)
        context.project.changed.connect(self._on_project)
        self._wires = Wires()
        self._wires.connect(actions["head.fit"].triggered, self._fit_on_demand)
        self._wires.connect(actions["head.update_once"].triggered, self._fit_on_demand)
        self._frozen = actions["head.frozen"]
        self._frozen.setChecked(session.learning == "frozen")
        self._wires.connect(self._frozen.toggled, self._on_frozen)

    def close(self) -> None:
        for timer in (self._fit_later, self._look_soon, self._opening):
            timer.stop()
        self._wires.cut()
        self._fit_job = None  # its end comes after the project's
        self._frozen.setChecked(False)

    def _timer(self, milliseconds: int, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(call)
        return timer

    # Which head ------------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """The head of last time."""
        name = active_head(self._context.project.project)
        if name is None:
            self._look_soon.start()
        else:
            self._context.session.head_name = name

    def _choose(self, name: str) -> None:
        context = self._context
        project = context.project.project
        try:
            if not context.project.read_only and active_head(project) != (None if name == LIVE else name):
                set_active_head(project, None if name == LIVE else name)
            folder = None if name == LIVE else head_folder(project, name)
        except StudioError as error:
            context.board.problem(error, f"choosing the head {name}")
            context.session.head_name = LIVE
            return
        context.session.taught = None
        self._fit_later.stop()
        if folder is None:
            self._look_soon.start()
            return
        self._load(name, folder)

    def _load(self, name: str, folder: Path) -> None:
        context = self._context
        job = Job("loading the head", learner.named, context.networks, folder)
        job.succeeded.connect(partial(self._take, name))
        job.failed.connect(partial(self._not_there, name))
        context.board.run(context.lanes.compute, job, shown=False)

    def _load_again(self) -> None:
        """A run that went on puts a better head in the place of its own; a head may be renamed or deleted."""
        project, name = self._context.project.project, self._context.session.head_name
        if name == LIVE:
            return
        if name in head_names(project):
            self._load(name, head_folder(project, name))
        else:
            self._context.session.head_name = active_head(project) or LIVE

    def _take(self, name: str, learned: Learned) -> None:
        """A head arrived that was asked for under `name`."""
        session = self._context.session
        if session.head_name != name:
            return
        if session.head is None or session.head.key != learned.head.key:
            session.head = learned.head
        if learned.note:
            self._context.board.say(learned.note, "problem")

    def _not_there(self, name: str, _: Exception) -> None:
        """A head could not be read, which was said; another one may have been chosen meanwhile."""
        if self._context.session.head_name == name:
            self._context.session.head_name = LIVE

    # The project goes on ---------------------------------------------------------------------------------------------

    def _on_project(self, keys: Keys) -> None:
        context, session = self._context, self._context.session
        if session.taught is not None and context.project.project.next_redo():
            session.taught = None  # what it was about was taken back
        if not keys.tables & TEACHING or session.following or not self._follows:
            return
        if self._fit_job is not None:
            if session.head is None:
                self._stale = True
                return
            self._fit_job.cancel()  # it would not know of this change
            self._fit_later.start()
        self._look_soon.start()

    @property
    def _follows(self) -> bool:
        session = self._context.session
        return session.head_name == LIVE and session.learning != "frozen"

    def _look_up(self) -> None:
        """Is there a head of this very state, from before an undo or from the last time?"""
        context = self._context
        job = Job("looking for the head", learner.known, context.networks, self._wanted())
        job.succeeded.connect(self._on_known)
        job.failed.connect(partial(context.board.problem, doing=job.title))
        context.lanes.compute.replace(job)

    def _on_known(self, learned: Learned | None) -> None:
        session = self._context.session
        if learned is not None:
            if session.head is not None and learned.head.key != session.head.key:
                session.taught = None  # what it was about was taken back
            self._take(LIVE, learned)
        elif session.head is not None and self._follows and missing_for_a_fit(self._context.project.project):
            session.live, session.head, session.taught = False, None, None  # what taught it was taken back
        if learned is None or learned.quick:
            self._refit_later()

    def _refit_later(self) -> None:
        session = self._context.session
        if session.live and session.head is not None and self._follows and self._fit_job is None:
            self._fit_later.start()

    def _on_live(self, live: bool) -> None:
        if live and self._context.session.head is not None and self._follows:
            self._look_soon.start()

    def _on_following(self, following: bool) -> None:
        if following:  # its end fits anew
            self._fit_later.stop()
            self._cancel_fit()

    # Fitting ---------------------------------------------------------------------------------------------------------

    def _fit_on_demand(self, _: bool = False) -> None:
        context = self._context
        if refuse_read_only(context, "fitting the head"):
            return
        if missing := missing_for_a_fit(context.project.project):
            context.board.say(missing, "problem")
        elif not context.session.following:
            if context.session.head_name != LIVE:
                context.board.say("The live head is active again: it learns what is labelled.")
            context.session.head_name = LIVE
            self._fit()

    def _refit(self) -> None:
        context = self._context
        if not context.project.read_only and not context.session.following and self._follows:
            self._fit()

    def _fit(self) -> None:
        context = self._context
        self._fit_later.stop()
        self._look_soon.stop()
        self._cancel_fit()
        self._stale = False
        job = self._fit_job = Job("fitting the head", learner.fitted, context.networks, self._wanted())
        job.succeeded.connect(self._on_fitted)
        job.finished.connect(self._end)
        context.session.fitting = True
        context.board.run(context.lanes.compute, job)

    def _cancel_fit(self) -> None:
        if self._fit_job is not None:
            self._fit_job.cancel()

    def _wanted(self) -> Wanted:
        project = self._context.project
        return Wanted(project.folder, self._context.session.kernel, chosen_backbone(project.project))

    def _on_fitted(self, learned: Learned) -> None:
        session, board = self._context.session, self._context.board
        self._take(LIVE, learned)
        head, taught = learned.head, session.taught
        f1 = "" if head.f1 is None else f": F1 {head.f1:.2f}"
        corrected = taught is not None and taught.measuring
        if corrected or ((learned.added or learned.removed) and session.head_name == LIVE):
            taught = taught if taught and corrected else Taught(0, 0, learned.f1_before)
            taught = replace(taught, after=head.f1, measuring=False, added=learned.added, removed=learned.removed)
            session.taught = taught
        if corrected and taught is not None:
            if taught.before is not None and head.f1 is not None:
                f1 = f": F1 {taught.before:.2f} → {head.f1:.2f}"
            board.say(f"Learned{f1}; {taught.examples}", "good")
        elif not learned.note:
            board.say(f"Fitted {', '.join(head.labels)} in {head.seconds:.2f} s{f1}", "good")

    def _end(self) -> None:
        if self.sender() is not self._fit_job:  # a connection that holds its job would keep it for ever
            return  # another one took its place
        self._fit_job = None
        self._context.session.fitting = False
        if self._stale:
            self._stale = False
            self._look_soon.start()

    # Learning --------------------------------------------------------------------------------------------------------

    def _on_frozen(self, frozen: bool) -> None:
        self._context.session.learning = "frozen" if frozen else "live"

    def _on_learning(self, learning: Any) -> None:  # noqa: ANN401
        self._frozen.setChecked(learning == "frozen")
        if learning == "frozen":
            self._fit_later.stop()
        elif self._follows:
            self._look_soon.start()
