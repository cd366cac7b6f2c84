"""From followed boxes to examples: a positive for every frame, negatives beside it, embeddings on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from studio.core.feature_cache import FeatureCache
from studio.core.follow import GONE, Stop
from studio.core.geometry import Box, Window, crop_window
from studio.ml.backbones.base import Backbone
from studio.ml.crops import Picture, cut_all
from studio.ml.embeddings import Place, key_of, rounded
from studio.ml.negatives import negative_windows
from studio.ml.storing import Store
from studio.ml.trackers.base import Tracked
from studio.ml.trails import DOUBTFUL, Sighting, Trail

BATCH = 16  # frames embedded and stored together


class Seen(NamedTuple):
    """Where the object of a trail is on a frame; `drawn` says that a person made the box."""

    trail: Trail
    tracked: Tracked
    drawn: bool = False

    @property
    def doubtful(self) -> bool:
        return not self.drawn and self.tracked.score < DOUBTFUL


class Collector:
    """Takes followed frames in order, cuts examples, and stores them some at a time."""

    def __init__(self, store: Store, trails: Sequence[Trail], backbone: Backbone, cache: FeatureCache) -> None:
        self._store, self._trails, self._backbone, self._cache = store, trails, backbone, cache
        self._batch: list[Sighting] = []

    def add(self, frame: int, picture: Picture, seen: Sequence[Seen]) -> list[Sighting]:
        """Take one followed frame with all objects seen on it. A trail whose object drifted away has stopped after."""
        height, width = picture.shape[:2]
        size = self._backbone.input_size
        taken = [*(one.tracked.box for one in seen), *self._store.taken(frame, [one.trail for one in seen])]
        used: list[Window] = []  # two objects would choose the same window far away
        sightings = []
        for one in seen:
            windows: list[Window] = []
            if not one.doubtful:
                found = negative_windows(one.tracked.box, np.array(taken), size, width, height, frame)
                windows = [window for window in found if window not in used]
                used += windows
            sightings.append(self._sighting(frame, picture, one, windows))
        self._batch += sightings
        if len({sighting.frame for sighting in self._batch}) >= BATCH:
            self._flush()
        return sightings

    def barrier(self, trail: Trail, frame: int) -> Stop | None:
        """Why `trail` cannot go on to `frame`, if so: there is a region of its track that is not to be overwritten."""
        return self._store.barrier(trail, frame)

    def end(self, trail: Trail, stop: Stop) -> None:
        """Stop following one object: store what waits of it, or not where it was lost."""
        self._flush()
        if trail.stop is None:
            self._put(trail.end(stop))
            self._clear(trail)

    def finish(self) -> None:
        """Store what waits."""
        self._flush()
        self._put([sighting for trail in self._trails for sighting in trail.close()])

    def _sighting(self, frame: int, picture: Picture, seen: Seen, windows: list[Window]) -> Sighting:
        trail, (box, score) = seen.trail, seen.tracked
        positive = crop_window(Box(*box), self._backbone.input_size, picture.shape[1], picture.shape[0])
        crops = cut_all(picture, [positive, *windows], self._backbone.input_size)
        duplicates = [trail.negative_hashes.is_one(crop) for crop in crops[1:]]
        return Sighting(
            trail,
            frame,
            box,
            None if seen.drawn else score,
            positive,
            list(zip(windows, duplicates, strict=True)),
            crops[[True, *(not duplicate for duplicate in duplicates)]],
            trail.positive_hashes.is_one(crops[0]) and not seen.drawn,
        )

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        if not batch:
            return
        going = [trail for trail in self._trails if trail.stop is None]
        self._embed(batch)
        ready = [
            sighting
            for trail in going
            for sighting in trail.settle([sighting for sighting in batch if sighting.trail is trail])
        ]
        self._put(ready)
        for trail in going:
            self._clear(trail)

    def _put(self, ready: Sequence[Sighting]) -> None:
        try:
            self._store.store(ready)
        except BaseException:
            for trail in self._trails:  # nothing later may be stored either: a track has no holes
                trail.suspects.clear()
            raise

    def _clear(self, trail: Trail) -> None:
        if trail.stop and trail.stop.reason in GONE:
            self._store.clear_beyond(trail)

    def _embed(self, batch: list[Sighting]) -> None:
        """Embed all crops at once, keep the embeddings, and look whether the objects still look like themselves."""
        embeddings = rounded(self._backbone.embed(np.concatenate([sighting.crops for sighting in batch])))
        kept, start = [], 0
        for sighting in batch:
            windows = [sighting.positive, *(window for window, duplicate in sighting.negatives if not duplicate)]
            own = embeddings[start : start + len(windows)]
            start += len(windows)
            sighting.strange = sighting.trail.drift.looks_like_background(own[0], own[1:])
            places = (Place(self._store.medium.sha256, sighting.frame, window) for window in windows)
            kept += [(key_of(place, self._backbone), vector) for place, vector in zip(places, own, strict=True)]
            sighting.crops = sighting.crops[:0]  # a suspect may wait for long
        self._cache.put(kept)
