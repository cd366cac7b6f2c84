"""Recipes in the training dock: their forms, the run that goes on, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDockWidget

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.training_work import Form, Past, Wish, read_form, read_past, train
from studio.controllers.wires import Wires
from studio.core.errors import InputError
from studio.core.plugins import recipes
from studio.core.project.heads import head_names
from studio.state.jobs import Job
from studio.state.window_words import in_the_window
from studio.views.training import FITTED, TrainingView

if TYPE_CHECKING:
    from studio.core.runs import EpochLine, Progress, RunRecord

FIRST = "warm-up"  # what most people want who want more than the SVM
AS_IS = "as-is"
AS_IT_IS = "nothing was trained: it says the network's own classes, of each crop in top5.csv of the run"


class TrainingRuns(QObject):
    """Binds recipes and runs to the dock."""

    def __init__(self, context: Context, view: TrainingView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self._form: Form | None = None
        self._job: Job | None = None
        self._wish: Wish | None = None
        self._run = ""  # name of the one that is shown
        self._head = ""  # that came of it
        self._epochs: list[EpochLine] = []
        self._wires = Wires()
        view.set_recipes([(entry.name, entry.title) for entry in recipes])
        view.set_recipe(FITTED, True)
        connect = self._wires.connect
        connect(context.actions["run.prepare"].triggered, self._prepare)
        connect(view.recipe_chosen, self._choose)
        connect(view.train_wanted, self._train)
        connect(view.run.pause_wanted, self._pause)
        connect(view.run.cancel_wanted, self._cancel)
        connect(view.run.open_wanted, lambda: context.session.run_wanted.emit(self._run))
        connect(view.run.use_wanted, self._use)
        connect(view.run.resume_wanted, self._resume)
        connect(context.session.resume_wanted, self._go_on)
        connect(context.session.runs_came, self._look_again)
        self._look_back("")

    def close(self) -> None:
        self._wires.cut()
        self._job = None  # its end comes after the project's

    def _prepare(self, _: bool = False) -> None:
        """Bring the dock forward with a recipe that is run."""
        self._bring_forward()
        if self._form is None:
            self._choose(FIRST)

    def _bring_forward(self) -> None:
        dock = self._view.parentWidget()
        if isinstance(dock, QDockWidget):
            dock.show()
            dock.raise_()

    # The form --------------------------------------------------------------------------------------------------------

    def _choose(self, name: str) -> None:
        if name == FITTED:
            self._form = None
            self._view.set_recipe(FITTED, True)
            return
        job = Job("reading the recipe", read_form, self._context.project.folder, name)
        job.succeeded.connect(self._show_form)
        self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _show_form(self, form: Form) -> None:
        from studio.core.recipes.recipe import form_fields  # a worker imported it

        self._form = form
        self._view.form.set_recipe(form.recipe.says, form_fields(form.recipe.parameters), form.values)
        self._view.set_recipe(form.recipe.name, form.recipe.backbone)

    # A run -----------------------------------------------------------------------------------------------------------

    def _train(self) -> None:
        if self._job is not None or refuse_read_only(self._context, "training"):
            return
        if self._form is None:  # the SVM, which the dock fits by itself, as a run
            self._begin(Wish(self._context.project.folder, FITTED, {"kernel": self._context.session.kernel}))
            return
        try:
            parameters = self._form.recipe.read(self._view.form.values)
        except InputError as error:
            self._view.form.set_problem(in_the_window(str(error)))
            return
        self._begin(Wish(self._context.project.folder, self._form.recipe.name, parameters.model_dump()))

    def _resume(self) -> None:
        if self._wish is not None and self._job is None and not refuse_read_only(self._context, "training"):
            self._begin(Wish(self._wish.project, self._wish.recipe, self._wish.parameters, self._run))

    def _begin(self, wish: Wish) -> None:
        context = self._context
        self._wish, self._run = wish, wish.resume
        self._epochs = self._epochs if wish.resume else []
        job = self._job = Job(f"training: {self._title}", train, context.networks, wish, context.settings.device)
        job.progressed.connect(self._view.run.set_fraction)
        job.published.connect(self._hear)
        job.succeeded.connect(self._succeed)
        job.failed.connect(self._fail)
        job.finished.connect(self._end)
        self._view.set_training(True)
        self._view.run.set_running(self._title)
        self._view.run.set_epochs(self._epochs)
        context.board.run(context.lanes.batch, job)

    @property
    def _title(self) -> str:
        return recipes[self._wish.recipe].title if self._wish else ""

    def _hear(self, progress: Progress) -> None:
        self._run = progress.run.name
        self._view.run.set_progress(progress)
        if progress.line is not None:
            self._epochs = [each for each in self._epochs if each.epoch < progress.line.epoch] + [progress.line]
            self._view.run.set_epochs(self._epochs)

    def _pause(self, paused: bool) -> None:
        if self._job is not None and paused:
            self._job.pause()
        elif self._job is not None:
            self._job.resume()

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _succeed(self, record: RunRecord) -> None:
        self._run, self._head = record.name, record.head
        self._view.run.set_ended(self._title, outcome(record), head=bool(record.head), resumable=False)
        self._context.board.say(f"{self._title}: {outcome(record)}", "good")

    def _fail(self, error: Exception) -> None:
        self._view.run.set_ended(self._title, in_the_window(str(error)), head=False, resumable=False)

    def _end(self) -> None:
        if self._job is None:
            return
        self._context.session.heads_came.emit()
        self._context.session.runs_came.emit()
        cancelled, self._job = self._job.dropped, None
        self._view.set_training(False)
        if cancelled:
            self._view.run.set_ended(self._title, "Stopped.", head=False, resumable=False)
            self._look_back(self._run)

    # What came of it -------------------------------------------------------------------------------------------------

    def _look_back(self, name: str) -> None:
        """Show the run `name`; "" for one that was interrupted."""
        job = Job("reading the runs", read_past, self._context.project.folder, name)
        job.succeeded.connect(self._show_past)
        self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _look_again(self) -> None:
        """The run that is shown may be gone by now, or its head renamed or deleted."""
        if self._job is None and self._run:
            job = Job("reading the runs", read_past, self._context.project.folder, self._run)
            job.succeeded.connect(self._show_again)
            self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _show_again(self, past: Past | None) -> None:
        if past is None and self._job is None:
            self._run, self._head, self._wish = "", "", None
            self._view.run.hide()
        self._show_past(past)

    def _go_on(self, name: str) -> None:
        """Bring the dock forward, and go on there with a run that was stopped or killed."""
        if self._job is not None:
            self._context.board.say("A training goes on; one at a time.", "problem")
            return
        self._bring_forward()
        job = Job("reading the runs", read_past, self._context.project.folder, name)
        job.succeeded.connect(self._show_past)
        job.succeeded.connect(lambda past: self._resume() if past is not None and past.resumable else None)
        self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _show_past(self, past: Past | None) -> None:
        if past is None or self._job is not None:
            return
        record = past.record
        self._wish = Wish(self._context.project.folder, record.recipe, record.parameters)
        self._run, self._head, self._epochs = record.name, record.head, past.epochs
        self._view.run.set_epochs(past.epochs)
        self._view.run.set_ended(self._title, outcome(record), head=bool(record.head), resumable=past.resumable)

    def _use(self) -> None:
        context = self._context
        if self._head in head_names(context.project.project):
            context.session.head_name = self._head
        else:
            context.board.say(f"The head {self._head} was renamed or deleted; choose one below.", "problem")


def outcome(record: RunRecord) -> str:
    """ "0.91 right (0.86–0.95) of 40 validation crops; kept as warm-up-1"."""
    parts = [_judged(name, scores) for name, scores in (("validation", record.validation), ("test", record.test))]
    parts = [part for part in parts if part]
    if record.recipe == AS_IS and record.state == "done":
        parts = parts or [AS_IT_IS]
    elif record.state == "running":
        parts.append(f"interrupted after {record.epochs} epoch{'' if record.epochs == 1 else 's'}")
    elif record.state == "cancelled":
        parts.append(f"stopped after {record.epochs} epoch{'' if record.epochs == 1 else 's'}")
    elif record.error:
        parts.append(record.error)
    elif not parts:
        parts.append("trained; no validation crops to judge it by")
    if record.head:
        parts.append(f"kept as {record.head}")
    return "; ".join(parts)


def _judged(name: str, scores: dict[str, Any] | None) -> str:
    """ "" where the record, which is a file, says no such thing."""
    if scores is None:
        return ""
    try:
        interval = scores.get("interval")
        between = f" ({interval[0]:.2f}–{interval[1]:.2f})" if interval else ""
        return f"{scores['accuracy']:.2f} right{between} of {scores['n']:,} {name} crops"
    except (LookupError, TypeError, ValueError):
        return ""
