"""Puts the window together: the one place that may import all of it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDialog

from studio.controllers.accidents import Accidents
from studio.controllers.context import Context, Controller
from studio.controllers.program import ProgramController
from studio.core.errors import InputError, StudioError
from studio.core.project import Project
from studio.core.project.window_lock import WindowLock, acquire
from studio.core.registry import load
from studio.core.settings import Settings, read_settings, write_settings
from studio.state.board import Board
from studio.state.jobs import Lane
from studio.state.lanes import Lanes
from studio.state.project import ProjectState
from studio.state.session import SessionState
from studio.views.main_window import MainWindow
from studio.views.theme import apply_theme

# name, title, view, controller: a line for each panel, in the order in which they are made.
DOCKS: tuple[tuple[str, str, str, str], ...] = (
    ("video", "Video", "studio.views.video:VideoView", "studio.controllers.video:VideoController"),
    ("media", "Media", "studio.views.media:MediaView", "studio.controllers.media:MediaController"),
    ("labels", "Labels", "studio.views.labels:LabelsView", "studio.controllers.labels:LabelsController"),
    ("history", "History", "studio.views.history:HistoryView", "studio.controllers.history:HistoryController"),
    ("gallery", "Gallery", "studio.views.gallery:GalleryView", "studio.controllers.gallery:GalleryController"),
    (
        "features",
        "Features",
        "studio.views.features.view:FeaturesView",
        "studio.controllers.features.panel:FeaturesController",
    ),
    ("training", "Training", "studio.views.training:TrainingView", "studio.controllers.training:TrainingController"),
    ("why", "Why", "studio.views.why:WhyView", "studio.controllers.why:WhyController"),
    ("found", "Found", "studio.views.found:FoundView", "studio.controllers.found:FoundController"),
)

# Controllers that have no panel of their own.
CONTROLLERS: tuple[str, ...] = (
    "studio.controllers.networks:NetworksController",
    "studio.controllers.camera:CameraController",
    "studio.controllers.follow:FollowController",
    "studio.controllers.heads:HeadsController",
    "studio.controllers.live:LiveController",
    "studio.controllers.teach:TeachController",
)

# Controllers of the program itself: they live as long as the window.
ALWAYS: tuple[str, ...] = (
    "studio.controllers.appearance:Appearance",
    "studio.controllers.projects:Projects",
    "studio.controllers.copies:Copies",
    "studio.controllers.trust:Trust",
    "studio.controllers.help:Help",
    "studio.controllers.settings:SettingsController",
    "studio.controllers.warmup:WarmUp",
)

SIGNALS = (signal.SIGINT, signal.SIGTERM)
AWAKE_EVERY = 300  # milliseconds
STILL_ENDING = 20  # milliseconds between looks whether the threads of a closed project have ended


class OpenProject(QObject):
    """A project in the window: its docks, controllers, lanes. Everything is gone some time after `close`."""

    def __init__(self, studio: Studio, project: Project, lock: WindowLock | None) -> None:
        super().__init__(studio)
        self._window, self._lock = studio.window, lock
        self.context = Context(
            studio.window,
            ProjectState(project, lock is None, self),
            SessionState(self),
            Lanes(self),
            studio.board,
            studio.window.actions_by_id,
            studio.settings,
        )
        self._controllers: list[Controller] = []

    def fill(self) -> None:
        """Make the docks and the controllers."""
        for name, title, view_class, controller_class in DOCKS:
            view = load(view_class)()
            self._window.add_dock(name, title, view)
            self._controllers.append(load(controller_class)(self.context, view))
        for controller_class in CONTROLLERS:
            self._controllers.append(load(controller_class)(self.context))

    def close(self) -> None:
        """Stop all work, let go of files, take docks and dialogs away; returns before the threads have ended."""
        for dialog in self._window.findChildren(QDialog):  # what they ask is about this project
            dialog.close()
        for lane in self.context.lanes.all:
            lane.end()
        for controller in reversed(self._controllers):
            controller.close()
        self._controllers.clear()
        self.context.project.close()
        self._window.remove_docks()
        if self._lock is not None:
            self._lock.release()
        self._look = QTimer(self)
        self._look.timeout.connect(self._delete_when_ended)
        self._look.start(STILL_ENDING)

    def wait(self) -> None:
        """After `close`: wait for the threads."""
        self.context.lanes.close()
        self._delete_when_ended()

    def _delete_when_ended(self) -> None:
        if not any(lane.running for lane in self.context.lanes.all):
            self._look.stop()
            self.setParent(None)
            self.deleteLater()


class Studio(QObject):
    """The program: one window, and at most one project in it; see `studio.controllers.program.Program`."""

    opened = Signal(object)
    closing = Signal()
    closed = Signal()
    settings_changed = Signal()
    copy_wanted = Signal(object)

    def __init__(self, application: QApplication, settings: Settings | None = None) -> None:
        super().__init__()
        self._settings = read_settings() if settings is None else settings
        apply_theme(application, self._settings.theme)
        self.window = MainWindow(self._settings.keys)
        self.board = Board(self)
        self.window.status.watch(self.board)
        self.lane = Lane("program", self)
        self.open_project: OpenProject | None = None
        self.window.closing.connect(self.end)
        self._accidents: Accidents | None = Accidents(self.board)
        self._controllers: list[ProgramController] = [load(target)(self) for target in ALWAYS]
        self._connect_actions()

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def context(self) -> Context | None:
        return self.open_project.context if self.open_project else None

    def _connect_actions(self) -> None:
        self.window.actions_by_id.with_project(False)
        for controller in self._controllers:
            controller.connect_actions(self.window.actions_by_id)

    # Projects --------------------------------------------------------------------------------------------------------

    def open(self, folder: Path) -> bool:
        """Open the project in `folder`, closing the one there is; a problem is said, and nothing changes.

        Where it is open already, by this path or a link, it stays, unless it was read-only and can be written now.

        Returns:
            Whether it is open now.
        """
        folder = folder.absolute()
        again = self.context is not None and _same_folder(self.context.project.folder, folder)
        if again and self.context is not None and not self.context.project.read_only:
            return True
        try:
            project, lock, why = _open_files(folder)
        except (StudioError, OSError) as error:
            self.board.problem(error)
            self.window.start.set_problem(self.window.status.message.shown.text)
            return False
        if again and lock is None:
            project.close()
            self.board.say(why, "problem")
            return True
        self.close_project()
        self.open_project = OpenProject(self, project, lock)
        try:
            self.open_project.fill()
        except BaseException:
            self.close_project()
            raise
        self._show(self.open_project.context, why)
        return True

    def _show(self, context: Context, why_read_only: str) -> None:
        project = context.project
        project.saved.connect(self._show_saved)
        self._show_saved(project.project.position)
        self.window.start.set_problem("")
        self.window.setWindowTitle(f"{project.project.name} — Repurpose Studio")
        self.window.show_start(False)
        self.window.actions_by_id.with_project(True)
        self.opened.emit(context)
        if why_read_only:
            self.board.say(why_read_only, "problem")

    def _show_saved(self, edits: int) -> None:
        if self.context is not None:
            self.window.status.set_saved(edits, self.context.project.read_only)

    def close_project(self) -> None:
        """Show the start page; work that goes on stops at its next step, and what it stored is kept."""
        if self.open_project is None:
            return
        self.closing.emit()
        closing, self.open_project = self.open_project, None
        closing.close()
        self.window.renew_actions(self._settings.keys)
        self._connect_actions()
        self.window.status.set_saved(None)
        self.window.setWindowTitle("Repurpose Studio")
        self.window.show_start(True)
        self.closed.emit()

    # Settings, end ---------------------------------------------------------------------------------------------------

    def change_settings(self, settings: Settings) -> None:
        """Write `settings` and follow them; a project is opened again where it computes in another way then.

        Raises:
            InputError: they cannot be written.
        """
        write_settings(settings)
        before, self._settings = self._settings, settings
        self.window.actions_by_id.bind(settings.keys)
        self.settings_changed.emit()
        if any(getattr(before, name) != getattr(settings, name) for name in ("device", "threads", "tracker")):
            self._reopen()

    def _reopen(self) -> None:
        if self.context is None:
            return
        folder, session = self.context.project.folder, self.context.session
        place = (session.medium.id, session.frame) if session.medium else None
        self.close_project()
        if self.open(folder) and place is not None:
            self.context.session.go(*place)

    def end(self) -> None:
        """Close the project, wait for all threads, let go of everything; the window is hidden by now."""
        if self._accidents is None:
            return
        self.lane.end()
        self.close_project()
        for controller in reversed(self._controllers):
            controller.close()
        for leaving in self.findChildren(OpenProject):
            leaving.wait()
        self.lane.close()
        self._accidents.close()
        self._accidents = None


def _same_folder(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _open_files(folder: Path) -> tuple[Project, WindowLock | None, str]:
    """The project, the lock where it may be written, and why not where it may not.

    Raises:
        InputError: it cannot be read either.
    """
    Project.open(folder).close()  # first: a folder without a project gets no lock
    try:
        lock = acquire(folder)
    except InputError as error:
        return Project.open(folder), None, f"read-only: {error}"
    if lock is None:
        return Project.open(folder), None, "read-only: another window has this project open; this one follows it"
    try:
        return Project.open(folder, write=True), lock, ""
    except InputError as error:
        lock.release()
        return Project.open(folder), None, f"read-only: {error}"
    except BaseException:
        lock.release()
        raise


def main(arguments: Sequence[str], project: Path | None = None) -> int:
    """Open the window, on `project` or on the start page, and stay until it is closed; returns the exit code."""
    application = QApplication([sys.argv[0], *arguments])
    application.setApplicationName("Repurpose Studio")
    application.setDesktopFileName("repurpose-studio")
    studio = Studio(application)
    studio.window.show()
    if project is not None:
        QTimer.singleShot(0, lambda: studio.open(project))
    with _closing_on_signals(studio):
        return application.exec()


@contextmanager
def _closing_on_signals(studio: Studio) -> Iterator[None]:
    """Ctrl-C in the terminal, or the end of the session, closes the window as a click would."""
    awake = QTimer()  # python answers signals only while it runs
    awake.timeout.connect(_nothing)
    awake.start(AWAKE_EVERY)
    before = {number: signal.signal(number, lambda *_: QTimer.singleShot(0, studio.window.close)) for number in SIGNALS}
    try:
        yield
    finally:
        awake.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def _nothing() -> None:
    """Python had its turn."""
