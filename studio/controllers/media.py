"""The media dock: adding, opening, removing and finding media again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from studio.controllers.context import Context
from studio.controllers.edits import Asking, apply_edit, refuse_read_only
from studio.controllers.media_lengths import MediaLengths
from studio.controllers.media_missing import MissingMedia
from studio.controllers.media_work import Added, add_sources
from studio.controllers.wires import Wires
from studio.core.project import Keys, MediumRow, Project
from studio.core.project.edits import Planned, counted
from studio.core.project.media import grown, remove_medium
from studio.state.jobs import Job
from studio.state.media_list import MediaList
from studio.state.session import ShownMedium
from studio.views.media import MediaView
from studio.views.plan_dialog import PlanDialog

ADDING = "adding media"
WAYS = ("media.open", "media.open_folder", "camera.open")
FILTER = (
    "Videos and pictures (*.mp4 *.mov *.avi *.mkv *.webm *.m4v *.mpg *.mpeg *.ts *.wmv *.flv *.gif"
    " *.png *.jpg *.jpeg *.tif *.tiff *.bmp *.webp *.ppm *.pgm);;All files (*)"
)


class MediaController:
    """Media are opened at the frame that was shown last.

    Attributes:
        missing: knows which are, and looks for them.
    """

    def __init__(self, context: Context, view: MediaView) -> None:
        self._context, self._view = context, view
        self._model = MediaList()
        self._lengths = MediaLengths(context, self._model)
        self.missing = MissingMedia(context, self._model, self._lengths.look)
        self._last_frames: dict[int, int] = {}
        self._wanted = 0  # the medium that somebody wanted last; it may still be being opened
        self._wires = Wires()
        view.set_model(self._model)
        view.set_actions([context.actions[name] for name in WAYS])
        self._connect()
        self._show_rows()
        self.missing.check()
        self._first = QTimer(singleShot=True)
        self._first.timeout.connect(self._show_first)
        self._first.start(0)  # after all controllers are there, unless somebody wants another one by then

    def close(self) -> None:
        self._first.stop()
        self._wires.cut()

    def add(self, sources: Sequence[Path]) -> None:
        """Add files and folders to the project and show the first of them."""
        if not sources or refuse_read_only(self._context, ADDING):
            return
        title = f"add {sources[0].name}" if len(sources) == 1 else f"add {len(sources)} media"
        job = Job(title, add_sources, self._context.project.folder, tuple(sources))
        job.succeeded.connect(self._on_added)
        self._context.board.run(self._context.lanes.disk, job)

    def _connect(self) -> None:
        context, view, wires = self._context, self._view, self._wires
        wires.connect(view.opened, self._open)
        wires.connect(view.remove_wanted, self._ask_to_remove)
        wires.connect(view.folder_wanted, self._show_folder)
        wires.connect(view.relink_wanted, self.missing.choose_where_to_look)
        view.dropped.connect(context.session.files_dropped)
        wires.connect(context.session.media_offered, self.add)
        wires.connect(context.project.changed, self._on_project_changed)
        wires.connect(context.session.medium_wanted, self._on_wanted)
        wires.connect(context.session.medium_changed, self._on_medium)
        wires.connect(context.session.medium_changed, self._grow)
        wires.connect(context.session.frame_changed, self._on_frame)
        wires.connect(context.actions["media.open"].triggered, self._choose_files)
        wires.connect(context.actions["media.open_folder"].triggered, self._choose_folder)
        wires.connect(context.actions["media.remove"].triggered, self._remove_current)
        wires.connect(context.actions["media.relink"].triggered, self.missing.choose_where_to_look)

    # What is shown ---------------------------------------------------------------------------------------------------

    def _show_rows(self) -> None:
        self._model.set_rows(sorted(self._context.project.media.values(), key=lambda row: row.id))
        self._on_medium()

    def _on_project_changed(self, keys: Keys) -> None:
        if "media" in keys.tables:
            self._show_rows()
            self.missing.check()
            current = self._context.session.medium
            # Removed, or its adding was undone. A live camera may be without a row; what is kept next brings it.
            if (
                current is not None
                and not current.live
                and current.id
                and current.id not in self._context.project.media
            ):
                self._leave(current.id)
            self._show_first()

    def _on_medium(self) -> None:
        medium = self._context.session.medium
        self._view.set_current(medium.id if medium else None)

    def _grow(self, medium: ShownMedium | None) -> None:
        """Write how long a recording really is, unless its row is short as an edit was undone, which may be redone."""
        project = self._context.project
        row = project.media.get(medium.id) if medium is not None and not medium.live else None
        edit = grown(row, medium.frame_count) if medium is not None and row is not None else None
        if edit is not None and not project.read_only and project.project.next_redo() is None:
            apply_edit(self._context, edit)

    def _on_frame(self, frame: int) -> None:
        if self._context.session.medium is not None:
            self._last_frames[self._context.session.medium.id] = frame

    def _on_wanted(self, medium: int, frame: int) -> None:
        self._first.stop()
        self._wanted = medium
        self._last_frames[medium] = frame

    def _show_first(self) -> None:
        """Where nothing is shown: what was wanted last, or else the first that can be."""
        rows = self._model.rows
        if self._context.session.medium is None and rows:
            there = [row.id for row in rows if row.id not in self._model.problems] or [rows[0].id]
            self._open(self._wanted if self._wanted in there else there[0])

    def _open(self, medium: int) -> None:
        current = self._context.session.medium
        if current is None or current.id != medium:
            self._context.session.go(medium, self._last_frames.get(medium, 0))

    # Adding ----------------------------------------------------------------------------------------------------------

    def _choose_files(self) -> None:
        if refuse_read_only(self._context, ADDING):
            return
        dialog = self._dialog("media.files", "Open videos or pictures", QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters(FILTER.split(";;"))
        dialog.filesSelected.connect(lambda names: self.add([Path(name) for name in names]))
        dialog.open()

    def _choose_folder(self) -> None:
        if refuse_read_only(self._context, ADDING):
            return
        dialog = self._dialog("media.folder", "Open a folder of pictures", QFileDialog.FileMode.Directory)
        dialog.filesSelected.connect(lambda names: self.add([Path(name) for name in names]))
        dialog.open()

    def _dialog(self, name: str, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        dialog = QFileDialog(self._context.window, title)
        dialog.setObjectName(name)
        dialog.setFileMode(mode)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _on_added(self, added: Added) -> None:
        self._context.project.refresh()
        if added.ids:
            self._open(added.ids[0])
        if added.problems:
            more = f" (and {len(added.problems) - 1} more)" if len(added.problems) > 1 else ""
            self._context.board.say(added.problems[0] + more, "problem", "\n".join(added.problems))
            if not added.ids:
                self._context.session.media_refused.emit(added.problems[0] + more)
        elif len(added.ids) > 1:
            self._context.board.say(f"Added {counted(len(added.ids), 'medium', 'media')}", "good")

    # Removing --------------------------------------------------------------------------------------------------------

    def _remove_current(self) -> None:
        if self._context.session.medium is not None:
            self._ask_to_remove(self._context.session.medium.id)

    def _ask_to_remove(self, medium: int) -> None:
        row = self._context.project.media.get(medium)
        if row is None or refuse_read_only(self._context, "removing a medium"):
            return
        dialog = PlanDialog(self._context.window, "media.remove_dialog", f"Remove {_name(row)}?", "Remove")
        dialog.agreed.connect(lambda: self._leave(medium))
        Asking(self._context, dialog, _Removal(row))
        dialog.open()

    def _leave(self, medium: int) -> None:
        """Show another medium than the one that is going."""
        session = self._context.session
        if session.medium is None or session.medium.id != medium:
            return
        others = [row.id for row in self._model.rows if row.id != medium and row.id not in self._model.problems]
        if others:
            self._open(others[0])
        else:
            session.playing = False
            session.medium = None
            session.shown = None

    def _show_folder(self, medium: int) -> None:
        row = self._context.project.media.get(medium)
        if row is not None:
            place = (self._context.project.folder / row.path).parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(place)))


class _Removal:
    """Plans the removal of a medium, on a worker."""

    def __init__(self, row: MediumRow) -> None:
        self._row = row

    def __call__(self, project: Project, choice: object) -> Planned:
        return remove_medium(project, self._row)


def _name(row: MediumRow) -> str:
    return row.path.rsplit("/", 1)[-1]
