"""Puts the window together: the one place that may import all of it."""

from __future__ import annotations

import logging
import math
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, cast

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from studio.controllers.accidents import Accidents
from studio.controllers.program import PROJECT, ProgramController
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.project.window_open import open_for_window
from studio.core.registry import load
from studio.core.settings import Settings, read_settings, write_settings
from studio.state.board import Board
from studio.state.garbage import Garbage
from studio.state.interpreter import favour_the_window
from studio.state.jobs import Job, Lane
from studio.views.main_window import MainWindow
from studio.views.theme import apply_theme

if TYPE_CHECKING:
    from studio.controllers.context import Context
    from studio.open_project import OpenProject

# Controllers of the program itself: they live as long as the window.
ALWAYS: tuple[str, ...] = (
    "studio.controllers.appearance:Appearance",
    "studio.controllers.projects:Projects",
    "studio.controllers.place:PlaceKeeper",
    "studio.controllers.copies:Copies",
    "studio.controllers.trust:Trust",
    "studio.controllers.help:Help",
    "studio.controllers.settings:SettingsController",
    "studio.controllers.warmup:WarmUp",
)

SIGNALS = (signal.SIGINT, signal.SIGTERM)
AWAKE_EVERY = 300  # milliseconds
LAST_STEP = 1.0  # seconds, for work that is not wanted any more to come to its next checkpoint


class Studio(QObject):
    """The program: one window, and at most one project in it; see `studio.controllers.program.Program`.

    Attributes:
        unsaved: sentences about what could not be saved after the window was hidden.
        patience: how many seconds threads that save nothing get to end.
    """

    opened = Signal(object)
    closing = Signal()
    closed = Signal()
    settings_changed = Signal()
    copy_wanted = Signal(object)

    def __init__(self, application: QApplication, settings: Settings | None = None) -> None:
        super().__init__()
        favour_the_window()
        self.garbage = Garbage(self)
        self._settings = read_settings() if settings is None else settings
        apply_theme(application, self._settings.theme)
        self.window = MainWindow(self._settings.keys)
        self.board = Board(self)
        self.board.lost.connect(self._on_lost)
        self.unsaved: list[str] = []
        self.patience = math.inf
        self.window.status.watch(self.board)
        self.lane = Lane("program", self)
        self.open_project: OpenProject | None = None
        self.window.closing.connect(self.end)
        self.window.painted.connect(self._prepare)
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

    @property
    def _projects(self) -> list[OpenProject]:
        """The open one, and those that are closed and end."""
        return cast("list[OpenProject]", self.findChildren(QObject, PROJECT, Qt.FindChildOption.FindDirectChildrenOnly))

    def _prepare(self) -> None:
        """Import what a project needs, on a worker: the window is there sooner, and the first project need not wait."""
        self.lane.submit(Job("preparing", _import_open_project))

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
            closing = [each.lock for each in self._projects if each is not self.open_project]
            project, lock, why = open_for_window(folder, [lock for lock in closing if lock is not None])
        except (StudioError, OSError) as error:
            self.board.problem(error)
            self.window.start.set_problem(self.window.status.message.shown.text)
            return False
        if again and lock is None:
            project.close()
            self.board.say(why, "problem")
            return True
        self.close_project()
        from studio.open_project import OpenProject  # not before the window is there: it needs much

        self.open_project = OpenProject(self, self.window, self.board, self._settings, project, lock, why)
        self.open_project.destroyed.connect(self.garbage.collect_all)
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

    def _on_lost(self, what: str) -> None:
        """Of a closed project: said where the user looks, and at the end where nobody sees a window."""
        if not self.window.isVisible():
            self.unsaved.append(what)
        elif self.open_project is None:
            self.window.start.set_problem(what)

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
        until = time.monotonic() + self.patience
        for leaving in self._projects:
            leaving.wait(until)
        self.lane.close(until)
        self.garbage.close()
        self._accidents.close()
        self._accidents = None


def _import_open_project(control: Control) -> None:
    """And all that its tables name: imported while a project is opened, it would take most of that time."""
    control.checkpoint()
    open_project = import_module("studio.open_project")
    panels = (import_module(f"studio.controllers.{name}.panel") for name in ("gallery", "features"))
    lines = chain(open_project.DOCKS, *(panel.PARTS for panel in panels))
    targets = [target for *_, view, controller in lines for target in (view, controller)]
    for target in (*targets, *open_project.CONTROLLERS):
        control.checkpoint()
        load(target)


def _same_folder(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def main(arguments: Sequence[str], project: Path | None = None) -> NoReturn:
    """Open the window, on `project` or on the start page, until it is closed; then the process ends.

    It exits with 1 where something that was done could not be saved, after a line for each.
    """
    application = QApplication([sys.argv[0], *arguments])
    application.setApplicationName("Repurpose Studio")
    application.setDesktopFileName("repurpose-studio")
    studio = Studio(application)
    studio.patience = LAST_STEP
    studio.window.show()
    if project is not None:
        QTimer.singleShot(0, lambda: studio.open(project))
    with _closing_on_signals(studio):
        code = application.exec()
    studio.end()
    for line in studio.unsaved:
        print(f"error: {line}", file=sys.stderr)
    _leave(code or int(bool(studio.unsaved)))


def _leave(code: int) -> NoReturn:
    """End the process at once: all is saved, and seconds would go into the import of torch and into taking it down."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.flush()
    os._exit(code)


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
