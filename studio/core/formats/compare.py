"""The proof of an export: what was written, compared with what is read back."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from studio.core.formats.data_set import DataRegion, DataSet

HALF_A_PIXEL = 0.5
_SCORE = 1e-3
_FLAGS = ("state", "keyframe", "author", "near_duplicate", "reviewed")

_Place = tuple[str, int, str]


def differences(written: DataSet, read: DataSet) -> list[str]:
    """What did not come back as it was written, a line each; empty where everything did.

    Boxes may differ by half a pixel at each edge and scores by a thousandth; tracks may have other numbers, as long as
    the same boxes belong together.
    """
    found = [f"the label {label.name} is missing" for label in written.labels if label not in read.labels]
    found += [
        f"the picture {name} cannot be read"
        for name, medium in written.media.items()
        if medium.picture and (name not in read.media or read.media[name].file is None)
    ]
    there = {place: _Candidates(regions) for place, regions in _by_place(read).items()}
    tracks: dict[int | None, int | None] = {None: None}
    for place, regions in _by_place(written).items():
        candidates = there.setdefault(place, _Candidates([]))
        for region in regions:
            twin = candidates.take(region, tracks)
            if twin is None:
                found.append(f"a box of {region.label} on frame {region.frame} of {region.medium} is missing")
            else:
                found += _unlike(region, twin, tracks)
    left = {place: candidates.left for place, candidates in there.items() if candidates.left}
    found += [f"{number} more of the boxes of {label} on {name}" for (name, _, label), number in left.items()]
    if len(set(tracks.values())) < len(tracks):
        found.append("two tracks became one")
    return found


def _by_place(data: DataSet) -> dict[_Place, list[DataRegion]]:
    places: dict[_Place, list[DataRegion]] = defaultdict(list)
    for region in data.regions:
        places[region.medium, region.frame, region.label].append(region)
    return places


class _Candidates:
    """The regions that were read on one place, until each is known to be what a written one became."""

    def __init__(self, regions: list[DataRegion]) -> None:
        self._regions = regions
        self._edges = np.array([_edges(region) for region in regions]).reshape(-1, 4)
        self.left = len(regions)

    def take(self, region: DataRegion, tracks: dict[int | None, int | None]) -> DataRegion | None:
        """The candidate that `region` became: within half a pixel, and of several the one most alike."""
        away = np.abs(self._edges - _edges(region)).max(1)  # the largest difference of an edge
        near = np.flatnonzero(away <= HALF_A_PIXEL + 1e-6).tolist()
        if not near:
            return None
        at = near[0]
        if len(near) > 1:
            at = min(near, key=lambda each: (len(_unlike(region, self._regions[each], dict(tracks))), away[each]))
        self._edges[at] = np.inf
        self.left -= 1
        return self._regions[at]


def _edges(region: DataRegion) -> tuple[float, float, float, float]:
    return region.x, region.y, region.x + region.width, region.y + region.height


def _unlike(region: DataRegion, twin: DataRegion, tracks: dict[int | None, int | None]) -> list[str]:
    """In what two regions of the same box differ; learns which track became which."""
    where = f"{region.label} on frame {region.frame} of {region.medium}"
    unlike = [f"{name} of {where}" for name in _FLAGS if getattr(region, name) != getattr(twin, name)]
    if tracks.setdefault(region.track, twin.track) != twin.track:
        unlike.append(f"the track of {where}")
    if region.split != twin.split:
        unlike.append(f"the split of {where}")
    if (region.score is None) != (twin.score is None) or abs((region.score or 0) - (twin.score or 0)) > _SCORE:
        unlike.append(f"the score of {where}")
    return unlike
