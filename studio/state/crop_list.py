"""The regions of all media as a list of crops: filtered, ordered, and never as 100,000 objects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from math import isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from studio.core.crop import Crop
from studio.core.gallery.crops import SPLITS, Crops
from studio.core.geometry import Box
from studio.core.project import LabelRow
from studio.core.project.row_checks import AUTHORS, STATES
from studio.state.roles import Role

Index = QModelIndex | QPersistentModelIndex
MADE_BY = {"human": "drawn by hand", "tracker": "followed", "head": "found by a head", "import": "imported"}
_WORDS = {"occluded": "occluded", "outside": "outside", "ignore": "ignored", "rejected": "rejected"}


@dataclass(frozen=True, slots=True)
class ShownCrop:
    """What a cell of the grid shows.

    Attributes:
        region: its id.
        crop: its pixels.
        label: its row, or None where that is gone.
        score: of the active head where it was measured, else of what made it; 0…1, or None.
        doubt: 1 at the active head's decision, 0 where it is sure; None where it was not measured.
        keyframe, near_duplicate: of the region.
        state, author: of the region.
        reviewed: a person found it right.
        split: one of `SPLITS`.
    """

    region: int
    crop: Crop
    label: LabelRow | None
    score: float | None
    doubt: float | None
    keyframe: bool
    near_duplicate: bool
    state: str
    author: str
    reviewed: bool
    split: str


class CropList(QAbstractListModel):
    """Some of all crops, in an order."""

    def __init__(self) -> None:
        super().__init__()
        self._crops: Crops | None = None
        self._rows: NDArray[np.intp] = np.zeros(0, np.intp)

    @property
    def crops(self) -> Crops | None:
        """All of them; None before they were read."""
        return self._crops

    def show(self, crops: Crops, rows: NDArray[np.intp]) -> None:
        """Show these rows of `crops`, in their order."""
        self.beginResetModel()
        self._crops, self._rows = crops, rows
        self.endResetModel()

    def show_again(self, crops: Crops) -> None:
        """The same regions with other names, colours or measures."""
        self._crops = crops
        if len(self._rows):
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def region(self, row: int) -> int:
        """The id of the region in a row."""
        assert self._crops is not None
        return int(self._crops.table.ids[self._rows[row]])

    def regions(self, runs: Iterable[tuple[int, int]]) -> frozenset[int]:
        """The ids of the regions in runs of rows, each with its first and last row."""
        if self._crops is None:
            return frozenset()
        ids = self._crops.table.ids[self._rows]
        return frozenset(chain.from_iterable(ids[first : last + 1].tolist() for first, last in runs))

    def runs_of(self, regions: Iterable[int]) -> list[tuple[int, int]]:
        """The rows of these regions that are shown, as the first and last of each run."""
        rows = self.rows_of(regions)
        starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
        ends = np.append(starts[1:], len(rows)) - 1
        return list(zip(rows[starts].tolist(), rows[ends].tolist(), strict=True)) if len(rows) else []

    def rows_of(self, regions: Iterable[int]) -> NDArray[np.intp]:
        """The rows of these regions that are shown, ascending."""
        if self._crops is None:
            return np.zeros(0, np.intp)
        wanted = np.zeros(len(self._crops), bool)
        wanted[self._crops.rows_of(regions)] = True
        return np.flatnonzero(wanted[self._rows])

    def crop(self, row: int) -> Crop:
        """The pixels of the crop in a row."""
        return self.crops_in([row])[0]

    def crops_in(self, rows: Iterable[int]) -> list[Crop]:
        """The pixels of the crops in some rows: a screen of them at once, while somebody scrolls."""
        if self._crops is None:
            return []
        table, at = self._crops.table, self._rows[np.fromiter(rows, np.intp)]
        columns = table.media[at].tolist(), table.frames[at].tolist(), table.boxes[at].tolist()
        return [Crop(medium, frame, Box(*box)) for medium, frame, box in zip(*columns, strict=True)]

    def shown(self, row: int) -> ShownCrop:
        assert self._crops is not None
        crops, table = self._crops, self._crops.table
        at = self._rows[row]
        return ShownCrop(
            int(table.ids[at]),
            self.crop(row),
            crops.labels.get(int(table.labels[at])),
            _first_known(self._measured("score", at), float(table.scores[at])),
            _first_known(self._measured("doubt", at)),
            bool(table.keyframes[at]),
            bool(table.near_duplicates[at]),
            STATES[table.states[at]],
            AUTHORS[table.authors[at]],
            bool(table.reviewed[at]),
            SPLITS[crops.splits[at]],
        )

    def _measured(self, name: str, at: np.intp) -> float:
        """A measure of one crop; NaN where it is unknown. In all of them there is no time to look while painting."""
        assert self._crops is not None
        known, region = self._crops.measures.get(name), self._crops.table.ids[at]
        place = 0 if known is None else int(known.ids.searchsorted(region))
        there = known is not None and place < len(known.ids) and known.ids[place] == region
        return float(known.values[place]) if known is not None and there else nan

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        if not index.isValid():
            return None
        if role == Role.ID:
            return self.region(index.row())
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._tip(self.shown(index.row()))
        return None

    def _tip(self, shown: ShownCrop) -> str:
        medium = self._crops.media.get(shown.crop.medium) if self._crops else None
        first = [shown.label.name if shown.label else "no label"]
        first += [f"score {shown.score:.2f}"] if shown.score is not None else []
        first += [f"doubt {shown.doubt:.2f}"] if shown.doubt is not None else []
        marks = [MADE_BY[shown.author], shown.split and f"split {shown.split}", _WORDS.get(shown.state)]
        flags = (shown.keyframe, "keyframe"), (shown.near_duplicate, "near-duplicate"), (shown.reviewed, "reviewed")
        marks += [word for on, word in flags if on]
        place = f"{medium.path.rsplit('/', 1)[-1] if medium else '?'}, frame {shown.crop.frame}"
        return "\n".join([" · ".join(first), place, ", ".join(mark for mark in marks if mark)])


def _first_known(*values: float) -> float | None:
    """The first that is a number."""
    return next((value for value in values if not isnan(value)), None)
