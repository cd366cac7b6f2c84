"""What goes into a split as a whole: clips, blocks of time, tracks; never single frames of a video."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.folds import BLOCK_SECONDS, GAP_SECONDS
from studio.core.project.region_table import RegionTable
from studio.core.project.rows import MediumRow

BLOCKS = 20  # of a folder of pictures, for each of its labels
PICTURES = 5  # at least in such a block, where there are enough

Rows = NDArray[np.intp]
Frames = NDArray[np.int64]


class Unit(NamedTuple):
    """Regions that stay together.

    Attributes:
        medium: its id.
        track: its id; None where it is a stretch of the medium.
        first, last: frames.
        rows: of the table.
    """

    medium: int
    track: int | None
    first: int
    last: int
    rows: Rows


def gap_frames(rate: float) -> int:
    """The least distance in frames between two splits of one video."""
    return max(1, math.ceil(GAP_SECONDS * rate))


def clips(table: RegionTable, media: Mapping[int, MediumRow]) -> list[Unit]:
    """A unit for each medium, over all of its frames."""
    return [Unit(medium, None, 0, _end(table, rows, media, medium), rows) for medium, rows in by_medium(table)]


def tracks(table: RegionTable, media: Mapping[int, MediumRow]) -> list[Unit]:
    """A unit for each track, over all frames of its medium, also where another track is seen beside it."""
    found = []
    for medium, rows in by_medium(table):
        end = _end(table, rows, media, medium)
        for track in np.unique(table.tracks[rows]).tolist():
            if track:
                found.append(Unit(medium, track, 0, end, rows[table.tracks[rows] == track]))
    return found


def blocks(table: RegionTable, rates: Mapping[int, float], most: int) -> list[Unit]:
    """Blocks of consecutive frames, of two seconds and more where the medium has times, and else of pictures.

    A block ends where nothing is labelled for two seconds; a longer stretch is cut where the fewest tracks go on.

    Args:
        table: the regions.
        rates: frames a second of the media that have times.
        most: regions of a block, about, where it can be cut.
    """
    found = []
    for medium, rows in by_medium(table):
        for part in _in_time(table, rows, rates[medium], most) if medium in rates else _in_order(table, rows):
            frames = table.frames[part]
            found.append(Unit(medium, None, int(frames.min()), int(frames.max()), part))
    return found


def by_medium(table: RegionTable) -> Iterator[tuple[int, Rows]]:
    """The rows of each medium in the order of their frames."""
    order = np.lexsort((table.frames, table.media))
    for rows in np.split(order, np.flatnonzero(np.diff(table.media[order])) + 1) if len(order) else ():
        yield int(table.media[rows[0]]), rows


def _end(table: RegionTable, rows: Rows, media: Mapping[int, MediumRow], medium: int) -> int:
    frames = media[medium].frames if medium in media else 0
    return max(frames - 1, int(table.frames[rows[-1]]))


def _in_order(table: RegionTable, rows: Rows) -> list[Rows]:
    """Consecutive pictures, the regions of one always together."""
    pictures = np.unique(table.frames[rows])
    labels = len(np.unique(table.labels[rows]))
    count = min(BLOCKS * labels, max(len(pictures) // PICTURES, min(len(pictures), 10)))
    starts = [int(part[0]) for part in np.array_split(pictures, count)]
    return _cut(table, rows, starts[1:])


def _in_time(table: RegionTable, rows: Rows, rate: float, most: int) -> list[Rows]:
    spans = _spans(table, rows)
    pause, gap = math.ceil(BLOCK_SECONDS * rate), gap_frames(rate)
    ends = np.maximum.accumulate(spans[:, 1])
    parts = _cut(table, rows, spans[1:, 0][spans[1:, 0] - ends[:-1] > pause].tolist())
    found = []
    for part in parts:
        first, last = int(table.frames[part[0]]), int(table.frames[part[-1]])
        room = last - first + 1 + gap  # the last block needs no gap behind it
        count = min(math.ceil(len(part) / max(most, 1)), room // (pause + gap))
        found += _cut(table, part, _cuts(spans, first, room, count, pause + gap)) if count > 1 else [part]
    return found


def _spans(table: RegionTable, rows: Rows) -> Frames:
    """First and last frame of each track and of each region without one, `(n, 2)`, ascending."""
    frames, owners = table.frames[rows], table.tracks[rows].copy()
    alone = owners == 0
    owners[alone] = -1 - np.arange(int(alone.sum()))
    _, starts, place = np.unique(owners, return_index=True, return_inverse=True)
    lasts = np.zeros(len(starts), np.int64)
    np.maximum.at(lasts, place.ravel(), frames)
    spans = np.stack([frames[starts], lasts], axis=1)  # rows are in the order of frames: the first one is the earliest
    return spans[np.lexsort((spans[:, 1], spans[:, 0]))]


def _cuts(spans: Frames, first: int, room: int, count: int, least: int) -> list[int]:
    """Frames at which the blocks begin, but for the first: `count` of `least` frames and more in `room` frames."""
    side = room / count
    spare = int((side - least) / 2)
    long = spans[spans[:, 1] > spans[:, 0]]
    cuts = []
    for number in range(1, count):
        middle = round(first + number * side)
        tried = np.arange(middle - spare, middle + spare + 1)
        crossing = ((long[:, :1] < tried) & (long[:, 1:] >= tried)).sum(0)
        cuts.append(int(tried[np.lexsort((np.abs(tried - middle), crossing))[0]]))
    return cuts


def _cut(table: RegionTable, rows: Rows, starts: list[int]) -> list[Rows]:
    """Rows in the order of frames, cut before these frames."""
    parts = np.split(rows, np.searchsorted(table.frames[rows], starts))
    return [part for part in parts if len(part)]
