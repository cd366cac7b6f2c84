"""Tracks as CVAT has them: boxes at some frames, those on the way between them, and an end that is marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from studio.core.errors import InputError
from studio.core.formats.data_set import DataRegion, DataSet
from studio.core.project.edits import counted

CONFIRMED = "confirmed"  # an attribute of ours: the box is a keyframe of a person, not only one that CVAT needs
MOST_FRAMES = 100_000_000
_MOST_SHOWN = 5_000_000  # boxes of one track


def shown(regions: Sequence[DataRegion], first: int, step: int, last: int | None) -> list[DataRegion]:
    """The regions of a track with those that CVAT shows between them, and after the last of them.

    Args:
        regions: by frame.
        first: frame of the task; its frames are `first`, `first + step`, ….
        step: between them.
        last: frame of the task; None where it is not known.

    Raises:
        InputError: there would be more of them than any video has frames.
    """
    ends = [replace(regions[-1], frame=last + 1)] if last is not None and last > regions[-1].frame else []
    found: list[DataRegion] = []
    for before, after in pairwise([*regions, *ends]):
        found.append(before)
        if before.state != "outside":
            offset = (before.frame - first) % step
            frames = range(before.frame + step - offset, after.frame, step)
            if len(found) + len(frames) > _MOST_SHOWN:
                raise InputError(f"a track of {before.label} has a box on frame {after.frame}, which no video has")
            found += _between(before, after, frames)
    return found if ends else [*found, regions[-1]]


def _between(before: DataRegion, after: DataRegion, frames: Sequence[int]) -> Iterator[DataRegion]:
    """Each number of the box changes linearly; the rest is as before."""
    share = (np.asarray(frames, np.float64) - before.frame)[:, None] / (after.frame - before.frame)
    boxes = (1 - share) * np.array(before.box) + share * np.array(after.box)
    for frame, (x, y, width, height) in zip(frames, boxes.tolist(), strict=True):
        yield replace(before, frame=frame, x=x, y=y, width=width, height=height, keyframe=False)


def prepare(data: DataSet) -> tuple[DataSet, list[str]]:
    """The data set as it comes back from CVAT: with the boxes between keyframes that the window shows too.

    A track of a single box becomes a box in no track: CVAT has no other boxes on videos.
    """
    tracks: dict[tuple[str, int], list[DataRegion]] = {}
    regions = [region for region in data.regions if region.track is None]
    for region in data.regions:
        if region.track is not None:
            tracks.setdefault((region.medium, region.track), []).append(region)
    single = between = 0
    for members in tracks.values():
        ordered = list({region.frame: region for region in sorted(members, key=lambda region: region.frame)}.values())
        kept = set(map(id, ordered))  # a track has one box on a frame; others go on without it
        spare = [replace(region, track=None) for region in members if id(region) not in kept]
        if len(ordered) == 1:
            single += 1
            ordered = [replace(ordered[0], track=None)]
        filled = _filled(ordered)
        between += len(filled) - len(ordered)
        regions += [*filled, *spare]
    lines = [f"{counted(single, 'track')} of one box, written in no track"] if single else []
    if between:
        lines.append(f"{counted(between, 'box', 'boxes')} between keyframes, shown by CVAT: they come back as regions")
    return replace(data, regions=tuple(regions)), lines


def _filled(ordered: list[DataRegion]) -> list[DataRegion]:
    """With the boxes that lie on the way between keyframes, as `studio.core.project.tracks.interpolate` says."""
    fixed = [region.frame for region in ordered if region.keyframe]
    found: list[DataRegion] = []
    for before, after in pairwise(ordered):
        found.append(before)
        inside = fixed and fixed[0] <= before.frame and after.frame <= fixed[-1]
        if inside and "outside" not in (before.state, after.state):
            steps = _between(before, after, range(before.frame + 1, after.frame))
            found += [replace(region, state="visible") for region in steps]
    return [*found, ordered[-1]]
