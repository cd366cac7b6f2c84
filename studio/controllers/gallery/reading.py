"""Reads the crops and keeps them as they are now, whoever changes them."""

from __future__ import annotations

from collections import OrderedDict
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
from studio.core.project.region_table import RegionTable, read_regions
from studio.state.gallery import GalleryState
from studio.state.jobs import Job

_PAUSE = 60  # milliseconds at least between two changes of the grid
_MOMENTS = 3  # tables that are kept for undo and redo, of which most columns are the same
_SHARE = 4  # of the time: so many times as long as a change took is there at least until the next
_NAMES = frozenset({"labels", "media", "splits"})  # tables that the crops name, or are split by


class Moments:
    """All regions as they were at some positions of the history: an undo of much need not be read again."""

    def __init__(self) -> None:
        self._tables: OrderedDict[int, RegionTable] = OrderedDict()

    def keep(self, project: Project, position: int, table: RegionTable) -> None:
        """`table` is what there was at `position`."""
        self._tables[project.same_moment(position)] = table
        while len(self._tables) > _MOMENTS:
            self._tables.popitem(last=False)

    def at(self, project: Project, position: int) -> RegionTable | None:
        """What there was at `position`, where that is a return to a moment that was kept."""
        return self._tables.get(project.same_moment(position))


class CropsReader:
    """Little at once in the window's thread, much by reading everything again on the disk lane.

    What is known of how much changed spares the reading: the same was done to all, or it was so before.
    """

    def __init__(self, context: Context, gallery: GalleryState) -> None:
        self._context, self._gallery = context, gallery
        self._changed: set[int] = set()
        self._position: int | None = None  # of the history: the crops are those of it, exactly; None: not quite
        self._moments = Moments()
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
        project, seen = self._context.project.project, self._context.project.seen
        self._position = position if position == seen else None
        if project.position != position:
            self._changed = set(project.changes_since(position).of("regions"))
            self._take_in(with_names=True)

    def _on_read_failed(self) -> None:
        self._reading = None

    def _on_changed(self, keys: Keys) -> None:
        if self._reading is not None:
            return
        if "regions" in keys.tables and len(keys) > LARGE:
            self._take_in_much(keys)
            return
        self._changed |= keys.of("regions")
        if self._position is not None:
            self._position = None if self._changed else self._context.project.seen
        if keys.tables & _NAMES:
            self._timer.stop()
            self._take_in(with_names=True)
        elif self._changed and not self._timer.isActive():
            self._timer.start(max(self._pause - self._taken.elapsed(), 0))  # at once what a single key did

    def _take_in_much(self, keys: Keys) -> None:
        """Do the same to the crops here, or take those of the moment that was returned to; else read all of them."""
        crops, project, seen = self._gallery.crops, self._context.project.project, self._context.project.seen
        table = None
        if crops is not None and self._position is not None:
            self._moments.keep(project, self._position, crops.table)
        if crops is not None and keys.bulk:
            table = crops.table.changed(keys.bulk)
            self._position = None if self._position is None else seen
        elif crops is not None:
            table = self._moments.at(project, seen)
            self._position = seen
        if crops is None or table is None:
            self._position = None
            self._read()
            return
        self._gallery.set_crops(replace(crops, table=table, splits=splits_of(table, project.splits())))
        if keys.tables & _NAMES:
            self._take_in(with_names=True)

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
        labels, media, former = dict(project.labels), dict(project.media), dict(project.former_names)
        named = replace(crops, labels=labels, media=media, former=former) if with_names else crops
        self._position = project.seen if project.project.position == project.seen else None
        self._gallery.set_crops(replace(named, table=table, splits=splits))


def _read_all(folder: Path, control: Control) -> tuple[int, Crops]:
    """The history's length and the crops of that moment."""
    with Project.open(folder) as project, project.moment():
        return project.position, read_crops(project)
