"""What the strip draws, as arrays over its pixel columns: 100,000 frames become a thousand bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from studio.core.project.tracks import STATES, TrackLine

_NO_OBJECT = tuple(STATES.index(name) for name in ("outside", "ignore", "rejected"))


@dataclass(frozen=True, eq=False)
class StripTrack:
    """A track on the strip.

    Attributes:
        color: "#rrggbb".
        frames: int32 `(n,)`, ascending: where it has regions.
        keyframes: int32 `(k,)`: those a person made.
        gaps: int32 `(g, 2)`: first and last frames of stretches between keyframes that are interpolated.
    """

    color: str
    frames: NDArray[np.int32]
    keyframes: NDArray[np.int32]
    gaps: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class StripData:
    """What is known about the frames of a medium.

    Attributes:
        frame_count: of the medium.
        frames, scores, doubts: `(n,)` of all regions of objects; scores are 1 where a person made them.
        tracks: a lane each, as far as there is room.
        nothing: first and last frames of marks that say "nothing here".
        first: number of the medium's frame that all these count from: a camera's buffer has left the ones before.
        splits: the frames `(n,)`, ascending, of each split that there is.
    """

    frame_count: int = 0
    frames: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    scores: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    doubts: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    tracks: tuple[StripTrack, ...] = ()
    nothing: tuple[tuple[int, int], ...] = ()
    first: int = 0
    splits: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)


def strip_data(
    frame_count: int,
    lines: Sequence[TrackLine],
    colors: dict[int, str],
    nothing: tuple[tuple[int, int], ...],
    first: int = 0,
    splits: Mapping[str, NDArray[np.int32]] | None = None,
) -> StripData:
    """The strip of a medium from its tracks; `colors` are the labels' by id; it shows the frames from `first` on."""
    if first:
        lines = [_from(line, first, first + frame_count) for line in lines]
        nothing = tuple((max(a - first, 0), b - first) for a, b in nothing if b >= first)
    kept = [(line, ~np.isin(line.states, _NO_OBJECT)) for line in lines]
    tracks = [_track(line, there, colors.get(line.label, "#8b929c")) for line, there in kept if there.any()]
    empty = np.zeros(0, np.float32)
    frames = np.concatenate([line.frames[there] for line, there in kept] + [empty.astype(np.int32)])
    scores = np.concatenate([line.scores[there] for line, there in kept] + [empty])
    doubts = np.concatenate([line.doubts[there] for line, there in kept] + [empty])
    shown = {split: there[(there >= first) & (there < first + frame_count)] for split, there in (splits or {}).items()}
    shown = {split: (there - first).astype(np.int32) for split, there in shown.items() if len(there)}
    return StripData(frame_count, frames, np.nan_to_num(scores, nan=1.0), doubts, tuple(tracks), nothing, first, shown)


def bars(data: StripData, columns: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The least score and the most doubt of each pixel column, `(columns,)` each; NaN where nothing is."""
    least, most = np.full(columns, np.inf, np.float32), np.full(columns, -np.inf, np.float32)
    place = column_of(data.frames, data.frame_count, columns)
    np.minimum.at(least, place, data.scores)
    np.maximum.at(most, place, data.doubts)
    if 0 < data.frame_count < columns:  # a frame is several columns wide
        source = column_of(frame_of(np.arange(columns), data.frame_count, columns), data.frame_count, columns)
        least, most = least[source], most[source]
    nothing = ~np.isfinite(least)
    least[nothing] = most[nothing] = np.nan
    return least, most


def column_of(frames: NDArray[np.integer], frame_count: int, columns: int) -> NDArray[np.int64]:
    """The pixel column of frames; the first, where a frame is several columns wide."""
    return _scaled(frames, columns, frame_count)


def frame_of(columns: NDArray[np.integer], frame_count: int, width: int) -> NDArray[np.int64]:
    """The frame that a pixel column shows; the first, where it shows several."""
    return _scaled(columns, frame_count, width)


def _scaled(places: NDArray[np.integer], to: int, of: int) -> NDArray[np.int64]:
    """Places among `of` as places among `to`: of many to few the one they lie in, of few to many the first."""
    wide = np.asarray(places, np.int64) * to
    scaled = -(-wide // max(of, 1)) if to > of else wide // max(of, 1)
    return np.asarray(np.clip(scaled, 0, max(to - 1, 0)))


def runs(frames: NDArray[np.integer], frame_count: int, columns: int) -> list[tuple[int, int]]:
    """First and last pixel columns of the stretches that `frames` cover."""
    if not len(frames) or not frame_count:
        return []
    breaks = np.flatnonzero(np.diff(frames) > 1)
    firsts = frames[np.r_[0, breaks + 1]]
    lasts = frames[np.r_[breaks, len(frames) - 1]]
    starts = column_of(firsts, frame_count, columns)
    wide = columns > frame_count
    ends = column_of(lasts + 1, frame_count, columns) - 1 if wide else column_of(lasts, frame_count, columns)
    ends[lasts + 1 >= frame_count] = columns - 1
    joined: list[tuple[int, int]] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def packed(tracks: Sequence[StripTrack]) -> list[list[StripTrack]]:
    """Lanes: tracks one after another share one, longest first."""
    lanes: list[list[StripTrack]] = []
    ends: list[int] = []
    for track in sorted(tracks, key=lambda each: int(each.frames[0])):
        for number, end in enumerate(ends):
            if end < track.frames[0] and lanes[number][-1].color == track.color:
                lanes[number].append(track)
                ends[number] = int(track.frames[-1])
                break
        else:
            lanes.append([track])
            ends.append(int(track.frames[-1]))
    return sorted(lanes, key=lambda lane: -sum(len(track.frames) for track in lane))


def _from(line: TrackLine, first: int, end: int) -> TrackLine:
    """The frames `first`…`end` of a line, counted from `first`."""
    there = (line.frames >= first) & (line.frames < end)
    cut = {name: getattr(line, name)[there] for name in ("scores", "doubts", "keyframes", "states")}
    return replace(line, frames=line.frames[there] - np.int32(first), **cut)


def _track(line: TrackLine, there: NDArray[np.bool_], color: str) -> StripTrack:
    frames, fixed = line.frames[there], line.keyframes[there]
    keyframes = frames[fixed]
    gaps = np.zeros((0, 2), np.int32)
    if line.track is not None and len(keyframes) > 1:
        holes = np.flatnonzero(np.diff(frames) > 1)
        inside = (frames[holes] >= keyframes[0]) & (frames[holes + 1] <= keyframes[-1])
        gaps = np.stack([frames[holes[inside]] + 1, frames[holes[inside] + 1] - 1], axis=1)
    return StripTrack(color, frames, keyframes, gaps)
