"""What every controller gets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from PySide6.QtWidgets import QWidget

from studio.controllers.networks import LaneNetworks
from studio.core.settings import Settings
from studio.state.board import Board
from studio.state.lanes import Lanes
from studio.state.project import ProjectState
from studio.state.session import SessionState
from studio.views.actions import Actions


@dataclass(frozen=True)
class Context:
    """The parts of an open project that controllers share; made and closed by `studio.app`.

    Attributes:
        window: parent for dialogs.
        project: what is saved.
        session: what is shown.
        lanes: where work runs.
        board: jobs and messages.
        actions: by id.
        settings: of this machine; read once when the project was opened.
    """

    window: QWidget
    project: ProjectState
    session: SessionState
    lanes: Lanes
    board: Board
    actions: Actions
    settings: Settings

    def __post_init__(self) -> None:
        self.project.delayed.connect(lambda text: self.board.say(f"{text}: waits until others have written"))
        self.project.refused.connect(self.board.problem)

    @cached_property
    def networks(self) -> LaneNetworks:
        """What the lanes compute with; loaded on them, when first asked for."""
        return LaneNetworks(self.settings)


class Controller(Protocol):
    """Lives as long as the project is open."""

    def close(self) -> None:
        """Stop timers, let go of media; jobs were cancelled before."""
        ...
