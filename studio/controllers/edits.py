"""Edits of any size: small ones at once, large ones on the disk lane, so that the window stays usable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.project import Edit, Keys, Project
from studio.core.project.edits import Planned
from studio.state.jobs import Job
from studio.views.plan_dialog import PlanDialog

if TYPE_CHECKING:
    from studio.controllers.context import Context

LARGE = 2000  # rows; what the window's thread writes within a blink


def refuse_read_only(context: Context, doing: str) -> bool:
    """Whether the project is open for reading only, which is said then."""
    if context.project.read_only:
        context.board.problem(InputError(context.project.why_read_only.removeprefix("read-only: ")), doing)
    return context.project.read_only


def apply_edit(context: Context, edit: Edit) -> None:
    """Write `edit` as one step; a problem is said."""
    if refuse_read_only(context, edit.text):
        return
    if edit.size <= LARGE:
        try:
            context.project.apply(edit)
        except StudioError as error:
            context.board.problem(error, edit.text)
        return
    write_behind(context, edit.text, lambda project: project.apply(edit))


def write_behind(context: Context, title: str, write: Callable[[Project], Any], shown: bool = True) -> Job:
    """Let `write` change much, on the disk lane with a project of its own; the job's result is what it returns first.

    Everybody is told before the job's `finished`, also in which way where `write` returns the edit that it applied. It
    is done also where the project is closed meanwhile.
    """
    context.project.hold()
    job = Job(title, _write, context.project.folder, write, kept=True)
    job.succeeded.connect(lambda written: context.project.take_in(*written[1:]))
    job.finished.connect(context.project.resume)
    return context.board.run(context.lanes.disk, job, shown)


def _write(folder: Path, write: Callable[[Project], Any], control: Control) -> tuple[Any, int, int, Keys]:
    """What `write` returned, the history's length before and after, and what changed."""
    control.progress(0.0, "")  # then to its end: half a step would be a state nobody asked for
    with Project.open(folder, write=True) as project:
        since = project.position
        result = write(project)
        keys = project.changes_of(result, since) if isinstance(result, Edit) else project.changes_since(since)
        return result, since, project.position, keys


class Asking(QObject):
    """Computes on the disk lane what a dialog's choice would do, says it there, and does it when the user agrees."""

    def __init__(self, context: Context, dialog: PlanDialog, plan: Callable[[Project, Any], Planned]) -> None:
        """`plan(project, choice)` runs on a worker, with a project of its own."""
        super().__init__(dialog)
        self._context, self._plan = context, plan
        self._dialog = dialog
        self._planned: Planned | None = None
        self._position = 0  # of the history that `_planned` is about
        self._job: Job | None = None
        self._dialog.choice_changed.connect(self._compute)
        self._dialog.agreed.connect(self._apply)
        self._compute(self._dialog.choice)

    def _compute(self, choice: object) -> None:
        self._planned = None
        if self._job is not None:
            self._job.cancel()
        self._choice = choice
        self._job = Job("look what would change", _planned, self._context.project.folder, self._plan, choice)
        self._job.succeeded.connect(self._say)
        self._job.failed.connect(self._say_problem)
        self._context.lanes.disk.submit(self._job)

    def _say(self, planned: tuple[Planned, int]) -> None:
        self._planned, self._position = planned
        self._dialog.set_sentence(self._planned.sentence)

    def _say_problem(self, error: Exception) -> None:
        self._dialog.set_problem(str(error))

    def _apply(self) -> None:
        """Do what was planned; where somebody changed the project since, plan it anew, for the rows are others."""
        if self._planned is None:
            return
        edit, plan, choice = self._planned.edit, self._plan, self._choice
        if self._context.project.project.position == self._position:
            apply_edit(self._context, edit)
        else:
            write_behind(self._context, edit.text, lambda project: project.apply(plan(project, choice).edit))


def plan_and_apply(context: Context, title: str, plan: Callable[[Project, Any], Planned], choice: object) -> None:
    """Compute an edit on the disk lane and write it, without a question."""

    def write(project: Project) -> Edit:
        edit = plan(project, choice).edit
        project.apply(edit)
        return edit

    write_behind(context, title, write, shown=False)


def _planned(
    folder: Path, plan: Callable[[Project, Any], Planned], choice: object, control: Control
) -> tuple[Planned, int]:
    """What is planned, and the history's length before it was."""
    with Project.open(folder) as project:
        position = project.position
        planned = plan(project, choice)
    control.checkpoint()
    return planned, position
