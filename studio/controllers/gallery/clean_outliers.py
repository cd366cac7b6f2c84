"""Outliers: crops that are unlike the others of their label."""

from __future__ import annotations

import numpy as np

from studio.controllers.context import Context
from studio.controllers.gallery.acts import Removal, Reviewing
from studio.controllers.gallery.clean_lines import SHOWN, Ids, RegionLines, act, label_of
from studio.core.gallery.crops import Crops
from studio.core.project.edits import counted
from studio.state.gallery import GalleryState
from studio.views.gallery.clean_page import ListPage

FAR = 3.0  # robust deviations
MUCH = 100  # where nearly all crops are the same, the others are thousands away
IN_GRID = f"outlier>{FAR:g} -reviewed"
MEASURING = "Measuring how far each crop lies from its label…"
NONE = "No crop lies far from the others of its label."


class OutliersSection:
    """What the measure says, which is kept up as long as somebody looks."""

    def __init__(self, context: Context, gallery: GalleryState, page: ListPage) -> None:
        self._context, self._gallery, self._page = context, gallery, page
        self._lines = RegionLines(context, gallery, page, _title, self._words, self._describe)
        page.done.connect(self._do)
        page.show_wanted.connect(self._show_all)

    def close(self) -> None:
        self._lines.close()

    def look(self, looked_at: bool) -> None:
        self._gallery.want("clean", ("outlier",) if looked_at else ())
        if looked_at:
            self.refresh()

    def refresh(self) -> None:
        """The crops or what is measured of them are others."""
        crops = self._gallery.crops
        if crops is None:
            return
        if "outlier" not in crops.measures:
            self._page.set_summary(MEASURING, "dim")
            return
        ids = outlying(crops)
        self._lines.show(ids)
        if len(ids):
            text = f"{counted(len(ids), 'crop')} more than {FAR:g} deviations from the others of their label."
            self._page.set_summary(text)
        else:
            self._page.set_summary(NONE, "good")

    def _words(self, crops: Crops, row: int, number: int) -> str:
        far = float(crops.measure("outlier")[row])
        return f"{label_of(crops, row)[0]}, {f'{far:.1f}' if far < MUCH else f'over {MUCH}'} deviations away"

    def _describe(self, region: int) -> None:
        self._page.set_chosen("", {} if region else None)

    def _do(self, name: str) -> None:
        region = self._lines.region
        if region and name == "right":
            act(self._context, "review a crop", Reviewing((region,), True))
        elif region:
            act(self._context, "remove a crop", Removal((region,)))

    def _show_all(self) -> None:
        self._gallery.listed = None
        self._gallery.order, self._gallery.backwards = "outlier", False
        self._gallery.query = IN_GRID


def _title(count: int) -> str:
    return counted(count, "outlier")


def outlying(crops: Crops) -> Ids:
    """The crops far from their label that nobody reviewed, the farthest first."""
    table, far = crops.table, crops.measure("outlier")
    rows = np.flatnonzero((far > FAR) & ~table.reviewed & np.isin(table.states, SHOWN))
    return table.ids[rows[np.argsort(-far[rows], kind="stable")]]
