"""Deletes runs, after a question that says how much goes and what becomes of their heads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.judging.work import called
from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.edits import counted
from studio.state.jobs import Job
from studio.views.plan_dialog import PlanDialog

NO_UNDO = "Files do not come back: undo knows nothing of them."
MOST = 8  # runs that the question names
NONE = "Choose a run in the Runs dock first."


def said_of_deletion(folder: Path, names: Sequence[str], control: Control) -> str:
    """On the disk lane: what deleting runs does, a line for each.

    Raises:
        InputError: one is gone, or is being trained.
    """
    from studio.core.run_files import deletion_of
    from studio.core.runs import read_run

    said = []
    with Project.open(folder) as project:
        for name in names:
            control.checkpoint()
            what, title = deletion_of(project, name), name
            with suppress(InputError):  # its record is damaged
                title = called(read_run(project.runs / name))
            said.append(f"{title}: {what}")
    more = f"\nand {len(said) - MOST:,} more" * (len(said) > MOST)
    return "\n".join(said[:MOST]) + more


def delete_runs(folder: Path, names: Sequence[str], control: Control) -> list[str]:
    """On the disk lane: delete runs; returns the folders of those in which there are files of others.

    Raises:
        InputError: one is gone, or is being trained; those before it are deleted.
    """
    from studio.core.run_files import delete_run

    control.checkpoint()
    with Project.open(folder, write=True) as project:
        return [str(project.runs / name) for name in names if not delete_run(project, name)]


class Deleting:
    """The action `run.delete`."""

    def __init__(self, context: Context, chosen: Callable[[], list[str]], changed: Callable[[], None]) -> None:
        """`chosen` says which runs are meant; `changed` is called when they are gone, or some of them."""
        self._context, self._chosen, self._changed = context, chosen, changed

    def ask(self, _: bool = False) -> None:
        """Ask whether the chosen runs shall go."""
        names = self._chosen()
        if not names:
            self._context.board.say(NONE, "problem")
            return
        if refuse_read_only(self._context, "deleting a run"):
            return
        title = f"Delete {counted(len(names), 'run')}?"
        dialog = PlanDialog(self._context.window, "runs.delete_dialog", title, "Delete", undo=NO_UNDO)
        job = Job("look what would go", said_of_deletion, self._context.project.folder, names)
        job.succeeded.connect(dialog.set_sentence)
        job.failed.connect(partial(_say_problem, dialog))
        dialog.rejected.connect(job.cancel)
        dialog.agreed.connect(partial(self._delete, names))
        self._context.lanes.disk.submit(job)
        dialog.open()

    def _delete(self, names: list[str]) -> None:
        job = Job(f"deleting {counted(len(names), 'run')}", delete_runs, self._context.project.folder, names)
        job.succeeded.connect(partial(self._say, names))
        job.finished.connect(self._changed)
        self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _say(self, names: list[str], left: list[str]) -> None:
        others = f"; files of others stay in {', '.join(left)}" if left else ""
        self._context.board.say(f"{counted(len(names), 'run')} deleted{others}.", "good")


def _say_problem(dialog: PlanDialog, error: Exception) -> None:
    dialog.set_problem(f"{str(error)[:1].upper()}{str(error)[1:]}.")
