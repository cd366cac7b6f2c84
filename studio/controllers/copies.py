"""Projects that are made by work: the sample, one from a data set or a copy, and a copy as one file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from studio.controllers.program import Program
from studio.controllers.projects import COPY
from studio.core.control import Control
from studio.core.files import own_place, size_text
from studio.core.paths import user_data
from studio.core.places import new_project_folder, projects_folder
from studio.core.project import Project
from studio.core.project.copies import Copied, open_copy, save_copy
from studio.core.project.database import NAME
from studio.core.recent import remember_project
from studio.state.jobs import Job
from studio.views.actions import Actions
from studio.views.dialogs import choose_path, decide

SAMPLE = "sample"
HINT = "The first half was labelled from one box. Press L to fit a head, then Space: it finds the flower in the second."


def make_sample(place: Path, device: str, control: Control) -> Path:
    """The sample's project, made in the folder `place`; whole or not at all.

    Returns:
        The project's folder.
    """
    from studio.ml.backbones.loading import load_backbone
    from studio.ml.demo_project import make_demo_project
    from studio.ml.device import choose
    from studio.ml.networks import leave_a_core

    place.parent.mkdir(parents=True, exist_ok=True)
    with own_place(place.parent) as made:
        leave_a_core()
        control.progress(0.0, "loading the network")
        make_demo_project(made / place.name, 0, load_backbone(None, choose(device)), control, "Sample")
        (made / place.name).rename(place)
    return place / "project"


def copy_project(folder: Path, target: Path, control: Control) -> Copied:
    with Project.open(folder) as project:
        return save_copy(project, target, with_media=True, control=control)


def import_project(folder: Path, source: Path, name: str, copy: bool, control: Control) -> Path:
    """A new project in `folder` from the data set at `source`, whole or not at all; returns the folder."""
    from studio.core.formats.importing import import_data

    folder.parent.mkdir(parents=True, exist_ok=True)
    import_data(folder, source, name or None, copy, control)
    return folder


class Copies(QObject):
    """Long work of the File menu, on the program's own lane."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.window)
        self._program = program
        self._sample: Job | None = None
        program.copy_wanted.connect(self._open_copy)

    def connect_actions(self, actions: Actions) -> None:
        actions["project.sample"].triggered.connect(self._open_sample)
        actions["project.import_data"].triggered.connect(self._ask_data_set)
        actions["project.copy"].triggered.connect(self._ask_copy)

    def close(self) -> None:
        """The lane ends its jobs."""

    def _open_sample(self) -> None:
        place = user_data() / SAMPLE
        if (place / "project" / NAME).is_file():
            self._show_sample(place / "project")
        elif self._sample is None:
            job = Job("making the sample", make_sample, place, self._program.settings.device)
            job.succeeded.connect(partial(self._offer, self._show_sample))
            job.progressed.connect(partial(self._show_progress, "project.sample", "Being made"))
            job.finished.connect(self._forget_sample)
            self._sample = self._program.board.run(self._program.lane, job)

    def _show_progress(self, action: str, doing: str, fraction: float, _: str) -> None:
        self._program.window.start.set_more(action, f"{doing}: {100 * fraction:.0f} %")

    def _show_sample(self, folder: Path) -> None:
        if self._program.open(folder):
            self._program.board.say(HINT)

    def _offer(self, show: Callable[[Path], object], folder: Path) -> None:
        """Show the project that was made, after a question where another one is in use."""
        context = self._program.context
        if context is None:
            show(folder)
            return
        with Project.open(folder) as made:
            name = made.name
        remember_project(folder, name)
        question = f"{name} is ready. Open it instead of {context.project.project.name}?"
        more = f"It is in {folder}, and on the start page under Recent projects."
        decide(self._program.window, "dialog.made", question, more, "", "Open it", lambda: show(folder))

    def _forget_sample(self) -> None:
        self._sample = None
        self._program.window.start.set_more("project.sample", "")

    def _ask_data_set(self) -> None:
        """Without a project the data set becomes one; with one the project's own controller asks."""
        if self._program.context is None:
            from studio.controllers.data_sets import Importing  # the window starts without

            Importing(self._program.window, self._program.lane, None, self._import)

    def _import(self, source: Path, name: str, copy: bool) -> None:
        folder = new_project_folder(source.stem if source.is_file() else source.name, projects_folder())
        job = Job(f"importing {source.name}", import_project, folder, source, name, copy)
        job.succeeded.connect(partial(self._offer, self._program.open))
        job.progressed.connect(partial(self._show_progress, "project.import_data", "Being read"))
        job.finished.connect(partial(self._program.window.start.set_more, "project.import_data", ""))
        job.failed.connect(self._say_on_start)
        self._program.board.run(self._program.lane, job)

    def _ask_copy(self) -> None:
        context = self._program.context
        if context is not None:
            start = Path.home() / f"{context.project.folder.name}{COPY}"
            choose_path(
                self._program.window, "dialog.project_copy", "Save a copy as one file", start, self._save_copy, "new"
            )

    def _save_copy(self, target: Path) -> None:
        context = self._program.context
        if context is not None:
            target = target if target.suffix else target.with_suffix(COPY)
            job = Job(f"saving {target.name}", copy_project, context.project.folder, target)
            job.succeeded.connect(self._copied)
            self._program.board.run(self._program.lane, job)

    def _copied(self, copied: Copied) -> None:
        text = f"saved a copy: {copied.files:,} files, {size_text(copied.size)}"
        if copied.left_out:
            text += f"; {len(copied.left_out)} left out"
        self._program.board.say(text, "good", "\n".join(copied.left_out))

    def _open_copy(self, file: Path) -> None:
        folder = new_project_folder(file.stem, projects_folder())
        job = Job(f"opening {file.name}", open_copy, file, folder)
        job.succeeded.connect(partial(self._offer, self._program.open))
        job.failed.connect(self._say_on_start)
        self._program.board.run(self._program.lane, job)

    def _say_on_start(self, error: Exception) -> None:
        self._program.window.start.set_problem(str(error))
