"""What is done to the selected crops, as one step of the history, and which crop is selected after it."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from studio.controllers.context import Context
from studio.controllers.edits import apply_edit, plan_and_apply, refuse_read_only
from studio.controllers.gallery.acts import Relabelling, Removal, Reviewing
from studio.controllers.wires import Wires
from studio.core.errors import StudioError
from studio.core.project import BACKGROUND, LabelRow, Project
from studio.core.project.edits import Planned
from studio.state.gallery import GalleryState

NOTHING = "No crop is selected: click some in the gallery, draw a frame around them, or press Ctrl+A."
PAST = "These are the crops of an earlier moment; close the list to change those of now."
HIDDEN = "What is selected is not among the crops shown here."
_FEW = 300  # crops that are looked up and changed within a blink


class Acting:
    """Acts on the session's selection. Where that leaves the grid by it, the crop after it is selected."""

    def __init__(self, context: Context, gallery: GalleryState) -> None:
        self._context, self._gallery = context, gallery
        self._acted: frozenset[int] = frozenset()  # what was done something to last
        self._heir = 0  # the crop after these; 0 for none
        self._gone: set[int] = set()  # removed, and perhaps still shown
        self._wires = Wires()
        self._wires.connect(gallery.shown_changed, self._move_on)

    def close(self) -> None:
        self._wires.cut()

    def relabel(self, label: LabelRow) -> None:
        if regions := self.begin():
            self._change(f"relabel crops to {label.name}", regions, Relabelling(regions, label))

    def remove(self) -> None:
        if (regions := self.begin()) and self._change("remove crops", regions, Removal(regions)):
            self.leave(regions)

    def leave(self, regions: frozenset[int]) -> None:
        """These, which an act began with, are removed: the crop after them is selected."""
        self._gone |= regions
        self._context.session.selection = frozenset({self._heir} if self._heir else ())

    def review(self) -> None:
        """Mark them as reviewed; where all are, take it back."""
        crops = self._gallery.crops
        if crops is not None and (regions := self.begin()):
            done = bool(crops.table.reviewed[crops.rows_of(regions)].all())
            self._change("review crops", regions, Reviewing(regions, not done))

    def begin(self) -> frozenset[int]:
        """What is selected, shown and can be changed, which is selected alone then; remembers what comes after it.

        Where there is none, why is said.
        """
        session = self._context.session
        if self._gallery.past:
            self._context.board.say(PAST)
            return frozenset()
        regions = self._shown(session.selection)
        if regions:
            session.selection = regions
            self._acted, self._heir = regions, self._after(regions)
        else:
            self._context.board.say(HIDDEN if self._there(session.selection) else NOTHING)
        return regions

    def _there(self, regions: frozenset[int]) -> bool:
        """Whether any of them is a crop of now; what was selected may be gone."""
        crops = self._gallery.crops
        return crops is not None and bool(len(crops.rows_of(regions)))

    def _shown(self, regions: frozenset[int]) -> frozenset[int]:
        """Those among the crops shown: nobody changes what a filter hides from them."""
        crops = self._gallery.crops
        if crops is None:
            return regions
        shown = np.zeros(len(crops), bool)
        shown[self._gallery.shown] = True
        rows = crops.rows_of(regions)
        if len(rows) == len(regions) and shown[rows].all():
            return regions
        return frozenset(crops.table.ids[rows[shown[rows]]].tolist())

    def _after(self, regions: Collection[int]) -> int:
        """The crop that is shown after the first of these, else before, and is not one of them; 0 where none is."""
        crops = self._gallery.crops
        if crops is None:
            return 0
        leaving = np.zeros(len(crops), bool)
        leaving[crops.rows_of(regions)] = True
        gone = leaving.copy()
        gone[crops.rows_of(self._gone)] = True
        shown = self._gallery.shown
        staying = np.flatnonzero(~gone[shown])
        if not len(staying) or not leaving[shown].any():
            return 0
        after = min(int(np.searchsorted(staying, np.argmax(leaving[shown]))), len(staying) - 1)
        return int(crops.table.ids[shown[staying[after]]])

    def _move_on(self) -> None:
        """Other crops are shown: where those that were acted on are not among them, the one after them is selected."""
        crops, session = self._gallery.crops, self._context.session
        self._gone.clear()
        if not self._heir or crops is None or self._gallery.past:
            return
        if session.selection != self._acted:
            self._heir = 0
            return
        shown = np.zeros(len(crops), bool)
        shown[self._gallery.shown] = True
        if not shown[crops.rows_of(self._acted)].any() and shown[crops.rows_of((self._heir,))].any():
            session.selection = frozenset({self._heir})
            self._heir = 0

    def _change(self, title: str, regions: frozenset[int], plan: Callable[[Project, object], Planned]) -> bool:
        """One step of the history; behind the window where there is much to look up. Whether it was begun."""
        context = self._context
        if refuse_read_only(context, title):
            return False
        if len(regions) > _FEW:
            plan_and_apply(context, title, plan, None)
            return True
        try:
            apply_edit(context, plan(context.project.project, None).edit)
        except StudioError as error:
            context.board.problem(error, title)
            return False
        return True


def labels_in_order(context: Context) -> list[LabelRow]:
    """As the labels dock lists them, `background` last."""
    return sorted(context.project.labels.values(), key=lambda row: (row.name == BACKGROUND, row.id))
