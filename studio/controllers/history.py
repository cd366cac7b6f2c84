"""The history dock, undo and redo."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QTimer

from studio.controllers.context import Context
from studio.controllers.edits import LARGE, refuse_read_only, write_behind
from studio.controllers.history_pictures import HistoryPictures
from studio.controllers.restoring import ask_to_restore
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.project import Project, Step
from studio.core.project.database import BusyError
from studio.core.project.past import Past
from studio.state.history_list import HistoryList
from studio.state.jobs import Job
from studio.views.history import HistoryView

KINDS = ("undo", "redo")
_DONE = {"undo": "Undid", "redo": "Redid"}
_LONGEST = 60  # characters of a step in a menu
_PAUSE = 150  # milliseconds at least between two looks at what undo would do: a large step takes time to count


class HistoryController:
    """Keeps the list and the texts of the Edit menu up to date, and goes back and forth."""

    def __init__(self, context: Context, view: HistoryView) -> None:
        self._context = context
        self._model = HistoryList()
        view.set_model(self._model)
        self._pictures = HistoryPictures(context, self._model, view)
        self._running: Job | None = None  # a large step, or the reading of a long history
        self._stepping = False
        self._closed = False
        self._timer = QTimer(singleShot=True)
        self._looked = QElapsedTimer()
        self._looked.start()
        self._timer.timeout.connect(self._name_steps)
        self._wires = Wires()
        self._wires.connect(context.project.changed, self._on_changed)
        self._wires.connect(view.restore_wanted, self._restore)
        self._wires.connect(context.actions["edit.undo"].triggered, self._undo)
        self._wires.connect(context.actions["edit.redo"].triggered, self._redo)
        self._read()
        self._timer.start(0)

    def close(self) -> None:
        self._closed = True
        self._timer.stop()
        self._wires.cut()
        self._pictures.close()
        for kind in KINDS:
            action = self._context.actions[f"edit.{kind}"]
            action.setText(kind.capitalize())
            action.setToolTip(kind.capitalize())

    # The list --------------------------------------------------------------------------------------------------------

    def _on_changed(self) -> None:
        self._read()
        if not self._timer.isActive():
            self._timer.start(0 if self._looked.hasExpired(_PAUSE) else _PAUSE)

    def _read(self) -> None:
        if self._running is None and not self._model.read(self._context.project.project, LARGE):
            job = Job("read the history", _read_past, self._context.project.folder)
            job.succeeded.connect(self._on_read)
            for ended in (job.failed, job.cancelled):  # what changes next is a reason to read again
                ended.connect(self._forget_reading)
            self._running = self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _on_read(self, past: Past) -> None:
        self._running = None
        self._model.set_past(past)
        self._read()

    def _forget_reading(self) -> None:
        self._running = None

    # Undo and redo ---------------------------------------------------------------------------------------------------

    def _name_steps(self) -> None:
        """Let the Edit menu say what would be taken or brought back."""
        self._looked.restart()
        for kind in KINDS:
            step = None if self._stepping else self._next(kind)
            action = self._context.actions[f"edit.{kind}"]
            text = f"{kind.capitalize()} {step.text}" if step else kind.capitalize()
            action.setText(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
            action.setToolTip(text)
            action.setEnabled(step is not None)  # where it is read-only, its key says so

    def _next(self, kind: str) -> Step | None:
        project = self._context.project.project
        try:
            return project.next_undo() if kind == "undo" else project.next_redo()
        except StudioError as error:
            self._context.board.problem(error)
            return None

    def _undo(self) -> None:
        self._step("undo")

    def _redo(self) -> None:
        self._step("redo")

    def _step(self, kind: str) -> None:
        step = self._next(kind)
        if step is None or self._stepping or refuse_read_only(self._context, kind):
            return
        if self._context.project.waiting:
            self._context.board.say(f"{self._context.project.waiting}: is still to be written; {kind} after it")
            return
        if step.rows > LARGE:
            self._step_behind(kind, step)
            return
        try:
            texts = self._context.project.take(kind, step)
        except BusyError:
            self._step_behind(kind, step)
            return
        except StudioError as error:
            self._context.board.problem(error, kind)
            return
        self._name_steps()
        self._say(kind, texts)

    def _step_behind(self, kind: str, step: Step) -> None:
        """A large step takes long: on the disk lane, and nothing else is undone meanwhile.

        What is drawn before its turn comes makes it another step than the one that was asked for: it is refused then.
        """
        self._stepping = True
        self._name_steps()
        job = write_behind(self._context, f"{kind} {step.text}", lambda project: project.take(kind, step))
        job.succeeded.connect(lambda written: self._say(kind, written[0]))
        job.finished.connect(self._on_stepped)

    def _on_stepped(self) -> None:
        self._stepping = False
        if not self._closed:
            self._name_steps()

    def _restore(self, row: int) -> None:
        step = self._model.past.steps[row]
        title = f"Go back to after “{step.text}”?"
        ask_to_restore(self._context, step.position, title, f"after {step.text}")

    def _say(self, kind: str, texts: list[str]) -> None:
        if texts:
            self._context.board.say(f"{_DONE[kind]}: {', '.join(texts)}")


def _read_past(folder: Path, control: Control) -> Past:
    past = Past()
    with Project.open(folder) as project:
        while past.read(project, 10_000):
            control.checkpoint()
    return past
