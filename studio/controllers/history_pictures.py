"""Pictures of what steps of the history changed, of the rows in view alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.controllers.context import Context
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.crop import Crop
from studio.core.project import Keys, Project
from studio.core.project.step_crops import crops_of_steps
from studio.state.history_list import HistoryList
from studio.state.jobs import Job
from studio.state.thumbnails import Thumbnails
from studio.views.history import HistoryView

MOST = 256  # pictures in memory


class HistoryPictures:
    """What the rows in view are about is read on the disk lane, and their pictures are made there."""

    def __init__(self, context: Context, model: HistoryList, view: HistoryView) -> None:
        self._context, self._model, self._view = context, model, view
        project = context.project
        self._thumbnails = Thumbnails(project.folder, context.lanes.disk, context.board, not project.read_only, MOST)
        self._rows = range(0)
        self._job: Job | None = None
        self._wires = Wires()
        self._wires.connect(view.looked_at, self._look)
        self._wires.connect(self._thumbnails.came, view.refresh_pictures)
        self._wires.connect(context.project.changed, self._on_changed)
        model.set_picture(self._thumbnails.picture)

    def close(self) -> None:
        self._wires.cut()
        self._thumbnails.close()

    def _on_changed(self, keys: Keys) -> None:
        if "media" in keys.tables:  # some may be back
            self._thumbnails.forget_failures()
            self._view.ask_again()

    def _look(self, rows: range) -> None:
        self._rows = rows
        steps, model = self._model.past.steps, self._model
        seen = [row for row in rows if row < len(steps)]
        unknown = [steps[row].group for row in seen if model.crops_of(row) is None]
        if unknown and self._job is None:
            job = Job("crops of the history", _read, self._context.project.folder, unknown)
            job.succeeded.connect(self._take)
            for ended in (job.failed, job.cancelled):
                ended.connect(self._forget)
            self._job = self._context.board.run(self._context.lanes.disk, job, shown=False)
        self._thumbnails.want(crop for row in seen for crop in model.crops_of(row) or ())

    def _take(self, crops: dict[int, tuple[Crop, ...]]) -> None:
        self._job = None
        self._model.set_crops(crops)
        self._look(self._rows)

    def _forget(self) -> None:
        self._job = None


def _read(folder: Path, groups: Sequence[int], control: Control) -> dict[int, tuple[Crop, ...]]:
    control.checkpoint()
    with Project.open(folder) as project:
        return crops_of_steps(project, groups)
