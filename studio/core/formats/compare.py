"""The proof of an export: what was written, compared with what is read back."""

from __future__ import annotations

from collections import defaultdict

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
    there = _by_place(read)
    tracks: dict[int | None, int | None] = {None: None}
    for place, regions in _by_place(written).items():
        candidates = there.pop(place, [])
        for region in regions:
            twin = _twin(region, candidates, tracks)
            if twin is None:
                found.append(f"a box of {region.label} on frame {region.frame} of {region.medium} is missing")
                continue
            candidates.remove(twin)
            found += _unlike(region, twin, tracks)
        there[place] = candidates
    found += [f"{len(left)} more boxes of {label} on {name}" for (name, _, label), left in there.items() if left]
    if len(set(tracks.values())) < len(tracks):
        found.append("two tracks became one")
    return found


def _by_place(data: DataSet) -> dict[_Place, list[DataRegion]]:
    places: dict[_Place, list[DataRegion]] = defaultdict(list)
    for region in data.regions:
        places[region.medium, region.frame, region.label].append(region)
    return places


def _twin(region: DataRegion, candidates: list[DataRegion], tracks: dict[int | None, int | None]) -> DataRegion | None:
    """The candidate that `region` became: within half a pixel, and of several the one most alike."""
    near = [(_distance(region, other), other) for other in candidates]
    near = [pair for pair in near if pair[0] <= HALF_A_PIXEL + 1e-6]
    if len(near) < 2:
        return near[0][1] if near else None
    return min(near, key=lambda pair: (len(_unlike(region, pair[1], dict(tracks))), pair[0]))[1]


def _distance(one: DataRegion, other: DataRegion) -> float:
    """The largest difference of an edge, in pixels."""
    edges = ((r.x, r.y, r.x + r.width, r.y + r.height) for r in (one, other))
    return float(max(abs(a - b) for a, b in zip(*edges, strict=True)))


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
