"""Which crops are shown, and in which order."""

from __future__ import annotations

import numpy as np

from studio.controllers.context import Context
from studio.controllers.wires import Wires
from studio.core.project import BACKGROUND
from studio.state.gallery import GalleryState
from studio.views.gallery.find_bar import FindBar


class FindController:
    """Finds in the crops what the bar asks for."""

    def __init__(self, context: Context, gallery: GalleryState, view: FindBar) -> None:
        self._context, self._gallery, self._view = context, gallery, view
        self._label: int | None = None
        self._follows = False
        self._wires = wires = Wires()
        wires.connect(view.filter_wanted, self._filter)
        wires.connect(view.order_wanted, lambda order: setattr(gallery, "order", order))
        wires.connect(view.follow_wanted, self._follow)
        wires.connect(gallery.crops_changed, self._on_crops)
        wires.connect(gallery.order_changed, self._find)
        wires.connect(gallery.listed_changed, self._find)
        wires.connect(context.session.label_changed, self._on_label)

    def close(self) -> None:
        self._wires.cut()

    def _on_crops(self) -> None:
        crops = self._gallery.crops
        assert crops is not None
        if self._label not in crops.labels:
            self._label = None
        self._show_labels()
        self._find()

    def _show_labels(self) -> None:
        labels = self._context.project.labels.values()
        self._view.set_labels(sorted(labels, key=lambda row: (row.name == BACKGROUND, row.id)), self._label)

    def _find(self, _: object = None) -> None:
        crops, listed = self._gallery.crops, self._gallery.listed
        if crops is None:
            return
        if listed is not None:
            seen = self._gallery.seen
            assert seen is not None
            self._gallery.set_shown(seen.rows_of(listed.regions))
        else:
            rows = crops.table.arranged(self._label, self._gallery.order)
            self._gallery.set_shown(np.asarray(rows, np.intp))

    def _filter(self, label: int | None) -> None:
        self._label = label
        self._find()

    def _follow(self, on: bool) -> None:
        self._follows = on
        self._on_label(self._context.session.label)

    def _on_label(self, label: int | None) -> None:
        if self._follows and label is not None:
            self._filter(label)
            self._show_labels()
