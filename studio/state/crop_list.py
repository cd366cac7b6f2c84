"""The regions of all media as a list of crops: filtered, ordered, and never as 100,000 objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from studio.core.crop import Crop
from studio.core.geometry import Box
from studio.core.project import LabelRow, MediumRow
from studio.core.project.region_table import ORDERS, STATES, RegionTable
from studio.state.roles import Role

Index = QModelIndex | QPersistentModelIndex
_WORDS = {"occluded": "occluded", "outside": "outside", "ignore": "ignored", "rejected": "rejected"}


@dataclass(frozen=True, slots=True)
class ShownCrop:
    """What a cell of the grid shows.

    Attributes:
        region: its id.
        crop: its pixels.
        label: its row, or None where that is gone.
        score: 0…1, or None.
        keyframe, near_duplicate: of the region.
        state: of the region.
    """

    region: int
    crop: Crop
    label: LabelRow | None
    score: float | None
    keyframe: bool
    near_duplicate: bool
    state: str


class CropList(QAbstractListModel):
    """Crops of one label or of all, in one of `ORDERS`."""

    def __init__(self) -> None:
        super().__init__()
        self._table: RegionTable | None = None
        self._rows: NDArray[np.intp] = np.zeros(0, np.intp)
        self._labels: Mapping[int, LabelRow] = {}
        self._media: Mapping[int, MediumRow] = {}
        self._label: int | None = None
        self._order = ORDERS[0]

    @property
    def table(self) -> RegionTable | None:
        """All regions; None before they were read."""
        return self._table

    def set_table(self, table: RegionTable) -> None:
        self._arrange(table, self._label, self._order)

    def set_filter(self, label: int | None) -> None:
        """Show the crops of one label, or of all."""
        if label != self._label:
            self._arrange(self._table, label, self._order)

    def set_order(self, order: str) -> None:
        if order != self._order:
            self._arrange(self._table, self._label, order)

    def set_names(self, labels: Mapping[int, LabelRow], media: Mapping[int, MediumRow]) -> None:
        self._labels, self._media = dict(labels), dict(media)
        if len(self._rows):
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def _arrange(self, table: RegionTable | None, label: int | None, order: str) -> None:
        rows = np.zeros(0, np.intp) if table is None else table.arranged(label, order)
        self.beginResetModel()
        self._table, self._rows, self._label, self._order = table, rows, label, order
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def region(self, row: int) -> int:
        """The id of the region in a row."""
        assert self._table is not None
        return int(self._table.ids[self._rows[row]])

    def regions(self, runs: Iterable[tuple[int, int]]) -> frozenset[int]:
        """The ids of the regions in runs of rows, each with its first and last row."""
        if self._table is None:
            return frozenset()
        ids = self._table.ids[self._rows]
        return frozenset(chain.from_iterable(ids[first : last + 1].tolist() for first, last in runs))

    def runs_of(self, regions: Iterable[int]) -> list[tuple[int, int]]:
        """The rows of these regions that are shown, as the first and last of each run."""
        rows = self.rows_of(regions)
        starts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
        ends = np.append(starts[1:], len(rows)) - 1
        return list(zip(rows[starts].tolist(), rows[ends].tolist(), strict=True)) if len(rows) else []

    def rows_of(self, regions: Iterable[int]) -> NDArray[np.intp]:
        """The rows of these regions that are shown, ascending."""
        if self._table is None:
            return np.zeros(0, np.intp)
        return np.flatnonzero(np.isin(self._table.ids[self._rows], np.fromiter(regions, np.int64)))

    def shown(self, row: int) -> ShownCrop:
        table = self._table
        assert table is not None
        at = self._rows[row]
        score = float(table.scores[at])
        return ShownCrop(
            int(table.ids[at]),
            Crop(int(table.media[at]), int(table.frames[at]), Box(*table.boxes[at].tolist())),
            self._labels.get(int(table.labels[at])),
            None if np.isnan(score) else score,
            bool(table.keyframes[at]),
            bool(table.near_duplicates[at]),
            STATES[table.states[at]],
        )

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        if not index.isValid():
            return None
        if role == Role.ID:
            return self.region(index.row())
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._tip(self.shown(index.row()))
        return None

    def _tip(self, shown: ShownCrop) -> str:
        medium = self._media.get(shown.crop.medium)
        first = [shown.label.name if shown.label else "no label"]
        first += [f"{shown.score:.2f}"] if shown.score is not None else []
        first += [_WORDS[shown.state]] if shown.state in _WORDS else []
        marks = [word for on, word in ((shown.keyframe, "keyframe"), (shown.near_duplicate, "near-duplicate")) if on]
        place = f"{medium.path.rsplit('/', 1)[-1] if medium else '?'}, frame {shown.crop.frame}"
        return "\n".join([" · ".join(first), place, *([", ".join(marks)] if marks else [])])
