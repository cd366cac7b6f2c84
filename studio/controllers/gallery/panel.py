"""The gallery dock: makes its parts and closes them."""

from __future__ import annotations

from PySide6.QtWidgets import QDockWidget

from studio.controllers.context import Context, Controller
from studio.controllers.gallery.find import FindController
from studio.controllers.gallery.grid import GridController
from studio.controllers.gallery.measuring import MeasuringController
from studio.controllers.gallery.reading import CropsReader
from studio.controllers.gallery.what_if import WhatIfController
from studio.controllers.wires import Wires
from studio.core.registry import load
from studio.state.gallery import GalleryState, Listed
from studio.views.gallery.view import GalleryView

# name, title, icon, view, controller: a line for each part beside the grid, from above. A view has
# `set_looked_at(bool)`; a controller is made with the context, the dock's state and its view.
PARTS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "preview",
        "Large preview (Space)",
        "mdi6.image-outline",
        "studio.views.gallery.preview:PreviewView",
        "studio.controllers.gallery.preview:PreviewController",
    ),
    (
        "map",
        "Map: crops that look alike, near each other",
        "mdi6.scatter-plot-outline",
        "studio.views.gallery.map:MapView",
        "studio.controllers.gallery.map:MapController",
    ),
    (
        "clean",
        "Clean: duplicates, wrong labels, outliers",
        "mdi6.broom",
        "studio.views.gallery.clean:CleanView",
        "studio.controllers.gallery.clean:CleanController",
    ),
    (
        "balance",
        "Balance: crops of each label, hard negatives",
        "mdi6.scale-balance",
        "studio.views.gallery.balance:BalanceView",
        "studio.controllers.gallery.balance:BalanceController",
    ),
    (
        "splits",
        "Splits: training, validation, test",
        "mdi6.call-split",
        "studio.views.gallery.splits:SplitsView",
        "studio.controllers.gallery.splits:SplitsController",
    ),
    (
        "history",
        "Data sets: what heads were trained on",
        "mdi6.history",
        "studio.views.gallery.history:DataSetsView",
        "studio.controllers.gallery.history:DataSetsController",
    ),
    (
        "batch",
        "Augmentation: what a training sees",
        "mdi6.image-filter-black-white",
        "studio.views.gallery.batch:BatchView",
        "studio.controllers.gallery.batch:BatchController",
    ),
)


class GalleryController:
    """Has nothing to do but for its parts; what they share is a `GalleryState`."""

    def __init__(self, context: Context, view: GalleryView) -> None:
        self.gallery = GalleryState()
        self._parts: list[Controller] = [
            FindController(context, self.gallery, view.finder),
            GridController(context, self.gallery, view.page),
            WhatIfController(context, self.gallery),
            MeasuringController(context, self.gallery),
        ]
        for name, title, picture, view_class, controller_class in PARTS:
            part = load(view_class)()
            view.side.add_part(name, title, picture, part)
            self._parts.append(load(controller_class)(context, self.gallery, part))
        self.gallery.part_wanted.connect(view.side.show_part)
        dock = view.parentWidget()
        if isinstance(dock, QDockWidget):
            dock.visibilityChanged.connect(view.set_looked_at)
        self._parts.append(CropsReader(context, self.gallery))
        self._view, self._wires = view, Wires()
        self._wires.connect(context.session.crops_wanted, self._list)
        self._wires.connect(context.actions["gallery.batch"].triggered, self._show_batch)

    def _list(self, listed: Listed) -> None:
        """Another panel wants crops to be seen."""
        self.gallery.listed = listed
        self._bring_forward()

    def _show_batch(self, _: bool = False) -> None:
        self._bring_forward()
        self.gallery.part_wanted.emit("batch")

    def _bring_forward(self) -> None:
        dock = self._view.parentWidget()
        if isinstance(dock, QDockWidget) and self._view.visibleRegion().isEmpty():
            dock.show()
            dock.raise_()

    def close(self) -> None:
        self._wires.cut()
        for part in reversed(self._parts):
            part.close()
        self._parts.clear()
