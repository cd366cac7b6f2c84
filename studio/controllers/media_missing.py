"""Which of the project's media are missing, and a search for them in a folder that the user names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.media_work import find_missing, missing_media
from studio.core.project.edits import counted
from studio.core.project.relinking import Relinked
from studio.state.jobs import Job
from studio.state.media_list import MediaList
from studio.views.dialogs import choose_path


class MissingMedia(QObject):
    """Keeps the problems in `model` up; `looked` is called when they are."""

    def __init__(self, context: Context, model: MediaList, looked: Callable[[], None]) -> None:
        super().__init__()
        self._context, self._model, self._looked = context, model, looked
        self._checks = 0

    def check(self) -> None:
        """Look on the disk lane which media are missing."""
        self._checks += 1
        job = Job("look for media", missing_media, self._context.project.folder, self._checks)
        job.succeeded.connect(self._on_checked)
        self._context.board.run(self._context.lanes.disk, job, shown=False)

    def choose_where_to_look(self, _: bool = False) -> None:
        """Ask for a folder, and look in it for all media that are missing."""
        if not refuse_read_only(self._context, "finding media"):
            title = "Look for missing media in this folder"
            choose_path(self._context.window, "media.look", title, Path.home(), self._look, "folder")

    def _on_checked(self, result: tuple[int, dict[int, str]]) -> None:
        if result[0] == self._checks:
            self._model.set_problems(result[1])
            self._looked()

    def _look(self, folder: Path) -> None:
        job = Job("find missing media", find_missing, self._context.project.folder, folder)
        job.succeeded.connect(self._on_found)
        self._context.board.run(self._context.lanes.disk, job)

    def _on_found(self, result: Relinked) -> None:
        self._context.project.refresh()
        self.check()
        self._context.board.say(
            _report(result),
            "good" if not result.missing else "note",
            "\n".join([why for _, why in result.changed] + [f"still missing: {row.path}" for row in result.missing]),
        )


def _report(result: Relinked) -> str:
    if not result.found and not result.missing:
        return "No medium is missing"
    text = f"Found {counted(len(result.found), 'medium', 'media')}" if result.found else "Found none of them there"
    if result.missing:
        text += f"; {len(result.missing):,} still missing"
    return text if result.complete else f"{text}; the folder has too many files to look at all of them"
