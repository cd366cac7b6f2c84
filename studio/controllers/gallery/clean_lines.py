"""Crops as lines of a list: what they show, where they are, and the selection both ways."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from studio.controllers.context import Context
from studio.controllers.edits import apply_edit, refuse_read_only
from studio.controllers.wires import Wires
from studio.core.crop import Crop
from studio.core.errors import StudioError
from studio.core.gallery.crops import Crops
from studio.core.geometry import Box
from studio.core.project import Project
from studio.core.project.edits import Planned
from studio.core.project.row_checks import STATES
from studio.state.gallery import GalleryState, Listed
from studio.views.gallery.clean_page import ListPage
from studio.views.gallery.crop_lines import CropLine

Ids = NDArray[np.int64]
SHOWN = [STATES.index("visible"), STATES.index("occluded")]  # of crops that show what their label says


def crop_at(crops: Crops, row: int) -> Crop:
    """What a row of the table shows."""
    table = crops.table
    return Crop(int(table.media[row]), int(table.frames[row]), Box(*table.boxes[row].tolist()))


def place_at(crops: Crops, row: int) -> str:
    """ "frame 120 · clip.mp4"."""
    return place_of(crops, int(crops.table.media[row]), int(crops.table.frames[row]))


def place_of(crops: Crops, medium: int, frame: int) -> str:
    known = crops.media.get(medium)
    return f"frame {frame:,} · {known.path.rsplit('/', 1)[-1] if known else '?'}"


def label_of(crops: Crops, row: int) -> tuple[str, str]:
    """The name and the colour of a row's label."""
    label = crops.labels.get(int(crops.table.labels[row]))
    return (label.name, label.color) if label else ("?", "")


def act(context: Context, doing: str, plan: Callable[[Project], Planned]) -> None:
    """Change a few rows as one step; a problem is said."""
    if refuse_read_only(context, doing):
        return
    try:
        apply_edit(context, plan(context.project.project).edit)
    except StudioError as error:
        context.board.problem(error, doing)


class RegionLines:
    """Regions in the list of a section: going to a line selects its crop, and selecting a crop goes to its line.

    Attributes:
        ids: of the regions, in the order of the lines.
    """

    def __init__(
        self,
        context: Context,
        gallery: GalleryState,
        page: ListPage,
        title: Callable[[int], str],
        words: Callable[[Crops, int, int], str],
        chosen: Callable[[int], None],
    ) -> None:
        """Bind the list.

        Args:
            context: whose session has the selection.
            gallery: whose crops they are.
            page: of the section.
            title: what so many of them are called, where they are shown in the grid.
            words: of a crop, by its row of the table and its place in the list.
            chosen: called with the region whose line is chosen, 0 for none.
        """
        self._context, self._gallery, self._page = context, gallery, page
        self._title, self._words, self._chosen = title, words, chosen
        self.ids: Ids = np.zeros(0, np.int64)
        self._wires = Wires()
        self._wires.connect(page.list.chosen, self._on_chosen)
        self._wires.connect(page.list.opened, self._open)
        self._wires.connect(context.session.selection_changed, self._follow)

    def close(self) -> None:
        self._wires.cut()

    @property
    def region(self) -> int:
        """That of the chosen line; 0 for none."""
        row = self._page.list.row
        return int(self.ids[row]) if 0 <= row < len(self.ids) else 0

    def show(self, ids: Ids) -> None:
        """Show these; where what was chosen is gone, its successor is, and selected if that was and nothing else."""
        before, self.ids = self.region, ids
        self._page.list.set_lines(len(ids), self._line)
        self._page.set_count(len(ids))
        if before and before in ids:
            self._page.list.choose(int(np.flatnonzero(ids == before)[0]))
        elif self.region and self._context.session.selection == {before}:
            self._context.session.selection = frozenset({self.region})
        self._chosen(self.region)

    def _row(self, number: int) -> tuple[Crops, int] | None:
        """The crops and the row of a line's region; None where it is gone."""
        crops = self._gallery.crops
        if crops is None or not 0 <= number < len(self.ids):
            return None
        rows = crops.rows_of((int(self.ids[number]),))
        return (crops, int(rows[0])) if len(rows) else None

    def _line(self, number: int) -> CropLine:
        if (found := self._row(number)) is None:
            return CropLine((), "")
        crops, row = found
        words = self._words(crops, row, number)
        return CropLine((crop_at(crops, row),), words, place_at(crops, row), label_of(crops, row)[1])

    def _on_chosen(self, number: int) -> None:
        self._context.session.selection = frozenset({int(self.ids[number])})
        seen, shown = self._gallery.seen, self._gallery.shown
        if seen is None or self.region not in seen.table.ids[shown]:
            self._gallery.listed = Listed(tuple(self.ids.tolist()), self._title(len(self.ids)))
        self._chosen(self.region)

    def _follow(self, selection: frozenset[int]) -> None:
        if len(selection) == 1 and self.region not in selection:
            (region,) = selection
            at = np.flatnonzero(self.ids == region)
            if len(at):
                self._page.list.choose(int(at[0]))

    def _open(self, number: int) -> None:
        if (found := self._row(number)) is not None:
            crop = crop_at(*found)
            self._context.session.playing = False
            self._context.session.go(crop.medium, crop.frame)
