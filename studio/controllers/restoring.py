"""The question whether to go back to a moment of the history, with what that would do, and the step itself."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only, write_behind
from studio.core.control import Control
from studio.core.project import Project
from studio.core.project.restoring import Restoring, plan_restoring, restore
from studio.state.jobs import Job
from studio.views.plan_dialog import PlanDialog

DOING = "going back"


def ask_to_restore(context: Context, position: int, title: str, name: str = "") -> None:
    """Ask, and go back to `position` where the user agrees; `name` is what the history calls the moment."""
    if not refuse_read_only(context, DOING):
        dialog = PlanDialog(context.window, "history.restore_dialog", title, "Go back")
        _Question(context, dialog, position, name)
        dialog.open()


class _Question(QObject):
    """Lives as long as its dialog; counts on the disk lane what would change."""

    def __init__(self, context: Context, dialog: PlanDialog, position: int, name: str) -> None:
        super().__init__(dialog)
        self._context, self._dialog = context, dialog
        self._position, self._name = position, name
        dialog.agreed.connect(self._go_back)
        self._job = Job("look what would change", _planned, context.project.folder, position)
        self._job.succeeded.connect(self._say)
        self._job.failed.connect(self._say_problem)
        context.lanes.disk.submit(self._job)
        dialog.rejected.connect(self._job.cancel)

    def _say(self, plan: Restoring) -> None:
        (self._dialog.set_sentence if plan else self._dialog.set_problem)(plan.sentence)

    def _say_problem(self, error: Exception) -> None:
        self._dialog.set_problem(str(error))

    def _go_back(self) -> None:
        board, position, name = self._context.board, self._position, self._name
        job = write_behind(self._context, DOING, lambda project: restore(project, position, name))
        job.succeeded.connect(lambda written: board.say(f"Done: {written[0]}", "good"))


def _planned(folder: Path, position: int, control: Control) -> Restoring:
    with Project.open(folder) as project:
        plan = plan_restoring(project, position)
    control.checkpoint()
    return plan
