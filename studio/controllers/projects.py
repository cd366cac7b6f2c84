"""Projects: new, open, recent, dropped; and a medium that is opened without one makes one."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDialog

from studio.controllers.program import Program
from studio.core.errors import StudioError
from studio.core.places import new_project_folder, projects_folder
from studio.core.project import Project
from studio.core.project.database import NAME
from studio.core.project.unused import remove_unused
from studio.core.recent import forget_project, recent_projects, remember_project
from studio.views.actions import Actions
from studio.views.dialogs import choose_path
from studio.views.start import Recent

COPY = ".studio"  # the suffix of a project in one file


class Projects(QObject):
    """Answers the start page and the File menu; media for an open project are the media controller's."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.window)
        self._program, self._window, self._board = program, program.window, program.board
        self._start = program.window.start
        self._waiting: list[Path] = []  # media for the project that is about to open
        self._start.project_wanted.connect(self.open)
        self._start.forget_wanted.connect(self._forget)
        self._window.dropped.connect(self.take)
        program.opened.connect(self._opened)
        program.closed.connect(self._list_recent)
        self._list_recent()

    def connect_actions(self, actions: Actions) -> None:
        actions["project.new"].triggered.connect(self._ask_new)
        actions["project.open"].triggered.connect(self._ask_open)
        actions["project.close"].triggered.connect(self._program.close_project)
        actions["media.open"].triggered.connect(self._ask_media)
        actions["media.open_folder"].triggered.connect(self._ask_pictures)
        actions["camera.open"].triggered.connect(self._open_camera)
        actions["app.quit"].triggered.connect(self._window.close)

    def close(self) -> None:
        """It holds nothing."""

    def open(self, folder: Path) -> None:
        """Open the project in `folder`, or a copy in one file."""
        if folder.is_file() and folder.name == NAME:
            folder = folder.parent
        if folder.is_file():
            self._program.copy_wanted.emit(folder)
        else:
            self._program.open(folder)

    def take(self, paths: list[Path]) -> None:
        """What was dropped: a project is opened; all else are media of the open project, or of a new one."""
        project = next((path for path in paths if path.suffix == COPY or NAME in (path.name, *_inside(path))), None)
        if project is not None:
            self.open(project)
        elif self._program.context is not None:
            self._program.context.session.media_offered.emit(paths)
        elif paths:
            self._make_around(paths)

    def _make_around(self, paths: list[Path]) -> None:
        """A new project, called like the first of some media, that takes them in."""
        missing = [path for path in paths if not path.exists()]
        if missing:
            self._start.set_problem(f"there is no {missing[0]}")
            return
        self._waiting = paths
        self._make(new_project_folder(paths[0].stem, projects_folder()))
        self._waiting = []

    def _make(self, folder: Path) -> bool:
        """A new project in `folder`; returns whether it is open."""
        try:
            Project.create(folder).close()
        except (StudioError, OSError) as error:
            self._board.problem(error)
            self._start.set_problem(self._window.status.message.shown.text)
            return False
        return self._program.open(folder)

    def _opened(self) -> None:
        context = self._program.context
        assert context is not None
        context.session.files_dropped.connect(self.take)
        remember_project(context.project.folder, context.project.project.name)
        if self._waiting:
            self._board.say(f"a new project, and all that is done in it is kept in {context.project.folder}")
            context.session.media_refused.connect(partial(self._on_refused, context.project.folder))
            context.session.media_offered.emit(self._waiting)

    def _on_refused(self, folder: Path, why: str) -> None:
        """A project that was made around files of which none is a medium goes again; once the job has ended."""
        QTimer.singleShot(0, partial(self._drop_unused, folder, why))

    def _list_recent(self) -> None:
        self._start.set_recent(
            [Recent(each.folder, each.name, _when(each.opened), each.missing) for each in recent_projects()]
        )

    def _forget(self, folder: Path) -> None:
        forget_project(folder)
        self._list_recent()

    # Dialogs that ask for a place ------------------------------------------------------------------------------------

    def _ask_new(self) -> None:
        start = new_project_folder("Project", _present(projects_folder()))
        choose_path(self._window, "dialog.project_new", "New project: name its folder", start, self._make, "new")

    def _ask_open(self) -> None:
        start = _present(projects_folder())
        choose_path(self._window, "dialog.project_open", "Open a project's folder", start, self.open, "folder")

    def _ask_media(self) -> None:
        self._ask_for_media("dialog.media_open", "Open a video or a picture", "file")

    def _ask_pictures(self) -> None:
        self._ask_for_media("dialog.media_open_folder", "Open a folder of pictures", "folder")

    def _ask_for_media(self, name: str, title: str, kind: str) -> None:
        if self._program.context is None:
            choose_path(self._window, name, title, Path.home(), lambda path: self.take([path]), kind)

    def _open_camera(self) -> None:
        if self._program.context is None:
            name = f"Camera {datetime.now().astimezone():%Y-%m-%d}"
            folder = new_project_folder(name, projects_folder())
            if self._make(folder):  # its camera controller answers now
                QTimer.singleShot(0, partial(self._ask_camera, folder))

    def _ask_camera(self, folder: Path) -> None:
        """Let the project in `folder`, which was made for a camera, ask for it; without one it goes again."""
        self._window.actions_by_id["camera.open"].trigger()
        if dialog := self._window.findChild(QDialog, "camera.dialog"):
            dialog.rejected.connect(lambda: QTimer.singleShot(0, partial(self._drop_unused, folder)))

    def _drop_unused(self, folder: Path, why: str = "") -> None:
        context = self._program.context
        if context is None or context.project.folder != folder or context.session.camera is not None:
            return
        if context.project.project.position == 0:
            self._program.close_project()
            self._forget(folder)
            remove_unused(folder)
            self._start.set_problem(why)


def _inside(path: Path) -> tuple[str, ...]:
    return (NAME,) if (path / NAME).is_file() else ()


def _present(folder: Path) -> Path:
    """The folder that is there, at or above `folder`."""
    return next((each for each in (folder, *folder.parents) if each.is_dir()), Path.home())


def _when(moment: str) -> str:
    """An ISO 8601 time as people say it: the hour of today, else the date."""
    try:
        then = datetime.fromisoformat(moment).astimezone()
    except ValueError:
        return ""
    today = datetime.now().astimezone().date() == then.date()
    return f"{then:%H:%M}" if today else f"{then:%Y-%m-%d}"
