"""Reads the crops and keeps them as they are now, whoever changes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QTimer

from studio.controllers.context import Context
from studio.controllers.edits import LARGE
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.gallery.crops import Crops, read_crops, splits_of
from studio.core.project import Keys, Project
from studio.core.project.region_table import read_regions
from studio.state.gallery import GalleryState
from studio.state.jobs import Job

_PAUSE = 60  # milliseconds at least between two changes of the grid
_SHARE = 4  # of the time: so many times as long as a change took is there at least until the next


class CropsReader:
    """Little at once in the window's thread, much by reading everything again on the disk lane."""

    def __init__(self, context: Context, gallery: GalleryState) -> None:
        self._context, self._gallery = context, gallery
        self._changed: set[int] = set()
        self._reading: Job | None = None
        self._pause = _PAUSE
        self._taken = QElapsedTimer()  # since the last change of the grid
        self._taken.start()
        self._timer = QTimer(singleShot=True)
        self._timer.timeout.connect(self._update)
        self._wires = Wires()
        self._wires.connect(context.project.changed, self._on_changed)
        self._read()

    def close(self) -> None:
        self._timer.stop()
        self._wires.cut()

    def _read(self) -> None:
        job = Job("read regions", _read_all, self._context.project.folder)
        job.succeeded.connect(self._on_read)
        job.failed.connect(self._on_read_failed)
        self._reading = self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _on_read(self, result: tuple[int, Crops]) -> None:
        self._reading = None
        position, crops = result
        self._gallery.set_crops(crops)
        project = self._context.project.project
        if project.position != position:
            self._changed = project.changes_since(position).of("regions")
            self._take_in(with_names=True)

    def _on_read_failed(self) -> None:
        self._reading = None

    def _on_changed(self, keys: Keys) -> None:
        tables = keys.tables
        if self._reading is not None:
            return
        if "regions" in tables and len(keys) > LARGE:
            if not self._take_in_bulk(keys):
                self._read()
            return
        self._changed |= keys.of("regions")
        if tables & {"labels", "media", "splits"}:
            self._timer.stop()
            self._take_in(with_names=True)
        elif self._changed and not self._timer.isActive():
            self._timer.start(max(self._pause - self._taken.elapsed(), 0))  # at once what a single key did

    def _take_in_bulk(self, keys: Keys) -> bool:
        """Do the same to the crops here, where it is known what was done: reading all of them takes longer."""
        crops, project = self._gallery.crops, self._context.project
        table = crops.table.changed(keys.bulk) if crops is not None and keys.bulk else None
        if crops is None or table is None:
            return False
        self._gallery.set_crops(replace(crops, table=table, splits=splits_of(table, project.project.splits())))
        return not keys.tables & {"labels", "media", "splits"}

    def _update(self) -> None:
        self._taken.start()
        self._take_in(with_names=False)
        self._pause = max(_PAUSE, _SHARE * self._taken.restart())

    def _take_in(self, with_names: bool) -> None:
        """What changed; names are of labels and media, and the splits."""
        crops, changed = self._gallery.crops, self._changed
        if self._reading is not None or not (changed or with_names):
            return
        self._changed = set()
        if crops is None or len(changed) > LARGE:
            self._read()
            return
        project = self._context.project
        try:
            table = crops.table.updated(changed, read_regions(project.project, changed)) if changed else crops.table
            splits = splits_of(table, project.project.splits())
        except StudioError as error:
            self._context.board.problem(error, "the gallery")
            return
        names = {"labels": dict(project.labels), "media": dict(project.media), "former": dict(project.former_names)}
        named = replace(crops, **names) if with_names else crops
        self._gallery.set_crops(replace(named, table=table, splits=splits))


def _read_all(folder: Path, control: Control) -> tuple[int, Crops]:
    """The history's length and the crops at least as new."""
    with Project.open(folder) as project:
        position = project.position
        return position, read_crops(project)
