"""Augmentation: the batch that a recipe would see with this seed, or what becomes of the selected crops."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage

from studio.controllers.context import Context
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.gallery.crops import Crops
from studio.core.project import Project
from studio.core.project.edits import counted
from studio.state.gallery import GalleryState
from studio.state.jobs import Job
from studio.views.gallery.batch import BatchView
from studio.views.gallery.batch_pairs import Pair

if TYPE_CHECKING:
    from studio.core.augmentation import Augmentation
    from studio.ml.augmenting import Batch

SIZE, SIDE = 16, 64  # crops of a batch; pixels, as the bundled network sees them
PAUSE, SAVE_AFTER = 60, 800  # milliseconds after a change


@dataclass(frozen=True, eq=False)
class BatchRequest:
    """What is to be shown.

    Attributes:
        folder: of the project.
        crops: all of them.
        chosen: ids of those that are varied; none: the batch that the seed draws.
        augmentation: how much.
        seed: of the batch and of what becomes of it.
        read: crops that were read before, and what of.
    """

    folder: Path
    crops: Crops
    chosen: tuple[int, ...]
    augmentation: Augmentation
    seed: int
    read: tuple[object, Batch] | None


class BatchController:
    """Works on the live lane while somebody looks; what is set is kept with the project."""

    def __init__(self, context: Context, gallery: GalleryState, view: BatchView) -> None:
        self._context, self._gallery, self._view = context, gallery, view
        self._looked_at = self._filled = False
        self._read: tuple[object, Batch] | None = None
        self._shown: Crops | None = None
        self._save_timer = QTimer(singleShot=True, interval=SAVE_AFTER)
        self._save_timer.timeout.connect(self._save)
        self._timer = QTimer(singleShot=True, interval=PAUSE)
        self._timer.timeout.connect(self._make)
        self._wires = wires = Wires()
        wires.connect(view.looked_at_changed, self._on_looked_at)
        wires.connect(view.changed, self._on_changed)
        wires.connect(view.pairs.picked, self._pick)
        wires.connect(context.session.selection_changed, self._on_selection)
        wires.connect(gallery.crops_changed, self._on_crops)
        self._own: frozenset[int] = frozenset()  # a selection that was made here changes nothing here

    def close(self) -> None:
        self._timer.stop()
        if self._save_timer.isActive():
            self._save_timer.stop()
            self._save()
        self._wires.cut()

    def _on_looked_at(self, looked_at: bool) -> None:
        self._looked_at = looked_at
        if looked_at and not self._filled:
            self._fill()
        self._make_soon()

    def _fill(self) -> None:
        """At the first look: pydantic takes a tenth of a second."""
        from studio.core.augmentation import Augmentation, augmentation_fields, read_augmentation

        self._filled = True
        try:
            saved = read_augmentation(self._context.project.folder)
        except InputError as error:
            saved = Augmentation()
            self._view.set_problem(str(error))
        self._view.set_fields(augmentation_fields(), saved.model_dump())

    def _on_changed(self) -> None:
        self._save_timer.start()
        self._make_soon()

    def _on_crops(self) -> None:
        """Another measure of the same crops changes nothing here."""
        crops, shown = self._gallery.crops, self._shown
        if shown is None or crops is None or crops.table is not shown.table or crops.splits is not shown.splits:
            self._make_soon()

    def _on_selection(self, regions: frozenset[int]) -> None:
        if regions != self._own:
            self._own = frozenset()
            self._make_soon()

    def _pick(self, region: int) -> None:
        self._own = frozenset({region})
        self._context.session.selection = self._own

    def _make_soon(self, _: object = None) -> None:
        if self._looked_at:
            self._timer.start()

    def _make(self) -> None:
        crops = self._gallery.crops
        if crops is None:
            return
        from studio.core.augmentation import Augmentation

        selection = self._context.session.selection - self._own
        asked = BatchRequest(
            self._context.project.folder,
            crops,
            tuple(sorted(selection)[:SIZE]),
            Augmentation(**self._view.numbers),
            self._view.seed,
            self._read,
        )
        job = Job("augment a batch", made, asked)
        job.succeeded.connect(self._on_made)
        job.failed.connect(self._on_failed)
        self._context.lanes.live.replace(job)

    def _on_made(self, result: tuple[BatchRequest, tuple[object, Batch], list[Pair], int]) -> None:
        asked, self._read, pairs, wanted = result
        self._shown = asked.crops
        title = f"{counted(len(pairs), 'crop')} {'selected' if asked.chosen else 'of a batch'}" if wanted else ""
        unread = wanted - len(pairs)
        self._view.set_pairs(title + f", {unread:,} cannot be read" * bool(unread), pairs)

    def _on_failed(self, error: Exception) -> None:
        self._context.board.problem(error, "augmentation")

    def _save(self) -> None:
        from studio.core.augmentation import Augmentation, save_augmentation

        project = self._context.project
        if project.read_only:
            self._view.set_problem("The project is open for reading only: this is not kept.")
            return
        try:
            save_augmentation(project.project, Augmentation(**self._view.numbers))
        except (StudioError, OSError) as error:
            self._context.board.problem(error, "augmentation")
        else:
            self._view.set_problem("")


def made(asked: BatchRequest, control: Control) -> tuple[BatchRequest, tuple[object, Batch], list[Pair], int]:
    """On the live lane: the crops, which are read where they were not just before, what becomes of them, and how many
    there should be.
    """
    from studio.ml.augmenting import batch_ids, read_batch

    crops = asked.crops
    ids = asked.chosen or tuple(batch_ids(crops, SIZE, asked.seed).tolist())
    key = ids, crops.table.boxes[crops.rows_of(ids)].tobytes()
    if asked.read is not None and asked.read[0] == key:
        batch = asked.read[1]
    else:
        with Project.open(asked.folder) as project:
            batch = read_batch(project, crops, ids, SIDE, control)
    varied = batch.varied(asked.augmentation, asked.seed)
    pairs = []
    for region, *pictures in zip(batch.ids.tolist(), batch.originals, varied, strict=True):
        label = crops.labels.get(int(crops.table.labels[int(crops.rows_of([region])[0])]))
        original, other = (QImage(p.data, SIDE, SIDE, 3 * SIDE, QImage.Format.Format_RGB888).copy() for p in pictures)
        pairs.append(Pair(region, original, other, label.name if label else "", label.color if label else "#8b929c"))
    return asked, (key, batch), pairs, len(ids)
