"""A project in the window: its panels and controllers, its lanes, its lock; and how all of it goes again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QDialog

from studio.controllers.context import Context, Controller
from studio.controllers.program import PROJECT
from studio.core.project import Project
from studio.core.project.window_lock import WindowLock
from studio.core.registry import load
from studio.core.settings import Settings
from studio.state.board import Board
from studio.state.jobs import Job
from studio.state.lanes import Lanes
from studio.state.project import ProjectState, write_late
from studio.state.session import SessionState
from studio.views.main_window import MainWindow

# name, title, view, controller: a line for each panel, in the order in which they are made.
DOCKS: tuple[tuple[str, str, str, str], ...] = (
    ("video", "Video", "studio.views.video:VideoView", "studio.controllers.video:VideoController"),
    ("media", "Media", "studio.views.media:MediaView", "studio.controllers.media:MediaController"),
    ("labels", "Labels", "studio.views.labels:LabelsView", "studio.controllers.labels:LabelsController"),
    ("history", "History", "studio.views.history:HistoryView", "studio.controllers.history:HistoryController"),
    (
        "gallery",
        "Gallery",
        "studio.views.gallery.view:GalleryView",
        "studio.controllers.gallery.panel:GalleryController",
    ),
    (
        "features",
        "Features",
        "studio.views.features.view:FeaturesView",
        "studio.controllers.features.panel:FeaturesController",
    ),
    ("training", "Training", "studio.views.training:TrainingView", "studio.controllers.training:TrainingController"),
    ("runs", "Runs", "studio.views.judging.view:RunsView", "studio.controllers.judging.panel:RunsController"),
    ("why", "Why", "studio.views.why:WhyView", "studio.controllers.why:WhyController"),
    ("found", "Found", "studio.views.found:FoundView", "studio.controllers.found:FoundController"),
)

# Controllers that have no panel of their own.
CONTROLLERS: tuple[str, ...] = (
    "studio.controllers.networks:NetworksController",
    "studio.controllers.camera:CameraController",
    "studio.controllers.follow:FollowController",
    "studio.controllers.heads:HeadsController",
    "studio.controllers.reuse:ReuseController",
    "studio.controllers.compare:CompareController",
    "studio.controllers.live:LiveController",
    "studio.controllers.teach:TeachController",
    "studio.controllers.data_sets:DataSetsController",
)

STILL_ENDING = 20  # milliseconds between looks whether the threads of a closed project have ended


class OpenProject(QObject):
    """A project in the window. Everything is gone some time after `close`.

    Attributes:
        context: what its controllers share.
        lock: None where it is read-only, and when the last thread that may write has ended.
    """

    def __init__(
        self,
        parent: QObject,
        window: MainWindow,
        board: Board,
        settings: Settings,
        project: Project,
        lock: WindowLock | None,
        why_read_only: str,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(PROJECT)
        self._window, self.lock = window, lock
        self.context = Context(
            window,
            ProjectState(project, why_read_only, self),
            SessionState(self),
            Lanes(self),
            board,
            window.actions_by_id,
            settings,
        )
        self._controllers: list[Controller] = []

    def fill(self) -> None:
        """Make the docks and the controllers."""
        for name, title, view_class, controller_class in DOCKS:
            view = load(view_class)()
            self._window.add_dock(name, title, view)
            self._controllers.append(load(controller_class)(self.context, view))
        for controller_class in CONTROLLERS:
            self._controllers.append(load(controller_class)(self.context))

    def close(self) -> None:
        """Stop all work, take docks and dialogs away; returns before the threads have ended.

        They do what saves something a person did; what of it fails is said by the board, as lost.
        """
        for dialog in self._window.findChildren(QDialog):  # what they ask is about this project
            dialog.close()
        lanes = self.context.lanes
        for lane in lanes.all:
            lane.abandon()
        for controller in reversed(self._controllers):
            controller.close()
        self._controllers.clear()
        self._save_late(self.context.project.folder)
        for lane in lanes.all:
            lane.end()
        self._window.remove_docks()
        self._look = QTimer(self)
        self._look.timeout.connect(self._delete_when_ended)
        self._look.start(STILL_ENDING)

    def _save_late(self, folder: Path) -> None:
        """Close the project; edits that wait for others who write are written by a thread, which can wait."""
        if late := self.context.project.close():
            title = "the last edit" if len(late) == 1 else "the last edits"
            self.context.board.run(self.context.lanes.disk, Job(title, write_late, folder, late, kept=True))

    def wait(self, until: float) -> None:
        """After `close`: wait for the threads; see `Lane.close`."""
        self.context.lanes.close(until)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.MetaCall)  # what the jobs said last is heard
        self._delete_when_ended()

    def _delete_when_ended(self) -> None:
        if not any(lane.running or lane.jobs for lane in self.context.lanes.all):
            self._look.stop()
            if self.lock is not None:
                self.lock.release()
                self.lock = None
            self.setParent(None)
            self.deleteLater()
