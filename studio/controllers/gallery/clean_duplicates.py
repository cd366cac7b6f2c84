"""Near-duplicates: compared once, counted at every place of the slider, grouped when it rests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QTimer

from studio.controllers.context import Context
from studio.controllers.edits import plan_and_apply, refuse_read_only
from studio.controllers.gallery.acts import Removal, Sparing
from studio.controllers.gallery.clean_lines import Ids, crop_at, label_of
from studio.controllers.gallery.runs import Run
from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.gallery.crops import Crops
from studio.core.project import Project
from studio.core.project.edits import counted
from studio.state.gallery import GalleryState, Listed
from studio.state.jobs import Job
from studio.views.gallery.clean_duplicates import DuplicatesPage
from studio.views.gallery.crop_lines import CropLine

if TYPE_CHECKING:
    from studio.ml.gallery.duplicates import Duplicates
    from studio.ml.gallery.looks import Looks

REST = 150  # milliseconds without a move of the slider, after which the groups are shown
PAUSE = 2000  # without a change of the crops, after which they are compared anew
MOST_DRAWN = 40  # pictures of a group that a line may need
NONE = "No two crops of a label look alike like this."
COMPARING = "Comparing the crops…"


@dataclass(frozen=True, eq=False)
class Compared:
    """What a worker found in the crops of a moment.

    Attributes:
        crops: those that were compared.
        linked: int64 `(m + 1,)`: how many crops the first so many links join.
    """

    crops: Crops
    found: Duplicates
    looks: Looks
    linked: Ids


@dataclass(frozen=True, eq=False)
class Groups:
    """What looks alike at a threshold.

    Attributes:
        groups: ids of the crops of each, the sharpest first; the largest group first.
        kept, others: all that stay, and all that are superfluous.
    """

    threshold: float
    groups: tuple[Ids, ...]
    kept: Ids
    others: Ids


class DuplicatesSection:
    """Compares when it is looked at, and again when crops came, went, moved or got another label."""

    def __init__(self, context: Context, gallery: GalleryState, page: DuplicatesPage) -> None:
        self._context, self._gallery, self._page = context, gallery, page
        self._compared: Compared | None = None
        self._groups: Groups | None = None
        self._looked_at = False
        self._current = False  # whether the comparison is of the crops as they are
        self._run = Run(context, page.bar)
        self._rest = QTimer(singleShot=True, interval=REST)
        self._rest.timeout.connect(self._group)
        self._pause = QTimer(singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._compare)
        page.bar.run_wanted.connect(self._compare)
        page.threshold_changed.connect(self._on_threshold)
        page.list.chosen.connect(self._show_group)
        page.flag_wanted.connect(self._flag)
        page.remove_wanted.connect(self._remove)
        page.show_wanted.connect(self._show_all)
        page.set_outdated(False)

    def close(self) -> None:
        self._rest.stop()
        self._pause.stop()
        self._run.close()

    def look(self, looked_at: bool) -> None:
        self._looked_at = looked_at
        if not looked_at:
            self._pause.stop()
        elif self._compared is None and not self._run.stopped:
            self._compare()
        else:
            self.refresh()

    def refresh(self) -> None:
        """The crops are others, or what is known of them."""
        crops, compared = self._gallery.crops, self._compared
        if crops is None or compared is None:
            return
        before, self._current = self._current, _alike(crops, compared.crops)
        if self._current and not before:
            self._rest.start()
        if not self._current:
            if self._groups is not None:
                self._groups = _without_gone(self._groups, crops)
                self._page.list.set_lines(len(self._groups.groups), self._line)
            if self._run.stopped:
                self._page.set_outdated(True)
            elif not self._run.running:
                self._pause.start()
        self._say()

    # Comparing -------------------------------------------------------------------------------------------------------

    def _compare(self) -> None:
        if self._compared is None:
            self._page.set_found(COMPARING, "", 0, False)
        asked = self._context.networks, self._context.project.folder
        self._run.start("compare crops", compare, *asked, take=self._take, ended=self._on_ended)

    def _take(self, compared: Compared) -> None:
        self._compared = compared
        self.refresh()
        self._group()

    def _on_ended(self) -> None:
        self._page.set_outdated(self._run.stopped)
        if self._run.stopped and self._compared is None:
            self._page.set_found("The crops are not compared yet.", "", 0, False)
        elif self._looked_at:
            self.refresh()

    def _on_threshold(self, _: float) -> None:
        self._say()
        self._rest.start()

    def _group(self) -> None:
        compared = self._compared
        if compared is None:
            return
        job = Job("group crops", grouped, compared, self._page.threshold)
        job.succeeded.connect(self._take_groups)
        self._context.lanes.disk.replace(job)

    def _take_groups(self, groups: Groups) -> None:
        if groups.threshold == self._page.threshold:  # else the next ones are on their way
            crops = self._gallery.crops
            self._groups = groups if self._current or crops is None else _without_gone(groups, crops)
            groups = self._groups
            self._page.list.set_lines(len(groups.groups), self._line)
            self._say()

    # What is shown ---------------------------------------------------------------------------------------------------

    def _say(self) -> None:
        """At once, while the slider moves: in a forest there is a link less than crops in each group."""
        compared, crops = self._compared, self._gallery.crops
        if compared is None or crops is None:
            return
        if not self._current and self._groups is not None:  # what is left of them, until they are compared anew
            groups, superfluous = len(self._groups.groups), len(self._groups.others)
            linked = groups + superfluous
        else:
            superfluous = compared.found.count(self._page.threshold)
            linked = int(compared.linked[superfluous])
            groups = linked - superfluous
        ready = self._ready()
        if not groups:
            self._page.set_found(NONE, "", 0, False)
            return
        count = f"{counted(linked, 'crop')} in {counted(groups, 'group')}; {superfluous:,} more than needed."
        self._page.set_found(count, self._plan(crops) if ready else "", groups, ready is not None)

    def _ready(self) -> Groups | None:
        """The groups, where they are those of the slider and of the crops as they are."""
        groups = self._groups
        return groups if groups is not None and self._current and groups.threshold == self._page.threshold else None

    def _plan(self, crops: Crops) -> str:
        groups = self._ready()
        if groups is None:
            return ""
        marked = int(crops.table.near_duplicates[crops.rows_of(groups.others)].sum())
        already = f", {marked:,} of them already" if marked else ""
        return f"Keeping the sharpest of each group: training skips {counted(len(groups.others), 'crop')}{already}."

    def _line(self, number: int) -> CropLine:
        groups, crops = self._groups, self._gallery.crops
        if groups is None or crops is None or number >= len(groups.groups):
            return CropLine((), "")
        ids = groups.groups[number]
        rows = crops.rows_of(ids[:MOST_DRAWN].tolist())
        if not len(rows):
            return CropLine((), "removed")
        shown = tuple(crop_at(crops, int(row)) for row in rows)
        name, color = label_of(crops, int(rows[0]))
        media = {int(medium) for medium in crops.table.media[rows]}
        where = crops.media[media.pop()].path.rsplit("/", 1)[-1] if len(media) == 1 else f"{len(media)} media"
        return CropLine(shown, f"{len(ids):,} × {name}", where, color, len(ids), ringed=True)

    def _show_group(self, number: int) -> None:
        groups = self._groups
        if groups is not None and number < len(groups.groups):
            ids = groups.groups[number].tolist()
            self._gallery.listed = Listed(tuple(ids), f"{counted(len(ids), 'near-duplicate')}, the sharpest first")

    def _show_all(self) -> None:
        groups = self._groups
        if groups is not None and groups.groups:
            ids = np.concatenate(groups.groups).tolist()
            title = f"{counted(len(ids), 'near-duplicate')} in {counted(len(groups.groups), 'group')}"
            self._gallery.listed = Listed(tuple(ids), title)

    # Edits -----------------------------------------------------------------------------------------------------------

    def _flag(self) -> None:
        if (groups := self._ready()) and not refuse_read_only(self._context, "near-duplicates"):
            plan = Sparing(groups.kept.tolist(), groups.others.tolist())
            plan_and_apply(self._context, "skip near-duplicates", plan, None)

    def _remove(self) -> None:
        if (groups := self._ready()) and not refuse_read_only(self._context, "near-duplicates"):
            plan_and_apply(self._context, "remove near-duplicates", Removal(groups.others.tolist()), None)


def _without_gone(groups: Groups, crops: Crops) -> Groups:
    """Without crops that are no more; one alone is no group."""
    left = [ids[np.isin(ids, crops.table.ids)] for ids in groups.groups]
    left = [ids for ids in left if len(ids) > 1]
    kept = np.array([ids[0] for ids in left], np.int64)
    others = np.concatenate([np.zeros(0, np.int64), *(ids[1:] for ids in left)])
    return Groups(groups.threshold, tuple(left), kept, others)


def _alike(one: Crops, other: Crops) -> bool:
    """Whether a comparison of the crops would be the same."""
    a, b = one.table, other.table
    names = ("ids", "labels", "media", "frames", "boxes", "states")
    return a is b or (len(a) == len(b) and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names))


def compare(networks: LaneNetworks, folder: Path, control: Control) -> Compared:
    """On the batch lane: compare all crops of a project."""
    control.progress(0.0, "reading the crops")
    from studio.ml.gallery import material
    from studio.ml.gallery.reading import portion

    own = networks.on("batch")

    def work() -> Compared:
        with Project.open(folder) as project:
            read = material.read_material(project, own, portion(control, 0.0, 0.5))
            found, looks = material.compare(read, portion(control, 0.5, 0.5))
            firsts = np.unique(found.links, return_index=True)[1] // 2  # the link that joins each crop first
            linked = np.concatenate([[0], np.bincount(firsts, minlength=len(found.links)).cumsum()])
            return Compared(replace(read.crops, measures={}), found, looks, linked)

    return own.on_device(work)


def grouped(compared: Compared, threshold: float, control: Control) -> Groups:
    """On the disk lane: the groups at a threshold."""
    groups = compared.found.groups(threshold)
    control.checkpoint()
    flat = np.concatenate([np.zeros(0, np.int64), *groups])
    number = np.repeat(np.arange(len(groups)), [len(ids) for ids in groups])
    looks = compared.looks
    sharpness = np.nan_to_num(looks.sharpness[np.searchsorted(looks.ids, flat)], nan=-np.inf)
    flat = flat[np.lexsort((-sharpness, number))]  # of equally sharp ones the oldest stays, as it comes first
    starts = np.searchsorted(number, np.arange(len(groups)))
    others = np.delete(flat, starts)
    return Groups(threshold, tuple(np.split(flat, starts[1:])) if groups else (), flat[starts], others)
