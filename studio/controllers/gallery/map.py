"""The map of the crops: made while somebody looks; its selection is the session's, both ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer

from studio.controllers.context import Context
from studio.controllers.gallery.acting import Acting
from studio.controllers.gallery.map_card import card_of, crop_of
from studio.controllers.gallery.map_shown import MapShown, found_of, same_places, selected_of, shown_on_map
from studio.controllers.networks import LaneNetworks
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.crop import Crop
from studio.core.gallery.crop_map import CropMap, read_map
from studio.core.project import Project
from studio.core.project.chosen_backbone import chosen_backbone
from studio.core.project.region_table import RegionTable
from studio.state.gallery import GalleryState
from studio.state.jobs import Job
from studio.state.thumbnails import Thumbnails
from studio.views.gallery.map import EMPTY, MapView
from studio.views.gallery.map_dots import Dots

PAUSE = 1000  # milliseconds without a change, after which new crops are placed
SHOW = 20  # milliseconds in which changes are shown together
LEAST = 3  # crops of a map
_PICTURES = 60  # under the mouse, in memory


class MapController:
    """One job at a time on the batch lane; it stops where nobody looks any more, and goes on at the next look."""

    def __init__(self, context: Context, gallery: GalleryState, view: MapView) -> None:
        self._context, self._gallery, self._view = context, gallery, view
        project, lanes = context.project, context.lanes
        self._thumbnails = Thumbnails(project.folder, lanes.disk, context.board, not project.read_only, _PICTURES)
        self._acting = Acting(context, gallery)
        self._looked_at = self._asked = self._whole = False
        self._map: CropMap | None = None
        self._shown: MapShown | None = None
        self._stale = True  # what is shown is not of the map and the crops as they are now
        self._made_of: tuple[RegionTable, str | None] | None = None  # the last job, however it ended
        self._job: Job | None = None
        self._hover = -1
        self._timer = QTimer(singleShot=True, interval=PAUSE)
        self._timer.timeout.connect(self._work)
        self._showing = QTimer(singleShot=True, interval=SHOW)
        self._showing.timeout.connect(self._show)
        self._keys = {f"label.key_{digit}": str(digit) for digit in range(10)}
        actions = context.actions
        actions.act_in(view.plot)
        view.plot.take_keys([actions[name] for name in (*self._keys, "edit.delete", "view.fit")])
        self._wires = Wires()
        self._connect()

    def close(self) -> None:
        self._timer.stop()
        self._showing.stop()
        self._wires.cut()
        self._acting.close()
        self._thumbnails.close()
        self._job = None  # one that was abandoned would keep all this for ever

    def _connect(self) -> None:
        context, gallery, plot, wires = self._context, self._gallery, self._view.plot, self._wires
        wires.connect(self._view.looked_at_changed, self._on_looked_at)
        wires.connect(self._view.by_changed, self._on_by)
        wires.connect(plot.picked, self._on_picked)
        wires.connect(plot.opened, self._open)
        wires.connect(plot.hovered, self._on_hovered)
        wires.connect(plot.key_pressed, self._on_key)
        wires.connect(self._thumbnails.came, self._show_card)
        wires.connect(gallery.crops_changed, self._on_crops)
        wires.connect(gallery.shown_changed, self._showing.start)
        wires.connect(context.session.selection_changed, self._show_selection)

    # Making it -------------------------------------------------------------------------------------------------------

    def _on_looked_at(self, looked_at: bool) -> None:
        if looked_at == self._looked_at:
            return
        self._looked_at = looked_at
        self._want()
        if looked_at:
            self._read()
            self._on_crops()
            return
        if not self._whole:
            self._made_of = None
        if self._job is not None:
            self._job.cancel()

    def _read(self) -> None:
        """Once: the map that was kept is there at once, also where the batch lane has other work."""
        if not self._asked:
            self._asked = True
            job = Job("read the map", kept_map, self._context.project.folder)
            job.succeeded.connect(self._on_kept)
            self._context.board.run(self._context.lanes.disk, job, shown=False)

    def _on_kept(self, kept: CropMap | None) -> None:
        if self._map is None and kept is not None:
            self._on_map(kept)

    def _on_crops(self) -> None:
        if self._looked_at:
            self._stale = True
            self._showing.start()
            if self._made_of is None:
                self._work()
            else:
                self._timer.start()

    def _work(self) -> None:
        """Make the map where it is not of the crops as they are now."""
        crops = self._gallery.crops
        if not self._looked_at or self._job is not None or crops is None or len(crops) < LEAST:
            return
        network = chosen_backbone(self._context.project.project)
        if self._made_of is not None and self._made_of[1] == network and same_places(self._made_of[0], crops.table):
            return
        self._made_of, self._whole = (crops.table, network), False
        self._job = job = Job("map of the crops", mapped, self._context.networks, self._context.project.folder)
        job.published.connect(self._on_map)
        job.progressed.connect(self._on_progress)
        job.succeeded.connect(self._on_made)
        job.failed.connect(self._on_failed)
        job.finished.connect(self._on_finished)
        self._context.board.run(self._context.lanes.batch, job)

    def _on_progress(self, fraction: float, text: str) -> None:
        if self._map is None:
            self._view.set_empty("The map is being made", f"{fraction:.0%} {text}")
        else:
            self._say_state()

    def _on_made(self, made: CropMap) -> None:
        self._whole = True
        self._on_map(made)

    def _on_map(self, made: CropMap) -> None:
        self._map, self._stale = made, True
        self._showing.start()

    def _on_failed(self, error: Exception) -> None:
        if self._map is None:
            self._view.set_empty("There is no map", str(error))

    def _on_finished(self) -> None:
        self._job = None
        self._say_state()
        self._work()

    # Showing it ------------------------------------------------------------------------------------------------------

    def _want(self) -> None:
        """Doubts are measured only while their colours are looked at."""
        self._gallery.want("map", ("doubt",) if self._looked_at and self._view.by == "doubt" else ())

    def _on_by(self, _: str) -> None:
        self._want()
        self._stale = True
        self._showing.start()

    def _show(self) -> None:
        crops, made = self._gallery.crops, self._map
        if not self._looked_at or crops is None:
            return
        if len(crops) < LEAST:
            self._view.set_empty(*EMPTY)
            return
        if made is None:
            return
        if self._stale or self._shown is None:
            self._shown = shown_on_map(crops, made, self._view.by)
            self._view.set_legend(self._shown.coloring.legend)
            self._stale = False
        classes, legend = self._shown.coloring
        found = found_of(self._gallery, self._shown.crops)[self._shown.rows]
        self._view.plot.set_dots(Dots(self._shown.points, classes, tuple(each.color for each in legend), found))
        self._view.set_there()
        self._show_selection()
        self._say_state()

    def _show_selection(self, _: object = None) -> None:
        if self._looked_at and self._shown is not None:
            self._view.plot.set_selection(selected_of(self._context.session.selection, self._shown))

    def _say_state(self) -> None:
        """What goes on; else what is not on the map."""
        if self._job is not None and self._job.latest is not None:
            fraction, text = self._job.latest
            self._view.set_state(f"{fraction:.0%} {text}")
        elif self._shown is not None:
            unread = len(self._shown.crops) - len(self._shown.rows) if self._whole else 0
            self._view.set_state(f"{unread:,} cannot be read" if unread else "")

    # Under the mouse -------------------------------------------------------------------------------------------------

    def _on_hovered(self, row: int) -> None:
        self._hover = row
        crop = self._crop(row)
        self._thumbnails.want([crop] if crop is not None else [])
        self._show_card()

    def _crop(self, row: int) -> Crop | None:
        shown = self._shown
        return crop_of(shown.crops, int(shown.rows[row])) if shown and 0 <= row < len(shown.rows) else None

    def _show_card(self, _: object = None) -> None:
        shown, crop = self._shown, self._crop(self._hover)
        if shown is None or crop is None:
            self._view.plot.set_card(None)
            return
        by = "" if self._view.by in ("label", "medium") else shown.coloring.name(self._hover)
        picture = self._thumbnails.picture(crop)
        self._view.plot.set_card(card_of(shown.crops, int(shown.rows[self._hover]), picture, by))

    def _open(self, row: int) -> None:
        if (crop := self._crop(row)) is not None:
            self._context.session.playing = False
            self._context.session.go(crop.medium, crop.frame)

    # Selecting and acting --------------------------------------------------------------------------------------------

    def _on_picked(self, rows: NDArray[np.intp], how: str) -> None:
        shown, session = self._shown, self._context.session
        if shown is None:
            return
        picked = frozenset(shown.crops.table.ids[shown.rows[rows]].tolist())
        if picked:
            session.picked = None
        before = session.selection
        session.selection = {"replace": picked, "add": before | picked, "toggle": before ^ picked}[how]

    def _on_key(self, name: str) -> None:
        if name == "view.fit":
            self._view.plot.fit()
        elif name == "edit.delete":
            self._acting.remove()
        else:
            key = self._keys[name]
            label = next((row for row in self._context.project.labels.values() if row.key == key), None)
            if label is None:
                self._context.board.say(f"No label has the key {key}")
            else:
                self._acting.relabel(label)


def mapped(networks: LaneNetworks, folder: Path, control: Control) -> CropMap:
    """On the batch lane: the map of all crops of a project."""
    control.progress(0.0, "reading the crops")
    from studio.ml.gallery.mapping import make_map

    return make_map(folder, networks.on("batch"), control)


def kept_map(folder: Path, control: Control) -> CropMap | None:
    """On the disk lane: the map as it was looked at last."""
    with Project.open(folder) as project:
        return read_map(project)
