"""The gallery dock: all regions as crops, made when they are looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer

from studio.controllers.context import Context
from studio.controllers.edits import LARGE, apply_edit, plan_and_apply, refuse_read_only
from studio.controllers.gallery_edits import Relabelling, Removal
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.project import BACKGROUND, Key, Project
from studio.core.project.edits import Planned
from studio.core.project.region_table import RegionTable, read_regions
from studio.state.crop_list import CropList
from studio.state.jobs import Job
from studio.state.thumbnails import Thumbnails
from studio.views.gallery import GalleryView

_FEW = 300  # crops that are looked up and changed within a blink
_PAUSE = 60  # milliseconds at least between two changes of the grid, and one more for each 200 regions


class GalleryController:
    """The selection is the session's, both ways; digits relabel it and X removes it."""

    def __init__(self, context: Context, view: GalleryView) -> None:
        self._context, self._view = context, view
        project = context.project
        self._model = CropList()
        self._thumbnails = Thumbnails(project.folder, context.lanes.disk, context.board, not project.read_only)
        self._label: int | None = None
        self._follows = False
        self._own: frozenset[int] = frozenset()  # the selection that the grid shows already
        self._changed: set[int] = set()
        self._reading: Job | None = None
        self._timer = QTimer(singleShot=True)
        self._timer.timeout.connect(self._update)
        self._wires = Wires()
        view.set_model(self._model, self._thumbnails.picture)
        context.actions.act_in(view.grid)
        self._keys = {f"label.key_{digit}": str(digit) for digit in range(10)}
        view.grid.take_keys([context.actions[name] for name in (*self._keys, "edit.delete")])
        self._connect()
        self._show_names()
        self._read()

    def close(self) -> None:
        self._timer.stop()
        self._wires.cut()
        self._thumbnails.close()

    def _connect(self) -> None:
        context, view, wires = self._context, self._view, self._wires
        wires.connect(view.filter_wanted, self._filter)
        wires.connect(view.order_wanted, self._model.set_order)
        wires.connect(view.follow_wanted, self._follow)
        wires.connect(view.selected, self._select)
        wires.connect(view.opened, self._open)
        wires.connect(view.wanted, self._thumbnails.want)
        wires.connect(view.grid.key_pressed, self._on_key)
        wires.connect(self._thumbnails.came, view.refresh_pictures)
        wires.connect(self._model.modelReset, self._show_selection)
        wires.connect(context.project.changed, self._on_changed)
        wires.connect(context.session.selection_changed, self._on_selection)
        wires.connect(context.session.label_changed, self._on_label)

    # Regions ---------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Read all regions on the disk lane."""
        job = Job("read regions", _read_all, self._context.project.folder)
        job.succeeded.connect(self._on_read)
        job.failed.connect(self._on_read_failed)
        self._reading = self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _on_read(self, result: tuple[int, RegionTable]) -> None:
        self._reading = None
        position, table = result
        self._model.set_table(table)
        project = self._context.project.project
        if project.position != position:
            self._changed = {key.id for key in project.changes_since(position) if key.table == "regions"}
            self._update()

    def _on_read_failed(self) -> None:
        self._reading = None

    def _on_changed(self, keys: set[Key]) -> None:
        tables = {key.table for key in keys}
        if tables & {"labels", "media"}:
            self._show_names()
        if "media" in tables:
            self._thumbnails.forget_failures()
            self._view.ask_again()
        if "regions" not in tables or self._reading is not None:
            return
        if len(keys) > LARGE:
            self._read()
        else:
            self._changed |= {key.id for key in keys if key.table == "regions"}
            if not self._timer.isActive():
                table = self._model.table
                self._timer.start(_PAUSE + (0 if table is None else len(table) // 200))

    def _update(self) -> None:
        """Take in what changed: little at once, much by reading everything again behind the window."""
        table, changed = self._model.table, self._changed
        if self._reading is not None or not changed:
            return
        self._changed = set()
        if table is None or len(changed) > LARGE:
            self._read()
            return
        try:
            now = read_regions(self._context.project.project, changed)
        except StudioError as error:
            self._context.board.problem(error, "the gallery")
            return
        self._model.set_table(table.updated(changed, now))

    def _show_names(self) -> None:
        project = self._context.project
        rows = sorted(project.labels.values(), key=lambda row: (row.name == BACKGROUND, row.id))
        self._model.set_names(project.labels, project.media)
        if self._label not in project.labels:
            self._filter(None)
        self._view.set_labels(rows, self._label)

    # Filter and selection --------------------------------------------------------------------------------------------

    def _filter(self, label: int | None) -> None:
        self._label = label
        self._model.set_filter(label)

    def _follow(self, on: bool) -> None:
        self._follows = on
        self._on_label(self._context.session.label)

    def _on_label(self, label: int | None) -> None:
        if self._follows and label is not None:
            self._filter(label)
            self._show_names()

    def _select(self, regions: frozenset[int]) -> None:
        session = self._context.session
        if regions:
            session.picked = None
        self._own = regions
        session.selection = regions

    def _on_selection(self, regions: frozenset[int]) -> None:
        if regions != self._own:
            self._own = regions
            self._view.set_selection(regions, reveal=True)

    def _show_selection(self) -> None:
        self._view.set_selection(self._context.session.selection, reveal=False)

    def _open(self, region: int) -> None:
        rows = self._model.rows_of([region])
        if len(rows):
            crop = self._model.shown(int(rows[0])).crop
            self._context.session.playing = False
            self._context.session.go(crop.medium, crop.frame)

    # Changes ---------------------------------------------------------------------------------------------------------

    def _on_key(self, name: str) -> None:
        regions = self._context.session.selection
        if name == "edit.delete":
            if regions:
                self._change("remove crops", regions, Removal(regions))
                self._context.session.selection = frozenset()
            return
        key = self._keys[name]
        label = next((row for row in self._context.project.labels.values() if row.key == key), None)
        if label is None:
            self._context.board.say(f"No label has the key {key}")
        elif regions:
            self._change(f"relabel crops to {label.name}", regions, Relabelling(regions, label))
        else:
            self._context.session.label = label.id

    def _change(self, title: str, regions: frozenset[int], plan: Callable[[Project, object], Planned]) -> None:
        """One step of the history; behind the window where there is much to look up."""
        if refuse_read_only(self._context, title):
            return
        if len(regions) > _FEW:
            plan_and_apply(self._context, title, plan, None)
            return
        try:
            planned = plan(self._context.project.project, None)
        except StudioError as error:
            self._context.board.problem(error, title)
            return
        apply_edit(self._context, planned.edit)


def _read_all(folder: Path, control: Control) -> tuple[int, RegionTable]:
    """The history's length and the regions at least as new."""
    with Project.open(folder) as project:
        position = project.position
        return position, read_regions(project)
