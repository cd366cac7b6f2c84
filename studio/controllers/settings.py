"""The settings dialog and the keys dialog: validated by the model, written, followed at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from studio.controllers.edits import refuse_read_only
from studio.controllers.program import Program
from studio.core.cleaning import cache_size, clean
from studio.core.errors import StudioError
from studio.core.files import size_text
from studio.core.paths import chosen_home, default_cache
from studio.core.plugins import trackers
from studio.core.settings import checked
from studio.state.jobs import Job
from studio.views.actions import Actions

if TYPE_CHECKING:
    from studio.views.settings_dialog import SettingsDialog


class SettingsController(QObject):
    """Dialogs are imported when first opened."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.window)
        self._program = program
        self._dialog: SettingsDialog | None = None

    def connect_actions(self, actions: Actions) -> None:
        actions["app.settings"].triggered.connect(self._open)
        actions["help.change_keys"].triggered.connect(self._open_keys)

    def close(self) -> None:
        """It holds nothing."""

    def _open(self) -> None:
        from studio.views.settings_dialog import CachePlace, SettingsDialog

        context = self._program.context
        place = CachePlace(default_cache(), chosen_home(), context.project.folder / "cache" if context else None)
        offered = [(entry.name, entry.title) for entry in trackers]
        dialog = SettingsDialog(self._program.window, self._program.settings, offered, place)
        dialog.wanted.connect(self._take)
        dialog.clean_wanted.connect(self._clean)
        dialog.keys_wanted.connect(self._open_keys)
        dialog.finished.connect(self._forget)
        self._dialog = dialog
        dialog.open()
        self._count()

    def _forget(self) -> None:
        self._dialog = None

    def _take(self, chosen: dict[str, Any]) -> None:
        if self._change(chosen) and self._dialog is not None:
            self._dialog.accept()

    def _change(self, chosen: dict[str, Any]) -> bool:
        """Follow settings that are valid; else say what is wrong, in the dialog where it is open."""
        try:
            self._program.change_settings(checked(self._program.settings, chosen))
        except StudioError as error:
            if self._dialog is None:
                self._program.board.problem(error)
            else:
                self._dialog.set_problem(str(error))
            return False
        return True

    # The cache -------------------------------------------------------------------------------------------------------

    def _count(self) -> None:
        if (context := self._program.context) is not None:
            job = Job("counting the cache", cache_size, context.project.folder)
            job.succeeded.connect(self._counted)
            self._program.board.run(context.lanes.disk, job, shown=False)

    def _counted(self, size: int) -> None:
        context = self._program.context
        if self._dialog is None or context is None:
            return
        if context.project.read_only:
            self._dialog.set_size(f"{size_text(size)}; this window only reads the project", False)
        else:
            self._dialog.set_size(f"{size_text(size)}; all of it can be made again", size > 0)

    def _clean(self) -> None:
        context = self._program.context
        if context is None or self._dialog is None:
            return
        if not refuse_read_only(context, "cleaning up"):  # the window that writes uses the cache
            self._dialog.set_size("cleaning up …", False)
            job = Job("cleaning the cache up", clean, context.project.folder)
            job.succeeded.connect(self._cleaned)
            self._program.board.run(context.lanes.disk, job)

    def _cleaned(self, freed: int) -> None:
        self._program.board.say(f"{size_text(freed)} freed", "good")
        self._count()

    # Keys ------------------------------------------------------------------------------------------------------------

    def _open_keys(self) -> None:
        from studio.views.keys_dialog import KeysDialog

        dialog = KeysDialog(self._dialog or self._program.window, self._program.settings.keys)
        dialog.bound.connect(self._bind)
        dialog.open()

    def _bind(self, keys: dict[str, tuple[str, ...]]) -> None:
        self._change({"keys": keys})
