"""Followed boxes as regions: what a person made stays, what a tracker made before is replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile

import numpy as np

from studio.core.follow import KEYFRAME, OUTSIDE, Stop
from studio.core.geometry import Box, Window, intersections
from studio.core.project import BACKGROUND, OBJECT_STATES, Edit, MediumRow, Project, RegionRow, Row, new_id
from studio.core.project.tracks import is_held
from studio.ml.trails import Sighting, Trail

READ_AHEAD = 64  # frames


class Store:
    """Writes what is followed into a project, as one step of its history, and knows what is there already.

    What a person did after this was made wins: such rows are left as they are.
    """

    def __init__(
        self,
        project: Project,
        medium: MediumRow,
        trails: Sequence[Trail],
        group: int,
        backwards: bool = False,
        last: int | None = None,
        grown: Callable[[], MediumRow] | None = None,
    ) -> None:
        """`last` is the last frame to follow to, if there is one; nothing beyond it is touched.

        `grown` returns the row of a medium that grows while it is followed; it is stored with the regions.
        """
        self.medium, self.group = medium, group
        self._grown = grown
        self._project, self._backwards, self._last = project, backwards, last
        self._background = project.label(BACKGROUND).id
        self._seen = project.position
        self._ahead: dict[int, list[RegionRow]] = {}
        self._read = range(0)
        names = ", ".join(dict.fromkeys(trail.label.name for trail in trails))
        self._text = f"follow {names} in {medium.path.rsplit('/', 1)[-1]}"

    def taken(self, frame: int, trails: Sequence[Trail]) -> list[Box]:
        """The boxes that negatives keep off on `frame`, but for those of `trails`, which are found anew."""
        followed = {trail.track.id for trail in trails}
        return [_box(row) for row in self._at(frame) if self._keeps_off(row) and row.track not in followed]

    def barrier(self, trail: Trail, frame: int) -> Stop | None:
        """Why `trail` cannot go on to `frame`: a region of its track that is not to be overwritten."""
        return self._barrier(trail, frame, self._at(frame))

    def store(self, ready: Sequence[Sighting]) -> None:
        """Make regions of `ready`, in order; a trail that meets what a person made meanwhile stops before it."""
        if not ready:
            return
        frames = [sighting.frame for sighting in ready]
        here = self._regions(min(frames), max(frames))
        kept = [sighting for sighting in ready if self._may_go_on(sighting, here)]
        gone = {row.id: row for sighting in kept for row in self._replaced(sighting, here.get(sighting.frame, []))}
        new: list[Row] = []
        for sighting in kept:
            there = [row for row in here.get(sighting.frame, []) if row.id not in gone]
            self._drop_negatives(sighting, there)
            new += [*sighting.trail.new, self._positive(sighting, here.get(sighting.frame, []))]
            new += [self._negative(sighting, *negative) for negative in sighting.negatives]
        self._apply(list(gone.values()), new)
        for sighting in kept:
            _count(sighting)

    def clear_beyond(self, trail: Trail) -> None:
        """Remove what a tracker had made of `trail` from where it stopped up to the next region that is held."""
        assert trail.stop is not None
        ends = (self._last, trail.stop.frame) if self._backwards else (trail.stop.frame, self._last)
        rows = self._project.regions(medium=self.medium.id, track=trail.track.id, first=ends[0], last=ends[1])
        ordered = sorted(rows, key=lambda row: row.frame, reverse=self._backwards)
        until = next((row.frame for row in ordered if self._is_wall(trail, row)), None)
        stale = takewhile(lambda row: row.frame != until, ordered)
        self._apply([row for row in stale if not is_held(row)], [])

    def _apply(self, gone: Sequence[Row], new: Sequence[Row]) -> None:
        rows = [self._grown(), *new] if self._grown and new else new
        changes = {**Edit.removal(self._text, gone).changes, **Edit.rows(self._text, rows).changes}
        self._project.apply(Edit(self._text, changes, self._seen), group=self.group, who="tracker")

    def _at(self, frame: int) -> list[RegionRow]:
        """The regions that were on a frame before, read for some frames at a time."""
        if frame not in self._read:
            first = max(frame - READ_AHEAD + 1, 0) if self._backwards else frame
            self._read = range(first, first + READ_AHEAD)
            self._ahead = self._regions(first, self._read[-1])
        return self._ahead.get(frame, [])

    def _regions(self, first: int, last: int) -> dict[int, list[RegionRow]]:
        found: dict[int, list[RegionRow]] = {}
        for row in self._project.regions(medium=self.medium.id, first=first, last=last):
            found.setdefault(row.frame, []).append(row)
        return found

    def _barrier(self, trail: Trail, frame: int, here: Sequence[RegionRow]) -> Stop | None:
        wall = next((row for row in here if self._is_wall(trail, row)), None)
        return Stop(frame, OUTSIDE if wall.state == "outside" else KEYFRAME) if wall else None

    def _is_wall(self, trail: Trail, row: RegionRow) -> bool:
        return row.track == trail.track.id and row.label != self._background and is_held(row)

    def _may_go_on(self, sighting: Sighting, here: dict[int, list[RegionRow]]) -> bool:
        trail = sighting.trail
        drawn = sighting.score is None
        stop = None if drawn else self._barrier(trail, sighting.frame, here.get(sighting.frame, []))
        if stop and (trail.stop is None or self._is_before(stop.frame, trail.stop.frame)):
            trail.stop = stop
            trail.suspects.clear()
        return trail.stop is None or self._is_before(sighting.frame, trail.stop.frame)

    def _is_before(self, frame: int, other: int) -> bool:
        return frame > other if self._backwards else frame < other

    def _keeps_off(self, row: RegionRow) -> bool:
        return row.label != self._background and row.state in (*OBJECT_STATES, "ignore")

    def _replaced(self, sighting: Sighting, here: Sequence[RegionRow]) -> list[RegionRow]:
        """What goes from the frame: the track's own regions and negatives, and negatives that touch the object."""
        own = sighting.trail.track.id
        return [
            row
            for row in here
            if not is_held(row)
            and (row.track == own or (row.label == self._background and _touches(_box(row), [sighting.box])))
        ]

    def _drop_negatives(self, sighting: Sighting, there: Sequence[RegionRow]) -> None:
        """Regions that came to the frame meanwhile must not be touched either."""
        taken = [_box(row) for row in there if self._keeps_off(row)]
        sighting.negatives = [one for one in sighting.negatives if not _touches(_square(one[0]), taken)]

    def _positive(self, sighting: Sighting, here: Sequence[RegionRow]) -> RegionRow:
        trail, box = sighting.trail, sighting.box
        if sighting.score is None:
            return self._drawn(trail, sighting.frame, box, here)
        return RegionRow(
            new_id(), self.medium.id, sighting.frame, trail.label.id, trail.track.id, *box, "tracker", False,
            sighting.score, sighting.near_duplicate, "occluded" if sighting.doubtful else "visible",
        )  # fmt: skip

    def _drawn(self, trail: Trail, frame: int, box: Box, here: Sequence[RegionRow]) -> RegionRow:
        """The region that following starts from: the one that is there already, or a new keyframe."""
        of_label = [row for row in here if row.label == trail.label.id]
        same = [row for row in of_label if row.state in OBJECT_STATES and _same(_box(row), box)]
        known = next((row for row in same if row.track in (trail.track.id, None)), None)
        if known:
            return replace(known, track=trail.track.id)
        own = next((row for row in of_label if row.track == trail.track.id), None)
        new = RegionRow(
            new_id(), self.medium.id, frame, trail.label.id, trail.track.id, *box, "human", True, None, False, "visible"
        )
        return replace(new, id=own.id) if own else new

    def _negative(self, sighting: Sighting, window: Window, near_duplicate: bool) -> RegionRow:
        return RegionRow(
            new_id(), self.medium.id, sighting.frame, self._background, sighting.trail.track.id, *_square(window),
            "tracker", False, None, near_duplicate, "visible",
        )  # fmt: skip


def _count(sighting: Sighting) -> None:
    counts = sighting.trail.collected
    sighting.trail.new = ()
    counts.frames += 1
    counts.positives += 1
    counts.negatives += len(sighting.negatives)
    counts.near_duplicates += sighting.near_duplicate + sum(duplicate for _, duplicate in sighting.negatives)
    counts.last = sighting.frame


def _box(row: RegionRow) -> Box:
    return Box(row.x, row.y, row.width, row.height)


def _square(window: Window) -> Box:
    return Box(float(window.x), float(window.y), float(window.side), float(window.side))


def _touches(box: Box, others: Sequence[Box]) -> bool:
    return bool(intersections(np.array([box]), np.array(others).reshape(-1, 4)).any())


def _same(box: Box, other: Box) -> bool:
    return bool(np.allclose(box, other, rtol=0, atol=1e-6))
