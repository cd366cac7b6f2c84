"""The part "Clean" of the gallery: its sections, of which only the one that is looked at works."""

from __future__ import annotations

from studio.controllers.context import Context
from studio.controllers.gallery.clean_detector import DetectorSection
from studio.controllers.gallery.clean_duplicates import DuplicatesSection
from studio.controllers.gallery.clean_labels import LabelsSection
from studio.controllers.gallery.clean_outliers import OutliersSection
from studio.controllers.wires import Wires
from studio.state.gallery import GalleryState
from studio.state.thumbnails import Thumbnails
from studio.views.gallery.clean import CleanView

Section = DuplicatesSection | LabelsSection | OutliersSection | DetectorSection


class CleanController:
    """Tells the sections whether they are looked at and that the crops changed; gives all of them pictures."""

    def __init__(self, context: Context, gallery: GalleryState, view: CleanView) -> None:
        self._gallery, self._view = gallery, view
        self._looked_at = False
        project = context.project
        self._thumbnails = Thumbnails(project.folder, context.lanes.disk, context.board, not project.read_only)
        self._sections: dict[str, Section] = {
            "duplicates": DuplicatesSection(context, gallery, view.duplicates),
            "labels": LabelsSection(context, gallery, view.labels),
            "outliers": OutliersSection(context, gallery, view.outliers),
            "detector": DetectorSection(context, gallery, view.detector),
        }
        self._wires = wires = Wires()
        for page in (view.duplicates, view.labels, view.outliers, view.detector):
            page.list.set_pictures(self._thumbnails.picture)
            wires.connect(page.list.wanted, self._thumbnails.want)
            wires.connect(self._thumbnails.came, page.list.refresh)
        wires.connect(view.looked_at_changed, self._on_looked_at)
        wires.connect(view.section_changed, self._look)
        wires.connect(gallery.crops_changed, self._on_crops)

    def close(self) -> None:
        self._wires.cut()
        for section in self._sections.values():
            section.close()
        self._thumbnails.close()

    def _on_looked_at(self, looked_at: bool) -> None:
        self._looked_at = looked_at
        self._on_crops()
        self._look()

    def _look(self, _: object = None) -> None:
        for name, section in self._sections.items():
            if name != self._view.section or not self._looked_at:
                section.look(False)
        if self._looked_at and self._view.section:
            self._sections[self._view.section].look(True)

    def _on_crops(self) -> None:
        crops = self._gallery.crops
        if not self._looked_at or crops is None:
            return
        before = self._view.section
        self._view.set_crops(len(crops))
        if self._view.section != before:
            self._look()
        elif before:
            self._sections[before].refresh()
