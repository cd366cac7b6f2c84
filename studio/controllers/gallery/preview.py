"""The large preview: what is known of the selection, and the picture of one crop in its frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from studio.controllers.context import Context
from studio.controllers.gallery.acting import Acting, labels_in_order
from studio.controllers.gallery.preview_facts import facts_of, summary_of
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.crop import Crop, CropContext
from studio.core.errors import StudioError
from studio.core.geometry import Box
from studio.core.project import LabelRow
from studio.state.gallery import GalleryState
from studio.state.jobs import Job
from studio.views.gallery.preview import PreviewView
from studio.views.theme import current
from studio.views.video.transport import clock


class PreviewController:
    """Follows the selection and the crops while somebody looks; the picture comes from the decode lane."""

    def __init__(self, context: Context, gallery: GalleryState, view: PreviewView) -> None:
        self._context, self._gallery, self._view = context, gallery, view
        self._acting = Acting(context, gallery)
        self._labels: list[LabelRow] = []
        self._looked_at = False
        self._crop: Crop | None = None  # that the picture shows, or that is asked for
        self._seconds: float | None = None  # of its frame
        self._wires = wires = Wires()
        actions = context.actions
        view.set_actions(actions["gallery.review"], actions["gallery.like"])
        wires.connect(view.looked_at_changed, self._on_looked_at)
        wires.connect(view.open_wanted, self._open)
        wires.connect(view.label_wanted, self._acting.relabel)
        wires.connect(view.remove_wanted, self._acting.remove)
        wires.connect(context.session.selection_changed, self._show)
        wires.connect(gallery.crops_changed, self._show)
        wires.connect(gallery.listed_changed, self._show)
        wires.connect(actions["gallery.preview"].triggered, self._toggle)

    def close(self) -> None:
        self._wires.cut()
        self._acting.close()

    def _toggle(self, _: bool = False) -> None:
        self._gallery.part_wanted.emit("" if self._looked_at else "preview")

    def _on_looked_at(self, looked_at: bool) -> None:
        self._looked_at = looked_at
        self._show()

    def _show(self, _: object = None) -> None:
        crops, selection = self._gallery.seen, self._context.session.selection
        if not self._looked_at:
            return
        rows = crops.rows_of(selection) if crops is not None else np.zeros(0, np.intp)
        if crops is None or not len(rows):
            self._crop = None
            self._view.clear()
            return
        if (labels := labels_in_order(self._context)) != self._labels:
            self._labels = labels
            self._view.set_labels(labels)
        self._view.open.setEnabled(len(rows) == 1)
        if len(rows) > 1:
            self._crop = None
            self._view.set_summary(f"{len(rows):,} crops", summary_of(crops, rows))
            return
        row, table = int(rows[0]), crops.table
        self._want(Crop(int(table.media[row]), int(table.frames[row]), Box(*table.boxes[row].tolist())))
        time = "" if self._seconds is None else clock(self._seconds)
        label = crops.labels.get(int(table.labels[row]))
        name, color = (label.name, label.color) if label else ("no label", current().dim)
        self._view.set_crop(name, color, facts_of(crops, row, time))

    def _want(self, crop: Crop) -> None:
        """Decode the frame of another crop, or of the same where its box is another; the newest wish wins."""
        if crop == self._crop:
            return
        if self._crop is None or crop[:2] != self._crop[:2]:
            self._seconds = None
        self._crop = crop
        job = Job("preview of a crop", _read, self._context.project.folder, crop, not self._context.project.read_only)
        job.succeeded.connect(self._on_read)
        job.failed.connect(self._context.board.problem)
        self._context.lanes.decode.replace(job)

    def _on_read(self, read: tuple[Crop, CropContext | str]) -> None:
        crop, found = read
        if crop != self._crop:
            return
        if isinstance(found, str):
            self._view.picture.set_problem(found)
        else:
            self._seconds = found.seconds
            self._view.picture.set_context(found)
            self._show()

    def _open(self) -> None:
        if self._crop is not None:
            self._context.session.playing = False
            self._context.session.go(self._crop.medium, self._crop.frame)


def _read(folder: Path, crop: Crop, keep: bool, control: Control) -> tuple[Crop, CropContext | str]:
    """The crop's surroundings, or why they cannot be seen."""
    from studio.core.crop_context import read_context  # brings the decoders along

    try:
        return crop, read_context(folder, crop, keep)
    except (StudioError, OSError) as error:
        return crop, str(error)
