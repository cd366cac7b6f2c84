"""The grid of crops: pictures made when they are looked at, the selection both ways, and edits of what is selected."""

from __future__ import annotations

from PySide6.QtCore import QPoint

from studio.controllers.context import Context
from studio.controllers.gallery.acting import Acting, labels_in_order
from studio.controllers.wires import Wires
from studio.core.project import Keys
from studio.state.crop_list import CropList
from studio.state.gallery import GalleryState
from studio.state.thumbnails import Thumbnails
from studio.views.gallery.menu import CropMenu
from studio.views.gallery.page import GridPage


class GridController:
    """The selection is the session's, both ways; digits relabel it and X removes it."""

    def __init__(self, context: Context, gallery: GalleryState, view: GridPage) -> None:
        self._context, self._gallery, self._view = context, gallery, view
        project = context.project
        self._model = CropList()
        self._thumbnails = Thumbnails(project.folder, context.lanes.disk, context.board, not project.read_only)
        self._acting = Acting(context, gallery)
        self._own: frozenset[int] = frozenset()  # the selection that the grid shows already
        self._wires = Wires()
        view.set_model(self._model, self._thumbnails.picture)
        view.offer(context.actions["gallery.what_if"])
        context.actions.act_in(view.grid)
        self._keys = {f"label.key_{digit}": str(digit) for digit in range(10)}
        view.grid.take_keys([context.actions[name] for name in (*self._keys, "edit.delete", "gallery.review")])
        self._connect()

    def close(self) -> None:
        self._wires.cut()
        self._acting.close()
        self._thumbnails.close()

    def _connect(self) -> None:
        context, view, wires = self._context, self._view, self._wires
        wires.connect(view.selected, self._select)
        wires.connect(view.opened, self._open)
        wires.connect(view.wanted, self._thumbnails.want)
        wires.connect(view.grid.key_pressed, self._on_key)
        wires.connect(view.grid.menu_wanted, self._show_menu)
        wires.connect(view.grid.space_pressed, context.actions["gallery.preview"].trigger)
        wires.connect(self._thumbnails.came, view.refresh_pictures)
        wires.connect(self._model.modelReset, self._show_selection)
        wires.connect(self._gallery.shown_changed, self._show)
        wires.connect(context.project.changed, self._on_changed)
        wires.connect(context.session.selection_changed, self._on_selection)
        wires.connect(context.actions["gallery.review"].triggered, lambda _: self._acting.review())

    def _show(self) -> None:
        if self._gallery.seen is not None:
            self._model.show(self._gallery.seen, self._gallery.shown)

    def _on_changed(self, keys: Keys) -> None:
        if "media" in keys.tables:
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

    # Acts ------------------------------------------------------------------------------------------------------------

    def _on_key(self, name: str) -> None:
        if name == "edit.delete":
            self._acting.remove()
            return
        if name == "gallery.review":
            self._acting.review()
            return
        key = self._keys[name]
        label = next((row for row in self._context.project.labels.values() if row.key == key), None)
        if label is None:
            self._context.board.say(f"No label has the key {key}")
        elif self._context.session.selection:
            self._acting.relabel(label)
        else:
            self._context.session.label = label.id
            self._context.board.say(f"The next box is a {label.name}; no crop is selected that could become one.")

    def _show_menu(self, place: QPoint) -> None:
        actions, selection = self._context.actions, self._context.session.selection
        others = [actions[name] for name in ("gallery.review", "gallery.like", "gallery.what_if", "gallery.copy_to")]
        menu = CropMenu(self._view.grid, labels_in_order(self._context), len(selection) == 1, *others)
        menu.open_wanted.connect(lambda: self._open(next(iter(selection))))
        menu.label_wanted.connect(self._acting.relabel)
        menu.remove_wanted.connect(self._acting.remove)
        menu.popup(place)
