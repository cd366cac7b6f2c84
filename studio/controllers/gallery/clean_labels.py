"""Suspected label errors: ranked, with reasons, and mended with one key each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from studio.controllers.context import Context
from studio.controllers.gallery.acts import Ignoring, Relabelling, Removal, Reviewing
from studio.controllers.gallery.clean_lines import SHOWN, Ids, RegionLines, act
from studio.controllers.gallery.runs import Run
from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.gallery.crops import Crops
from studio.core.gallery.measures import Measure
from studio.core.project import LabelRow, Project
from studio.core.project.edits import counted
from studio.state.gallery import GalleryState
from studio.views.gallery.clean_page import ListPage

if TYPE_CHECKING:
    from studio.ml.gallery.label_errors import LabelErrors

LEAST = 0.5  # suspicion: another label is as likely
IN_GRID = f"suspicion>{LEAST} -reviewed"
NONE = "No label looks wrong."
FEW = "There is too little to judge labels by: it needs two labels, background among them, with several crops each."


@dataclass(frozen=True, eq=False)
class Judged:
    """What a worker found.

    Attributes:
        errors: of all crops.
        labels: int64 `(n,)`: those that they had then.
    """

    errors: LabelErrors
    labels: Ids


class LabelsSection:
    """Judges once when it is looked at, and again when that is wished: an order that moves is no order."""

    def __init__(self, context: Context, gallery: GalleryState, page: ListPage) -> None:
        self._context, self._gallery, self._page = context, gallery, page
        self._judged: Judged | None = None
        self._run = Run(context, page.bar)
        self._lines = RegionLines(context, gallery, page, _title, self._words, self._describe)
        page.bar.run_wanted.connect(self._judge)
        page.done.connect(self._do)
        page.show_wanted.connect(self._show_all)

    def close(self) -> None:
        self._lines.close()
        self._run.close()

    def look(self, looked_at: bool) -> None:
        if looked_at and self._judged is None and not self._run.running and not self._run.stopped:
            self._judge()
        if looked_at:
            self.refresh()

    def refresh(self) -> None:
        """The crops are others: what was mended drops out."""
        crops, judged = self._gallery.crops, self._judged
        if crops is None or judged is None:
            return
        ids = suspects(judged, crops)
        self._lines.show(ids)
        if len(ids):
            self._page.set_summary(
                f"Another label is likelier for {counted(len(ids), 'crop')}; the most suspect first."
            )
        elif not np.isfinite(judged.errors.suspicion).any():
            self._page.set_summary(FEW, "dim")
        else:
            self._page.set_summary(NONE, "good")

    def _judge(self) -> None:
        asked = self._context.networks, self._context.project.folder
        self._run.start("look for wrong labels", judge, *asked, take=self._take)

    def _take(self, judged: Judged) -> None:
        self._judged = judged
        errors = judged.errors
        self._gallery.set_measure(Measure("suspicion", errors.ids, errors.suspicion))  # which refreshes this too

    # Lines -----------------------------------------------------------------------------------------------------------

    def _best(self, region: int) -> LabelRow | None:
        """The suggestion."""
        judged, crops = self._judged, self._gallery.crops
        if judged is None or crops is None or not region:
            return None
        row = int(np.searchsorted(judged.errors.ids, region))
        return crops.labels.get(int(judged.errors.best[row]))

    def _words(self, crops: Crops, row: int, number: int) -> str:
        label = crops.labels.get(int(crops.table.labels[row]))
        best = self._best(int(crops.table.ids[row]))
        turn = f"{label.name if label else '?'} → {best.name if best else '?'}"
        judged = self._judged
        if judged is None:
            return turn
        at = int(np.searchsorted(judged.errors.ids, crops.table.ids[row]))
        return f"{turn}\n{judged.errors.own[at]:.2f} against {judged.errors.other[at]:.2f}"

    def _describe(self, region: int) -> None:
        crops, judged, best = self._gallery.crops, self._judged, self._best(region)
        if crops is None or judged is None or best is None:
            self._page.set_chosen("")
            return
        names = {label: row.name for label, row in crops.labels.items()}
        own = names.get(int(crops.table.labels[crops.rows_of((region,))[0]]), "?")
        reason = judged.errors.reason(region, own, names)
        self._page.set_chosen(f"{reason[:1].upper()}{reason[1:]}.", {"take": f"It is {best.name}"})

    def _do(self, name: str) -> None:
        region, best = self._lines.region, self._best(self._lines.region)
        if not region:
            return
        if name == "take" and best is not None:
            act(self._context, "relabel a crop", Relabelling((region,), best))
        elif name == "right":
            act(self._context, "review a crop", Reviewing((region,), True))
        elif name == "ignore":
            act(self._context, "ignore a crop", Ignoring((region,)))
        elif name == "remove":
            act(self._context, "remove a crop", Removal((region,)))

    def _show_all(self) -> None:
        self._gallery.listed = None
        self._gallery.order, self._gallery.backwards = "suspicion", False
        self._gallery.query = IN_GRID


def _title(count: int) -> str:
    return f"{counted(count, 'suspected label')}, the most suspect first"


def suspects(judged: Judged, crops: Crops) -> Ids:
    """The crops whose label is probably wrong and still what it was, that nobody reviewed; the most suspect first."""
    errors, table = judged.errors, crops.table
    if not len(table):
        return np.zeros(0, np.int64)
    at = np.minimum(np.searchsorted(table.ids, errors.ids), len(table) - 1)
    wrong = (table.ids[at] == errors.ids) & (table.labels[at] == judged.labels) & ~table.reviewed[at]
    wrong &= np.isin(table.states[at], SHOWN) & (errors.suspicion >= LEAST)
    wrong &= np.isin(errors.best, np.fromiter(crops.labels, np.int64))
    rows = np.flatnonzero(wrong)
    return errors.ids[rows[np.argsort(-errors.suspicion[rows], kind="stable")]]


def judge(networks: LaneNetworks, folder: Path, control: Control) -> Judged:
    """On the batch lane: judge all labels of a project."""
    control.progress(0.0, "reading the crops")
    from studio.ml.gallery.material import judge_labels, read_material
    from studio.ml.gallery.reading import portion

    own = networks.on("batch")

    def work() -> Judged:
        with Project.open(folder) as project:
            material = read_material(project, own, portion(control, 0.0, 0.5))
            errors = judge_labels(material, portion(control, 0.5, 0.5))
            table = material.crops.table
            return Judged(errors, table.labels[np.searchsorted(table.ids, errors.ids)])

    return own.on_device(work)
