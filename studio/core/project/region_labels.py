"""What a change of many regions has to know of them first: their labels and tracks, as arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.project.bulk import as_text
from studio.core.project.project import Project

_COLUMNS = ("ids", "labels", "tracks")
_ROW = np.dtype([(name, np.int64) for name in _COLUMNS])


@dataclass(frozen=True, eq=False)
class RegionLabels:
    """Some of the present regions.

    Attributes:
        ids, labels: int64 `(n,)`.
        tracks: int64 `(n,)`; 0 for none.
    """

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    tracks: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def without(self, label: int) -> RegionLabels:
        """Those that have another label."""
        others = self.labels != label
        return RegionLabels(self.ids[others], self.labels[others], self.tracks[others])

    def on(self, tracks: Collection[int]) -> NDArray[np.bool_]:
        """Which of them are on one of these tracks, bool `(n,)`."""
        return np.isin(self.tracks, np.fromiter(tracks, np.int64, len(tracks)))

    def whole_tracks(self, project: Project, objects_only: bool) -> frozenset[int]:
        """The tracks of which all regions are among these; `objects_only`: but for the negatives beside them."""
        tracks, place = np.unique(self.tracks, return_inverse=True)
        label_of = {track.id: track.label for track in project.tracks()}
        labels = np.array([label_of.get(track, 0) for track in tracks.tolist()], np.int64)
        counted = self.labels == labels[place] if objects_only else np.ones(len(self), bool)
        here = np.bincount(place[counted], minlength=len(tracks))
        total = _counts(project, tracks.tolist(), objects_only)
        both = zip(tracks.tolist(), here.tolist(), strict=True)
        return frozenset(track for track, count in both if track in label_of and total.get(track, 0) == count)


def read_labels(project: Project, regions: Iterable[int]) -> RegionLabels:
    """What these regions hold now, as far as they are there."""
    query = (
        "SELECT id, CAST(label AS INTEGER), coalesce(CAST(track AS INTEGER), 0) FROM regions"
        " WHERE until IS NULL AND id IN (SELECT value FROM json_each(?))"
    )
    with project.reading():
        parts = [np.fromiter(project.connection.execute(query, (ids,)), _ROW) for ids in as_text(regions)]
    rows = np.concatenate(parts) if parts else np.empty(0, _ROW)
    return RegionLabels(*(np.ascontiguousarray(rows[name]) for name in _COLUMNS))


def _counts(project: Project, tracks: Collection[int], objects_only: bool) -> dict[int, int]:
    """How many regions each track has now."""
    what = "sum(r.label = t.label)" if objects_only else "count(*)"
    query = (
        f"SELECT r.track, {what} FROM regions r JOIN tracks t ON t.id = r.track AND t.until IS NULL"
        " WHERE r.until IS NULL AND r.track IN (SELECT value FROM json_each(?)) GROUP BY r.track"
    )
    with project.reading():
        return {track: n for ids in as_text(tracks) for track, n in project.connection.execute(query, (ids,))}
