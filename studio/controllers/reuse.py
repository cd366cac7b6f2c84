"""Reuse: the selected crops go to another project, and another project is merged into this one; asked first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only, write_behind
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.project import Project
from studio.core.project.edits import counted
from studio.core.project.merging import merge, plan_merge
from studio.core.project.reuse import carry_out, plan_copy
from studio.state.jobs import Job
from studio.views.dialogs import choose_path
from studio.views.plan_dialog import PlanDialog

NOTHING = "Select the crops to copy first: click them in the gallery, or press Ctrl+A."
THERE = "It is one step of that project's history, and undone there."
_MEDIA = (("Leave media where they are", False), ("Copy media into the project", True))


class ReuseController:
    """The actions `gallery.copy_to` and `project.merge`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._wires = Wires()
        self._wires.connect(context.actions["gallery.copy_to"].triggered, self._choose_target)
        self._wires.connect(context.actions["project.merge"].triggered, self._choose_source)

    def close(self) -> None:
        self._wires.cut()

    def _choose_target(self, _: bool = False) -> None:
        selection = self._context.session.selection
        if not selection:
            self._context.board.say(NOTHING)
            return
        title = f"Copy {counted(len(selection), 'crop')} to the project in this folder"
        self._choose("dialog.copy_to", title, partial(self._ask_copy, selection))

    def _choose_source(self, _: bool = False) -> None:
        if not refuse_read_only(self._context, "merging"):
            self._choose("dialog.merge", "Merge the project in this folder into the open one", self._ask_merge)

    def _choose(self, name: str, title: str, chosen: Callable[[Path], object]) -> None:
        choose_path(self._context.window, name, title, self._context.project.folder.parent, chosen, "folder")

    def _ask_copy(self, selection: frozenset[int], folder: Path) -> None:
        own = self._context.project.folder
        dialog = PlanDialog(self._context.window, "copy_to", f"Copy to {folder.name}?", "Copy", _MEDIA, undo=THERE)
        _Question(self._context, dialog, Job("look what would change", said_of_copy, own, selection, folder))
        dialog.agreed.connect(lambda: self._copy(selection, folder, bool(dialog.choice)))
        dialog.open()

    def _ask_merge(self, folder: Path) -> None:
        own = self._context.project.folder
        dialog = PlanDialog(self._context.window, "merge", f"Merge {folder.name}?", "Merge", _MEDIA)
        _Question(self._context, dialog, Job("look what would change", said_of_merge, folder, own))
        dialog.agreed.connect(lambda: self._merge(folder, bool(dialog.choice)))
        dialog.open()

    def _copy(self, selection: frozenset[int], folder: Path, media: bool) -> None:
        own = self._context.project.folder
        job = Job(f"copy crops to {folder.name}", copy_out, own, selection, folder, media, kept=True)
        job.succeeded.connect(self._say_done)
        self._context.board.run(self._context.lanes.disk, job)

    def _merge(self, folder: Path, media: bool) -> None:
        job = write_behind(self._context, f"merge {folder.name}", partial(merge_in, folder, media))
        job.succeeded.connect(self._on_merged)

    def _on_merged(self, written: tuple[Any, ...]) -> None:
        self._context.session.heads_came.emit()
        self._say_done(written[0])

    def _say_done(self, sentence: str) -> None:
        self._context.board.say(sentence, "good")


class _Question(QObject):
    """Lives as long as its dialog; says there what the job found."""

    def __init__(self, context: Context, dialog: PlanDialog, job: Job) -> None:
        super().__init__(dialog)
        self._dialog = dialog
        self._found: tuple[str, bool] | None = None
        job.succeeded.connect(self._say)
        job.failed.connect(self._say_problem)
        dialog.choice_changed.connect(self._say_again)
        dialog.rejected.connect(job.cancel)
        context.lanes.disk.submit(job)

    def _say(self, found: tuple[str, bool]) -> None:
        self._found = found
        self._say_again()

    def _say_again(self, _: object = None) -> None:
        """What is done with media changes nothing of the rest."""
        if self._found is not None:
            sentence, possible = self._found
            (self._dialog.set_sentence if possible else self._dialog.set_problem)(sentence)

    def _say_problem(self, error: Exception) -> None:
        self._found = str(error), False
        self._say_again()


def said_of_copy(own: Path, regions: frozenset[int], folder: Path, control: Control) -> tuple[str, bool]:
    """On the disk lane: what copying would do, and whether it would do anything."""
    control.checkpoint()
    with Project.open(own) as source, Project.open(folder) as target:
        plan = plan_copy(source, regions, target)
    return plan.sentence, not plan.empty


def copy_out(own: Path, regions: frozenset[int], folder: Path, media: bool, control: Control) -> str:
    """On the disk lane: copy regions to the project in `folder`; returns what was done."""
    with Project.open(own) as source, Project.open(folder, write=True) as target:
        plan = plan_copy(source, regions, target)
        carry_out(target, plan, f"copy {counted(len(regions), 'crop')} from {source.name}", media, control)
    return plan.sentence


def said_of_merge(folder: Path, own: Path, control: Control) -> tuple[str, bool]:
    """On the disk lane: what merging would do, and whether it would do anything."""
    control.checkpoint()
    with Project.open(folder) as source, Project.open(own) as target:
        plan = plan_merge(source, target)
    return plan.sentence, not plan.empty


def merge_in(folder: Path, media: bool, target: Project) -> str:
    """On the disk lane: merge the project in `folder`; returns what was done."""
    with Project.open(folder) as source:
        plan = plan_merge(source, target)
        merge(source, target, plan, media, Control())
    return plan.sentence
