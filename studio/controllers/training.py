"""The training dock: shows what the session says of the head, and counts what there is to learn from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from studio.controllers.context import Context
from studio.controllers.head_files import HeadFiles
from studio.controllers.training_runs import TrainingRuns
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.project import BACKGROUND, Keys, Project
from studio.core.project.counts import label_counts
from studio.core.project.heads import head_names
from studio.state.jobs import Job
from studio.state.session import ActiveHead
from studio.views.training import TrainingView

COUNT_AFTER = 150  # milliseconds: following changes regions all the time
BUNDLED = "resnet18-64px · bundled"


def count(folder: Path, control: Control) -> dict[str, int]:
    """Regions by label name, counted on a worker: there may be 100,000."""
    control.checkpoint()
    with Project.open(folder) as project:
        return label_counts(project)


class TrainingController(QObject):
    """Binds the dock to the session, both ways."""

    def __init__(self, context: Context, view: TrainingView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self._files = HeadFiles(context, self._list_heads)
        self._runs = TrainingRuns(context, view)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COUNT_AFTER)
        self._timer.timeout.connect(self._count)
        session, actions = context.session, context.actions
        view.set_actions(
            actions["label.draw_box"], actions["head.fit"], actions["head.update_once"],
            [actions["head.name"], actions["head.export"], actions["head.import"]],
            [actions["head.rename"], actions["head.delete"]],
        )  # fmt: skip
        view.form.set_preview(actions["gallery.batch"])
        view.set_backbone(BUNDLED)
        view.set_kernel(session.kernel)
        view.set_learning(session.learning)
        view.kernel_chosen.connect(lambda kernel: setattr(session, "kernel", kernel))
        view.learning_chosen.connect(lambda learning: setattr(session, "learning", learning))
        view.head_chosen.connect(lambda name: setattr(session, "head_name", name))
        view.examples_wanted.connect(self._select_examples)
        session.kernel_changed.connect(view.set_kernel)
        session.learning_changed.connect(view.set_learning)
        session.head_name_changed.connect(self._list_heads)
        session.heads_came.connect(self._list_heads)
        session.head_changed.connect(self._show_head)
        session.taught_changed.connect(view.set_taught)
        session.fitting_changed.connect(view.set_fitting)
        context.project.changed.connect(self._on_project)
        self._wires = Wires()  # a head may be renamed or deleted by a command, in another window
        if isinstance(program := QGuiApplication.instance(), QGuiApplication):
            self._wires.connect(program.applicationStateChanged, self._on_back)
        self._list_heads()
        self._show_head(session.head)
        self._count()

    def close(self) -> None:
        self._timer.stop()
        self._wires.cut()
        self._files.close()
        self._runs.close()

    def _on_project(self, keys: Keys) -> None:
        if keys.tables & {"regions", "labels"} and not self._timer.isActive():
            self._timer.start()

    def _count(self) -> None:
        job = Job("counting examples", count, self._context.project.folder)
        job.succeeded.connect(self._show_counts)
        self._context.lanes.disk.replace(job)

    def _show_counts(self, numbers: dict[str, int]) -> None:
        rows = sorted(self._context.project.labels.values(), key=lambda row: (row.name == BACKGROUND, row.name))
        self._view.set_counts([(row.name, row.color, numbers.get(row.name, 0)) for row in rows])

    def _select_examples(self) -> None:
        session = self._context.session
        if session.taught is not None:
            session.selection = frozenset(session.taught.added)

    def _list_heads(self, *_: object) -> None:
        self._names = head_names(self._context.project.project)
        self._view.set_heads(self._names, self._context.session.head_name)

    def _on_back(self, state: Qt.ApplicationState) -> None:
        """Who comes back from a terminal may have changed the heads there."""
        if state == Qt.ApplicationState.ApplicationActive and head_names(self._context.project.project) != self._names:
            self._context.session.heads_came.emit()
            self._context.session.runs_came.emit()

    def _show_head(self, head: ActiveHead | None) -> None:
        self._view.set_head(head)
        if head is not None:
            name = str(head.head.card.backbone)
            self._view.set_backbone(BUNDLED if BUNDLED.startswith(f"{name} ") else name)
