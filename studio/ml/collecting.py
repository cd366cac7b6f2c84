"""From followed boxes to regions: a positive for every frame, negatives beside it, embeddings on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from studio.core.feature_cache import FeatureCache
from studio.core.geometry import Box, Window, crop_window, intersections
from studio.core.project import (
    BACKGROUND,
    OBJECT_STATES,
    Edit,
    LabelRow,
    MediumRow,
    Project,
    RegionRow,
    Row,
    TrackRow,
    new_id,
)
from studio.ml.backbones.base import Backbone
from studio.ml.crops import Picture, cut_all
from studio.ml.drift import Drift
from studio.ml.embeddings import Place, key_of, rounded
from studio.ml.near_duplicates import NearDuplicates
from studio.ml.negatives import negative_windows
from studio.ml.trackers.base import Tracked

BATCH = 16  # frames embedded and stored together
DOUBTFUL = 0.2  # score under which the box is kept as occluded and teaches nothing
DRIFTED = 10  # frames in a row that look like background
MOST_SUSPECTS = 100  # frames that wait for a verdict; beyond, the oldest are kept


LOST = "the tracker lost it"
DRIFTED_AWAY = "it looks more like the background than like the object"


class Stop(NamedTuple):
    """Why following ended before its last frame: at `frame`, which is the first that is not stored."""

    frame: int
    reason: str


@dataclass
class _Followed:
    """One followed frame on its way to the project."""

    frame: int
    box: Box
    score: float | None
    positive: Window
    negatives: list[Window]
    crops: Picture  # of the positive, and of the negatives that are no near-duplicates
    near_duplicate: bool
    negative_duplicates: list[bool]
    clashes: list[RegionRow]
    strange: bool = False

    @property
    def doubtful(self) -> bool:
        return self.score is not None and self.score < DOUBTFUL


@dataclass
class Collected:
    """What was stored.

    Attributes:
        frames, positives, negatives, near_duplicates: counts of rows; near-duplicates are among the first two.
        last: number of the last stored frame, -1 before the first.
    """

    frames: int = 0
    positives: int = 0
    negatives: int = 0
    near_duplicates: int = 0
    last: int = -1


class Collector:
    """Takes followed frames in order and appends them to the project, some at a time, as one step of its history."""

    def __init__(
        self, project: Project, medium: MediumRow, label: LabelRow, backbone: Backbone, cache: FeatureCache
    ) -> None:
        self._project, self._medium, self._label = project, medium, label
        self._backbone, self._cache = backbone, cache
        self._track = TrackRow(new_id(), medium.id, label.id)
        self._background = project.label(BACKGROUND)
        self._group = project.new_group()
        self._batch: list[_Followed] = []
        self._suspects: list[_Followed] = []
        self._drift = Drift()
        self._positive_hashes, self._negative_hashes = NearDuplicates(), NearDuplicates()
        self._others: dict[int, list[RegionRow]] = {}
        self._others_until = -1
        self.collected = Collected()

    def add(self, frame: int, picture: Picture, tracked: Tracked, drawn: bool = False) -> Stop | None:
        """Take one followed frame; `drawn` says that a person made its box. Returns a Stop where it drifted."""
        height, width = picture.shape[:2]
        size = self._backbone.input_size
        here = self._regions_of(frame)
        taken = np.array([tracked.box, *(_box(row) for row in here if self._keeps_negatives_off(row))])
        positive = crop_window(tracked.box, size, width, height)
        doubtful = not drawn and tracked.score < DOUBTFUL
        negatives = [] if doubtful else negative_windows(tracked.box, taken, size, width, height, frame)
        crops = cut_all(picture, [positive, *negatives], size)
        clashes = [row for row in here if row.label == self._background.id and _touches(row, tracked.box)]
        duplicates = [self._negative_hashes.is_one(crop) for crop in crops[1:]]
        fresh = [True, *(not duplicate for duplicate in duplicates)]
        followed = _Followed(
            frame,
            tracked.box,
            None if drawn else tracked.score,
            positive,
            negatives,
            crops[fresh],
            self._positive_hashes.is_one(crops[0]) and not drawn,
            duplicates,
            clashes,
        )
        self._batch.append(followed)
        return self._flush() if len(self._batch) >= BATCH else None

    def finish(self, lost: bool) -> Stop | None:
        """Store what waits. Where the tracker was lost, the frames of which it was unsure just before go."""
        stop = self._flush()
        suspects, self._suspects = self._suspects, []
        if stop:
            return stop
        if not lost:
            self._store(suspects)
        return Stop(suspects[0].frame, LOST) if lost and suspects else None

    def _flush(self) -> Stop | None:
        batch, self._batch = self._batch, []
        if not batch:
            return None
        self._embed(batch)
        # Where storing fails, nothing later may be stored either: a track has no holes.
        suspects, self._suspects = self._suspects, []
        ready: list[_Followed] = []
        for followed in batch:
            suspects.append(followed)
            if sum(suspect.strange for suspect in suspects) >= DRIFTED:
                break
            sure = not (followed.doubtful or followed.strange)
            settled = len(suspects) if sure else max(len(suspects) - MOST_SUSPECTS, 0)
            ready += suspects[:settled]
            del suspects[:settled]
        self._store(ready)
        if sum(suspect.strange for suspect in suspects) >= DRIFTED:
            return Stop(suspects[0].frame, DRIFTED_AWAY)
        self._suspects = suspects
        return None

    def _embed(self, batch: list[_Followed]) -> None:
        embeddings = rounded(self._backbone.embed(np.concatenate([followed.crops for followed in batch])))
        kept, start = [], 0
        for followed in batch:
            pairs = zip(followed.negatives, followed.negative_duplicates, strict=True)
            windows = [followed.positive, *(window for window, duplicate in pairs if not duplicate)]
            own = embeddings[start : start + len(windows)]
            start += len(windows)
            followed.strange = self._drift.looks_like_background(own[0], own[1:])
            places = (Place(self._medium.sha256, followed.frame, window) for window in windows)
            kept += [(key_of(place, self._backbone), vector) for place, vector in zip(places, own, strict=True)]
            followed.crops = followed.crops[:0]  # a suspect may wait for long
        self._cache.put(kept)

    def _store(self, ready: list[_Followed]) -> None:
        if not ready:
            return
        new: list[Row] = [] if self.collected.frames else [self._label, self._track]
        for followed in ready:
            new += self._rows(followed)
        text = f"follow {self._label.name} in {self._medium.path.rsplit('/', 1)[-1]}"
        clashes = [row for followed in ready for row in followed.clashes]
        changes = {**Edit.removal(text, clashes).changes, **Edit.rows(text, new).changes}
        self._project.apply(Edit(text, changes), group=self._group, who="tracker")
        counts = self.collected
        counts.frames += len(ready)
        counts.positives += len(ready)
        counts.negatives += sum(len(followed.negatives) for followed in ready)
        counts.near_duplicates += sum(f.near_duplicate + sum(f.negative_duplicates) for f in ready)
        counts.last = ready[-1].frame

    def _rows(self, followed: _Followed) -> list[RegionRow]:
        drawn = followed.score is None
        state = "occluded" if followed.doubtful else "visible"
        author = "human" if drawn else "tracker"
        where = self._medium.id, followed.frame
        rows = [
            RegionRow(
                new_id(), *where, self._label.id, self._track.id, *followed.box, author, drawn, followed.score,
                followed.near_duplicate, state,
            )
        ]  # fmt: skip
        for window, duplicate in zip(followed.negatives, followed.negative_duplicates, strict=True):
            box = (float(window.x), float(window.y), float(window.side), float(window.side))
            rows.append(
                RegionRow(
                    new_id(), *where, self._background.id, self._track.id, *box, "tracker", False, None, duplicate,
                    "visible",
                )
            )  # fmt: skip
        return rows

    def _keeps_negatives_off(self, row: RegionRow) -> bool:
        return row.label != self._background.id and row.state in (*OBJECT_STATES, "ignore")

    def _regions_of(self, frame: int) -> list[RegionRow]:
        """The regions that were on a frame before, read for some frames at a time."""
        if frame > self._others_until:
            self._others, self._others_until = {}, frame + 256
            for row in self._project.regions(medium=self._medium.id, first=frame, last=self._others_until):
                if row.track != self._track.id:
                    self._others.setdefault(row.frame, []).append(row)
        return self._others.get(frame, [])


def _box(row: RegionRow) -> Box:
    return Box(row.x, row.y, row.width, row.height)


def _touches(row: RegionRow, box: Box) -> bool:
    return bool(intersections(np.array([_box(row)]), np.array([box])).any())
