"""Data sets of other programs: read into the project, and written from it, each after a look at what is lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.plugins import formats
from studio.core.project import Keys, Project
from studio.core.project.edits import counted, listed
from studio.state.jobs import Job, Lane
from studio.views.data_set_dialog import DataSetDialog
from studio.views.dialogs import choose_path

RECOGNISED = ("", "Recognise it")
MOST_LABELS = 12  # that are named in a sentence


class Outlook(NamedTuple):
    """What an import or export would do: a sentence, and what is lost, a line each; a place for an export."""

    sentence: str
    lost: tuple[str, ...]
    place: Path | None = None


def look_in(folder: Path | None, source: Path, name: str, control: Control) -> Outlook:
    """What an import of the data set at `source` would add to a project, or to a new one."""
    from studio.core.formats.importing import look_at_data

    found = look_at_data(folder, source, name or None, control)
    counts = (found.regions, "region", ""), (found.tracks, "track", ""), (found.media, "new medium", "new media")
    adds = listed(counted(number, one, many) for number, one, many in counts if number)
    what = f"Recognised as {formats[found.format].title}. " if found.recognised else ""
    end = ", …" if len(found.labels) > MOST_LABELS else "."
    labels = f" Labels: {', '.join(found.labels[:MOST_LABELS])}{end}" if found.labels else ""
    return Outlook(f"{what}Adds {adds}.{labels}", found.notes)


def bring(folder: Path, source: Path, name: str, copy: bool, control: Control) -> tuple[str, int, int, Keys]:
    """Import; returns what to say, the history's length before and after, and what changed."""
    from studio.core.formats.importing import import_data

    with Project.open(folder) as project:
        since = project.position
        found = import_data(folder, source, name or None, copy, control)
        done = f"{counted(found.regions, 'region')} read from {source.name}"
        return done, since, project.position, project.changes_since(since)


def look_out(folder: Path, name: str, control: Control) -> Outlook:
    """What an export would write, and what the format cannot hold."""
    from studio.core.formats.exporting import default_folder, planned_export

    control.checkpoint()
    with Project.open(folder) as project, planned_export(project, name) as plan:
        parts = [counted(len(plan.data.regions), "box", "boxes"), counted(len(plan.data.labels), "label")]
        parts += [counted(len(plan.cuts), "picture")] if plan.cuts else []
        held = f" What {plan.format.title} cannot hold:" if plan.lost else ""
        return Outlook(f"Writes {listed(parts)}.{held}", plan.lost, default_folder(project, name))


def write_out(folder: Path, name: str, target: Path, control: Control) -> str:
    """Export; returns the proof."""
    from studio.core.formats.exporting import planned_export, write_export

    with Project.open(folder) as project, planned_export(project, name) as plan:
        return write_export(plan, target, control)


