"""What the controllers of the program see of it: those that live as long as the window, with or without a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import SignalInstance

from studio.core.settings import Settings
from studio.state.board import Board
from studio.state.garbage import Garbage
from studio.state.jobs import Lane
from studio.views.actions import Actions
from studio.views.main_window import MainWindow

if TYPE_CHECKING:
    from studio.controllers.context import Context  # with all that a project needs; the window starts without

PROJECT = "project"  # what an open project's object is called


class Program(Protocol):
    """Made by `studio.app`.

    Attributes:
        window: the only one.
        board: jobs and messages.
        garbage: collects it.
        lane: for work that needs no project, and lives on when one is closed.
    """

    window: MainWindow
    board: Board
    garbage: Garbage
    lane: Lane
    opened: SignalInstance  # with the `Context` of the project, when its docks are there
    closing: SignalInstance  # while its docks are still there
    closed: SignalInstance
    settings_changed: SignalInstance
    copy_wanted: SignalInstance  # with the file of a project that was saved as one

    @property
    def settings(self) -> Settings: ...

    @property
    def context(self) -> Context | None:
        """Of the open project."""
        ...

    def open(self, folder: Path) -> bool:
        """Open a project instead of the one there is; where that fails it is said, and nothing changes."""
        ...

    def close_project(self) -> None:
        """Show the start page."""
        ...

    def change_settings(self, settings: Settings) -> None:
        """Write them, and let the program follow.

        Raises:
            InputError: they cannot be written.
        """
        ...


class ProgramController(Protocol):
    def connect_actions(self, actions: Actions) -> None:
        """Answer to `actions`; again for each project, as a project's connections end with its actions."""
        ...

    def close(self) -> None:
        """Let go of what is outside the window."""
        ...
