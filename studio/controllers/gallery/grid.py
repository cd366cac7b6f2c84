"""The grid of crops: pictures made when they are looked at, the selection both ways, and edits of what is selected."""

from __future__ import annotations

from collections.abc import Callable

from studio.controllers.context import Context
from studio.controllers.edits import apply_edit, plan_and_apply, refuse_read_only
from studio.controllers.gallery.acts import Relabelling, Removal
from studio.controllers.wires import Wires
from studio.core.errors import StudioError
from studio.core.project import Key, Project
from studio.core.project.edits import Planned
from studio.state.crop_list import CropList
from studio.state.gallery import GalleryState
from studio.state.thumbnails import Thumbnails
from studio.views.gallery.page import GridPage

PAST = "These are the crops of an earlier moment; close the list to change those of now"
_FEW = 300  # crops that are looked up and changed within a blink


class GridController:
    """The selection is the session's, both ways; digits relabel it and X removes it."""

    def __init__(self, context: Context, gallery: GalleryState, view: GridPage) -> None:
        self._context, self._gallery, self._view = context, gallery, view
        project = context.project
        self._model = CropList()
        self._thumbnails = Thumbnails(project.folder, context.lanes.disk, context.board, not project.read_only)
        self._own: frozenset[int] = frozenset()  # the selection that the grid shows already
        self._wires = Wires()
        view.set_model(self._model, self._thumbnails.picture)
        context.actions.act_in(view.grid)
        self._keys = {f"label.key_{digit}": str(digit) for digit in range(10)}
        view.grid.take_keys([context.actions[name] for name in (*self._keys, "edit.delete")])
        self._connect()

    def close(self) -> None:
        self._wires.cut()
        self._thumbnails.close()

    def _connect(self) -> None:
        context, view, wires = self._context, self._view, self._wires
        wires.connect(view.selected, self._select)
        wires.connect(view.opened, self._open)
        wires.connect(view.wanted, self._thumbnails.want)
        wires.connect(view.grid.key_pressed, self._on_key)
        wires.connect(self._thumbnails.came, view.refresh_pictures)
        wires.connect(self._model.modelReset, self._show_selection)
        wires.connect(self._gallery.shown_changed, self._show)
        wires.connect(context.project.changed, self._on_changed)
        wires.connect(context.session.selection_changed, self._on_selection)

    def _show(self) -> None:
        if self._gallery.seen is not None:
            self._model.show(self._gallery.seen, self._gallery.shown)

    def _on_changed(self, keys: set[Key]) -> None:
        if any(key.table == "media" for key in keys):
            self._thumbnails.forget_failures()
            self._view.ask_again()

    # Selection -------------------------------------------------------------------------------------------------------

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
        if self._gallery.past:
            self._context.board.say(PAST)
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