class DataSetsController:
    """The actions `project.import_data` and `project.export_data`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._wires = Wires()
        self._wires.connect(context.actions["project.import_data"].triggered, self._import)
        self._wires.connect(context.actions["project.export_data"].triggered, self._export)

    def close(self) -> None:
        self._wires.cut()

    def _import(self) -> None:
        context = self._context
        if not refuse_read_only(context, "importing a data set"):
            Importing(context.window, context.lanes.batch, context.project.folder, self._bring)

    def _bring(self, source: Path, name: str, copy: bool) -> None:
        context = self._context
        context.project.hold()
        job = Job(f"importing {source.name}", bring, context.project.folder, source, name, copy)
        job.succeeded.connect(lambda done: context.project.take_in(*done[1:]))
        job.succeeded.connect(lambda done: context.board.say(done[0], "good"))
        job.finished.connect(context.project.resume)
        context.board.run(context.lanes.batch, job)

    def _export(self) -> None:
        Exporting(self._context)


class _Asking(QObject):
    """A dialog that is open; it looks on a lane at what would be done whenever something is chosen."""

    def __init__(self, lane: Lane, dialog: DataSetDialog) -> None:
        super().__init__(dialog)
        self._lane, self._dialog = lane, dialog
        self._job: Job | None = None
        dialog.finished.connect(self._forget)

    def _look(self, job: Job) -> None:
        """Replace the look that goes on by this one."""
        self._forget()
        self._dialog.set_busy("Looking what it holds…")
        self._job = job
        job.succeeded.connect(self._show)
        job.failed.connect(lambda error: self._dialog.set_problem(str(error)))
        job.progressed.connect(self._progress)
        self._lane.submit(job)

    def _progress(self, fraction: float, _: str) -> None:
        self._dialog.set_busy(f"Looking what it holds… {100 * fraction:.0f} %")

    def _show(self, outlook: Outlook) -> None:
        self._dialog.set_plan(outlook.sentence, outlook.lost)

    def _forget(self) -> None:
        if self._job is not None:
            self._job.cancel()


class Importing(_Asking):
    """Reading a data set."""

    def __init__(
        self, window: QWidget, lane: Lane, folder: Path | None, bring: Callable[[Path, str, bool], object]
    ) -> None:
        """Ask above `window`.

        Args:
            window: the main one.
            lane: where is looked at what the project in `folder` (None: a new one) would get.
            folder: of the project.
            bring: called with the data set, its format ("" for what is recognised) and whether pictures are copied.
        """
        known = [RECOGNISED, *((entry.name, entry.title) for entry in formats)]
        dialog = DataSetDialog(window, "import", "Import a data set", "Import", known, copies=True)
        super().__init__(lane, dialog)
        self._folder, self._bring = folder, bring
        self._source: Path | None = None
        title = "Where is the data set?"
        ask = partial(choose_path, dialog, "import.choose", title, Path.home(), self._choose)
        dialog.folder_wanted.connect(lambda: ask("folder"))
        dialog.file_wanted.connect(lambda: ask("file"))
        dialog.format_changed.connect(lambda _: self._start())
        dialog.agreed.connect(self._agree)
        dialog.set_busy("Choose a folder, one file of it, or a zip, as another program wrote it.")
        dialog.open()

    def _choose(self, source: Path) -> None:
        self._source = source
        self._dialog.set_place(str(source))
        self._start()

    def _start(self) -> None:
        if self._source is not None:
            self._look(Job("looking at the data set", look_in, self._folder, self._source, self._dialog.format))

    def _agree(self) -> None:
        if self._source is not None:
            self._bring(self._source, self._dialog.format, self._dialog.copying)


class Exporting(_Asking):
    """Writing a data set."""

    def __init__(self, context: Context) -> None:
        known = [(entry.name, entry.title) for entry in formats]
        dialog = DataSetDialog(context.window, "export", "Export as a data set", "Export", known, copies=False)
        super().__init__(context.lanes.batch, dialog)
        self._context = context
        self._target: Path | None = None
        self._chosen = False
        dialog.folder_wanted.connect(self._ask)
        dialog.format_changed.connect(lambda _: self._start())
        dialog.agreed.connect(self._write)
        self._start()
        dialog.open()

    def _start(self) -> None:
        self._look(Job("looking what can be exported", look_out, self._context.project.folder, self._dialog.format))

    def _show(self, outlook: Outlook) -> None:
        if not self._chosen:
            self._set_target(outlook.place)
        super()._show(outlook)

    def _ask(self) -> None:
        start = self._target or self._context.project.folder / "exports" / self._dialog.format
        choose_path(self._dialog, "export.choose", "A new folder for the data set", start, self._choose, "new")

    def _choose(self, target: Path) -> None:
        self._chosen = True
        self._set_target(target)

    def _set_target(self, target: Path | None) -> None:
        self._target = target
        self._dialog.set_place(str(target))

    def _write(self) -> None:
        context, target = self._context, self._target
        if target is not None:
            arguments = context.project.folder, self._dialog.format, target
            job = Job(f"exporting {target.name}", write_out, *arguments)
            job.succeeded.connect(lambda proof: context.board.say(f"The data set is in {target}; {proof}", "good"))
            context.board.run(context.lanes.batch, job)
