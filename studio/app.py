"""Puts the window together: the one place that may import all of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from studio.controllers.context import Context, Controller
from studio.core.errors import StudioError
from studio.core.project import Project
from studio.core.settings import Settings, read_settings
from studio.state.board import Board
from studio.state.lanes import Lanes
from studio.state.project import ProjectState
from studio.state.session import SessionState
from studio.views.main_window import MainWindow
from studio.views.theme import apply_theme

# name, title, view, controller: a line for each panel, in the order in which they are made.
DOCKS: tuple[tuple[str, str, str, str], ...] = (
    ("features", "Features", "studio.views.features:FeaturesView", "studio.controllers.features:FeaturesController"),
)

# Controllers that have no panel of their own.
CONTROLLERS: tuple[str, ...] = ()


def _load(target: str) -> Any:  # noqa: ANN401 - a class by its name
    module, name = target.split(":")
    return getattr(import_module(module), name)


class OpenProject(QObject):
    """A project in the window: its docks, controllers, lanes. Everything is gone after `close`."""

    def __init__(self, window: MainWindow, project: Project, read_only: bool, board: Board, settings: Settings) -> None:
        super().__init__(window)
        self.context = Context(
            window,
            ProjectState(project, read_only, self),
            SessionState(self),
            Lanes(self),
            board,
            window.actions_by_id,
            settings,
        )
        self._window = window
        self._controllers: list[Controller] = []
        for name, title, view_class, controller_class in DOCKS:
            view = _load(view_class)()
            window.add_dock(name, title, view)
            self._controllers.append(_load(controller_class)(self.context, view))
        for controller_class in CONTROLLERS:
            self._controllers.append(_load(controller_class)(self.context))

    def close(self) -> None:
        """Stop all work, let go of files, take the docks away."""
        for lane in self.context.lanes.all:
            lane.end()
        for controller in reversed(self._controllers):
            controller.close()
        self._controllers.clear()
        self.context.lanes.close()
        self.context.project.close()
        self._window.remove_docks()
        self.setParent(None)
        self.deleteLater()


class Studio(QObject):
    """The program: one window, and at most one project in it.

    Attributes:
        opened: emitted with the `OpenProject`.
        closed: emitted after a project was closed.
    """

    opened = Signal(object)
    closed = Signal()

    def __init__(self, application: QApplication, settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = read_settings() if settings is None else settings
        apply_theme(application, self.settings.theme)
        self.window = MainWindow(self.settings.keys)
        self.board = Board(self)
        self.open_project: OpenProject | None = None
        self.window.actions_by_id.with_project(False)
        self.window.closing.connect(self.close_project)

    def open(self, folder: Path) -> None:
        """Open the project in `folder`, closing the one there is; a problem is said, and nothing changes."""
        try:
            project = Project.open(folder, write=True)
        except (StudioError, OSError) as error:
            self.board.problem(error, f"opening {folder.name}")
            return
        self.close_project()
        self.open_project = OpenProject(self.window, project, False, self.board, self.settings)
        self.window.setWindowTitle(f"{project.name} — Repurpose Studio")
        self.window.actions_by_id.with_project(True)
        self.opened.emit(self.open_project)

    def close_project(self) -> None:
        if self.open_project is None:
            return
        closing, self.open_project = self.open_project, None
        self.window.actions_by_id.with_project(False)
        closing.close()
        self.window.setWindowTitle("Repurpose Studio")
        self.closed.emit()


def main(arguments: Sequence[str], project: Path | None = None) -> int:
    """Open the window, on `project` or on the start page, and stay until it is closed; returns the exit code."""
    application = QApplication([sys.argv[0], *arguments])
    application.setApplicationName("Repurpose Studio")
    studio = Studio(application)
    studio.window.show()
    if project is not None:
        studio.open(project)
    return application.exec()
