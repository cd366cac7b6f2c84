"""How long the project's media are: found out on the disk lane, some at a time, and shown in their list."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.project import MediumRow, Project
from studio.core.project.media import locate
from studio.state.jobs import Job
from studio.state.media_list import MediaList

AT_ONCE = 16  # then what waits on the disk lane has its turn

Key = tuple[str, str, int]  # a recording that grew is measured again


def measure(folder: Path, rows: tuple[MediumRow, ...], control: Control) -> dict[Key, float | None]:
    """Seconds of each medium; None where it has no length, or cannot be read, which is said elsewhere."""
    from studio.core.media.duration import seconds_of  # brings the decoders along

    found: dict[Key, float | None] = {}
    with Project.open(folder) as project:
        for row in rows:
            control.checkpoint()
            try:
                found[_key(row)] = seconds_of(locate(project, row), row.kind, project.cache)
            except (StudioError, OSError):
                found[_key(row)] = None
    return found


class MediaLengths(QObject):
    """Keeps the lengths in `model` up with its rows."""

    def __init__(self, context: Context, model: MediaList) -> None:
        super().__init__()
        self._context, self._model = context, model
        self._known: dict[Key, float | None] = {}
        self._job: Job | None = None

    def look(self) -> None:
        """Measure what has not been measured yet."""
        rows = self._model.rows
        self._model.set_seconds({row.id: found for row in rows if (found := self._known.get(_key(row))) is not None})
        wanted = [row for row in rows if _key(row) not in self._known and row.id not in self._model.problems]
        if wanted and self._job is None:
            now = tuple(wanted[:AT_ONCE])
            self._known |= dict.fromkeys(map(_key, now))  # asked once, whatever comes of it
            self._job = Job("look how long media are", measure, self._context.project.folder, now)
            self._job.succeeded.connect(self._take)
            self._job.finished.connect(self._end)
            self._context.board.run(self._context.lanes.disk, self._job, shown=False)

    def _take(self, found: dict[Key, float | None]) -> None:
        self._known |= found

    def _end(self) -> None:
        self._job = None
        self.look()


def _key(row: MediumRow) -> Key:
    return row.path, row.sha256, row.frames
