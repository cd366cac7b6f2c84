"""Where the user is in a project: gone to when it is opened again, and known after a crash too."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from studio.controllers.program import Program
from studio.core.control import Control
from studio.core.recent import last_place, remember_place
from studio.state.jobs import Job
from studio.views.actions import Actions

KEEP_AFTER = 3000  # milliseconds from a move to its being remembered, which a kill may cost


class PlaceKeeper(QObject):
    """Remembers the medium and the frame, with the user's data and never in the project; a camera's frames are gone
    when it is closed."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.window)
        self._program = program
        self._soon = QTimer(self, singleShot=True, interval=KEEP_AFTER)
        self._soon.timeout.connect(self._keep)
        program.opened.connect(self._opened)
        program.closing.connect(self._closing)

    def connect_actions(self, actions: Actions) -> None:
        """It has none."""

    def close(self) -> None:
        self._soon.stop()

    def _opened(self) -> None:
        context = self._program.context
        assert context is not None
        context.session.medium_changed.connect(self._moved)
        context.session.frame_changed.connect(self._moved)
        place = last_place(context.project.folder)
        if place is not None and place[0] in context.project.media:
            context.session.go(*place)

    def _moved(self) -> None:
        if not self._soon.isActive():  # not anew each time: who plays a video moves all the time
            self._soon.start()

    def _keep(self) -> None:
        context, place = self._program.context, self._place()
        if context is not None and place is not None:
            context.board.run(context.lanes.disk, Job("remembering the place", remember, *place), shown=False)

    def _closing(self) -> None:
        self._soon.stop()
        if (place := self._place()) is not None:
            remember_place(*place)

    def _place(self) -> tuple[Path, int, int] | None:
        """The project's folder, the medium and the frame."""
        context = self._program.context
        if context is None or context.session.medium is None or context.session.camera is not None:
            return None
        return context.project.folder, context.session.medium.id, context.session.frame


def remember(folder: Path, medium: int, frame: int, control: Control) -> None:
    control.checkpoint()
    remember_place(folder, medium, frame)
