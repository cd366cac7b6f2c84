"""What differs between the regions of two moments of a project."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.project import Project
from studio.core.project.region_table import RegionTable, read_versions

Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DataSetDiff:
    """How the regions of one position of the history become those of another; a region is in one list at most.

    Attributes:
        before, after: the positions.
        added: int64, ascending: ids of regions that are only there after.
        removed: of those that are only there before.
        relabelled: of those with another label.
        moved: of those with the same label and another box.
        changed: of those that differ otherwise: state, track, near-duplicate, keyframe, reviewed, score, author.
        old_labels, new_labels: int64, beside `relabelled`: ids of labels.
    """

    before: int
    after: int
    added: Ids
    removed: Ids
    relabelled: Ids
    moved: Ids
    changed: Ids
    old_labels: Ids
    new_labels: Ids

    def __len__(self) -> int:
        return sum(map(len, (self.added, self.removed, self.relabelled, self.moved, self.changed)))

    @property
    def turns(self) -> list[tuple[int, int, Ids]]:
        """The old label, the new one and the regions that went from the one to the other; most regions first."""
        pairs = Counter(zip(self.old_labels.tolist(), self.new_labels.tolist(), strict=True))
        return [
            (old, new, self.relabelled[(self.old_labels == old) & (self.new_labels == new)])
            for (old, new), _ in pairs.most_common()
        ]


def diff(project: Project, before: int, after: int | None = None) -> DataSetDiff:
    """What changed from position `before` of the history to `after` (None: to now).

    Only versions that hold at one of the two are read. What was changed and changed back is no difference.
    """
    after = project.position if after is None else after
    first, last = min(before, after), max(before, after)
    was = read_versions(project, "since <= ? AND until > ? AND until <= ?", (first, first, last))
    now = read_versions(project, "since > ? AND since <= ? AND (until IS NULL OR until > ?)", (first, last, last))
    return _compared(was, now, before, after) if before <= after else _compared(now, was, before, after)


def _compared(was: RegionTable, now: RegionTable, before: int, after: int) -> DataSetDiff:
    both, old_rows, new_rows = np.intersect1d(was.ids, now.ids, assume_unique=True, return_indices=True)
    old, new = was.taken(old_rows), now.taken(new_rows)
    relabelled = old.labels != new.labels
    moved = ~relabelled & ((old.boxes != new.boxes).any(1) | (old.frames != new.frames) | (old.media != new.media))
    changed = ~relabelled & ~moved & _otherwise(old, new)
    return DataSetDiff(
        before,
        after,
        added=np.setdiff1d(now.ids, both, assume_unique=True),
        removed=np.setdiff1d(was.ids, both, assume_unique=True),
        relabelled=both[relabelled],
        moved=both[moved],
        changed=both[changed],
        old_labels=old.labels[relabelled],
        new_labels=new.labels[relabelled],
    )


def _otherwise(old: RegionTable, new: RegionTable) -> NDArray[np.bool_]:
    differs: NDArray[np.bool_] = ~((old.scores == new.scores) | (np.isnan(old.scores) & np.isnan(new.scores)))
    for name in ("tracks", "keyframes", "near_duplicates", "reviewed", "states", "authors"):
        differs |= getattr(old, name) != getattr(new, name)
    return differs
