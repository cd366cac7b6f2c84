"""The part "Balance": how many crops of each label there are, and mining of hard negatives."""

from __future__ import annotations

from studio.controllers.context import Context
from studio.controllers.gallery.mining import Miner
from studio.controllers.wires import Wires
from studio.core.gallery.balance import crops_by_label, warnings
from studio.state.gallery import GalleryState
from studio.state.thumbnails import Thumbnails
from studio.views.gallery.balance import BalanceView


class BalanceController:
    """Counts while somebody looks; the key that mines works always."""

    def __init__(self, context: Context, gallery: GalleryState, view: BalanceView) -> None:
        self._gallery, self._view = gallery, view
        self._looked_at = False
        project = context.project
        self._thumbnails = Thumbnails(project.folder, context.lanes.disk, context.board, not project.read_only)
        self._miner = Miner(context, gallery, view)
        self._wires = wires = Wires()
        view.list.set_pictures(self._thumbnails.picture)
        wires.connect(view.list.wanted, self._thumbnails.want)
        wires.connect(self._thumbnails.came, view.list.refresh)
        wires.connect(view.looked_at_changed, self._on_looked_at)
        wires.connect(view.label_chosen, self._show_label)
        wires.connect(gallery.crops_changed, self._count)

    def close(self) -> None:
        self._wires.cut()
        self._miner.close()
        self._thumbnails.close()

    def _on_looked_at(self, looked_at: bool) -> None:
        self._looked_at = looked_at
        self._count()

    def _count(self) -> None:
        crops = self._gallery.crops
        if self._looked_at and crops is not None:
            labels = crops_by_label(crops)
            self._view.set_labels(labels if len(crops) else [], warnings(labels))

    def _show_label(self, name: str) -> None:
        """In the grid."""
        self._gallery.listed = None
        self._gallery.query = "state:rejected" if name == "" else f'label:"{name.replace(chr(34), chr(34) * 2)}"'
