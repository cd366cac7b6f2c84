"""A project from somebody else may name media outside its folder: the user is asked before any of them is read."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.controllers.program import Program
from studio.core.control import Control
from studio.core.project import MediumRow, Project
from studio.core.project.approvals import approve
from studio.core.project.media import outside, refuse_changed
from studio.state.jobs import Job
from studio.views.actions import Actions
from studio.views.dialogs import decide

if TYPE_CHECKING:
    from studio.controllers.context import Context

Outside = list[tuple[MediumRow, Path]]

QUESTION = "This project wants to read files outside its folder."
MORE = "Say yes if you made the project, or know who did and what these files are. Without them it opens all the same."


def find_outside(folder: Path, control: Control) -> Outside:
    with Project.open(folder) as project:
        return outside(project)


def trust(folder: Path, found: Outside, control: Control) -> None:
    """Let the project read `found` from now on; where one of them is not what it should be, nothing is agreed to."""
    with Project.open(folder) as project:
        for row, path in found:
            control.checkpoint()
            refuse_changed(row, path)
        for row, path in found:
            approve(project.id, project.folder, row.size, row.sha256, path)


class Trust(QObject):
    """Asks when a project was opened, and opens it again after a yes."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.window)
        self._program = program
        program.opened.connect(self._look)

    def connect_actions(self, actions: Actions) -> None:
        """It has none."""

    def close(self) -> None:
        """It holds nothing."""

    def _look(self) -> None:
        context = self._program.context
        assert context is not None
        job = Job("looking where the media are", find_outside, context.project.folder)
        job.succeeded.connect(partial(self._ask, context))
        context.board.run(context.lanes.disk, job, shown=False)

    def _ask(self, context: Context, found: Outside) -> None:
        if found and context is self._program.context:
            paths = "\n".join(str(path) for _, path in found)
            agreed = partial(self._trust, context, found)
            decide(self._program.window, "dialog.trust", QUESTION, f"{paths}\n\n{MORE}", "", "Yes, read them", agreed)

    def _trust(self, context: Context, found: Outside) -> None:
        if context is self._program.context:
            folder = context.project.folder
            job = Job("trusting the project", trust, folder, found)
            job.succeeded.connect(partial(self._reopen, folder))
            context.board.run(context.lanes.disk, job, shown=False)

    def _reopen(self, folder: Path, _: object) -> None:
        self._program.close_project()
        self._program.open(folder)
