"""Which regions, or whole frames, a recipe may learn from and be judged by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.gallery.crops import SPLITS, Crops
from studio.core.project.edits import counted
from studio.core.project.region_table import RegionTable
from studio.core.project.row_checks import STATES
from studio.core.project.rows import BACKGROUND, OBJECT_STATES, MarkRow

FEW = 8  # crops of a label in a split, under which near-duplicates count too
IGNORED = 0.3  # share of a negative inside an ignore box, above which it says nothing

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]


class Chosen(NamedTuple):
    """What was chosen of a project's crops.

    Attributes:
        rows: of the table, ascending; of a whole frame the row of its first region.
        labels: int64 `(n,)` ids of labels; the background's for a negative.
        notes: sentences on what was left out.
    """

    rows: Rows
    labels: NDArray[np.int64]
    notes: tuple[str, ...]


def chosen_regions(crops: Crops, marks: Iterable[MarkRow]) -> Chosen:
    """Visible regions on frames that are not ignored, without near-duplicates, and negatives that touch no object.

    Negatives are regions of the background and what a person rejected or mining found. A label of which a split has
    little else keeps its near-duplicates there.
    """
    table, background = crops.table, _background(crops)
    ignored = _marked(table, [mark for mark in marks if mark.kind == "ignore"])
    seen = (table.states == STATES.index("visible")) & ~ignored
    negative = ((table.labels == background) & seen) | (table.states == STATES.index("rejected"))
    positive = seen & (table.labels != background)
    objects = np.isin(table.states, [STATES.index(s) for s in OBJECT_STATES]) & (table.labels != background)
    negatives = np.flatnonzero(negative)
    touching = _shares(table, negatives, np.flatnonzero(objects)) > 0
    boxed = _shares(table, negatives, np.flatnonzero(table.states == STATES.index("ignore"))) > IGNORED
    negative[negatives[touching | boxed]] = False
    labels = np.where(negative, background, table.labels)
    alike = _needless(labels, table.near_duplicates, crops.splits, positive | negative)
    rows = np.flatnonzero((positive | negative) & ~alike)
    notes = []
    if left := int(touching.sum()):
        notes.append(f"{counted(left, 'negative')} on an object left out.")
    if left := int(alike.sum()):
        notes.append(f"{counted(left, 'near-duplicate')} left out.")
    return Chosen(rows, labels[rows].astype(np.int64), tuple(notes))


def chosen_frames(crops: Crops, marks: Iterable[MarkRow]) -> Chosen:
    """Frames as a whole: those with regions of a single label, which becomes theirs; frames of background alone too.

    Left out are frames of several labels, and those of which a mark says that objects may be unmarked, or that they
    are to be ignored.
    """
    table, background = crops.table, _background(crops)
    marks = [mark for mark in marks if mark.kind in ("ignore", "incomplete")]
    says = np.isin(table.states, [STATES.index(s) for s in (*OBJECT_STATES, "ignore")])
    rows = np.flatnonzero(says)
    if not len(rows):
        return Chosen(rows, np.zeros(0, np.int64), ())
    frame = _frames_of(table, rows)
    count = int(frame.max()) + 1
    object_ = table.labels[rows] != background
    lowest, highest = np.full(count, np.iinfo(np.int64).max), np.full(count, -1, np.int64)
    np.minimum.at(lowest, frame[object_], table.labels[rows[object_]])
    np.maximum.at(highest, frame[object_], table.labels[rows[object_]])
    several = lowest < highest
    unsure = np.zeros(count, bool)
    unsure[frame[_on_frames(table, marks)[rows]]] = True
    visible = (table.states[rows] == STATES.index("visible")) & (object_ | (highest[frame] < 0))
    some = np.flatnonzero(visible & ~several[frame] & ~unsure[frame])
    first = some[np.unique(frame[some], return_index=True)[1]]  # rows ascend by id: the oldest stands for its frame
    found = np.sort(rows[first])
    notes = []
    if left := int(several.sum()):
        notes.append(f"{counted(left, 'frame')} with several labels left out.")
    return Chosen(found, table.labels[found], tuple(notes))


def numbered(first: NDArray[np.integer], second: NDArray[np.integer]) -> NDArray[np.int64]:
    """A number from 0, `(n,)`, for each different pair, in their order."""
    outer, inner = (np.unique(each, return_inverse=True)[1].ravel().astype(np.int64) for each in (first, second))
    both = outer * (int(inner.max(initial=0)) + 1) + inner
    return np.unique(both, return_inverse=True)[1].ravel().astype(np.int64)


def _background(crops: Crops) -> int:
    return next((row.id for row in crops.labels.values() if row.name == BACKGROUND), -1)


def _needless(labels: NDArray[np.int64], alike: Mask, splits: NDArray[np.uint8], used: Mask) -> Mask:
    """Near-duplicates of a label of which a split has enough others; regions of no split are with those that train."""
    part = np.where(splits == 0, SPLITS.index("train"), splits)
    keys = numbered(labels, part)
    different = np.bincount(keys, used & ~alike, minlength=int(keys.max(initial=0)) + 1)
    return np.asarray(used & alike & (different[keys] >= FEW))


def _marked(table: RegionTable, marks: Iterable[MarkRow]) -> Mask:
    """Which regions `(n,)` lie on frames of a mark about their own label."""
    found = np.zeros(len(table), bool)
    for rows, mark in _under(table, marks):
        found[rows[table.labels[rows] == mark.label]] = True
    return found


def _on_frames(table: RegionTable, marks: Iterable[MarkRow]) -> Mask:
    """Which regions `(n,)` lie on frames of a mark about any label."""
    found = np.zeros(len(table), bool)
    for rows, _ in _under(table, marks):
        found[rows] = True
    return found


def _under(table: RegionTable, marks: Iterable[MarkRow]) -> Iterable[tuple[Rows, MarkRow]]:
    order = np.lexsort((table.frames, table.media))
    media, frames = table.media[order], table.frames[order]
    for mark in marks:
        start, end = np.searchsorted(media, (mark.medium, mark.medium + 1))
        first, last = np.searchsorted(frames[start:end], (mark.first, mark.last + 1)) + start
        yield order[first:last], mark


def _frames_of(table: RegionTable, rows: Rows) -> NDArray[np.int64]:
    """A number from 0 for the frame of each row."""
    return numbered(table.media[rows], table.frames[rows])


def _shares(table: RegionTable, asked: Rows, others: Rows) -> NDArray[np.float64]:
    """The largest share of each asked region's area that lies in one other region of its frame, `(asked,)` in 0…1."""
    found = np.zeros(len(asked))
    if not len(asked) or not len(others):
        return found
    frame = _frames_of(table, np.concatenate([asked, others]))
    own, theirs = frame[: len(asked)], frame[len(asked) :]
    order = np.argsort(theirs, kind="stable")
    starts, ends = (np.searchsorted(theirs[order], own, side) for side in ("left", "right"))
    counts = ends - starts
    first = np.repeat(np.arange(len(asked)), counts)
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    second = others[order[np.repeat(starts, counts) + within]]
    a, b = table.boxes[asked[first]], table.boxes[second]
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    np.maximum.at(found, first, np.clip(high - low, 0, None).prod(1) / np.maximum(a[:, 2:].prod(1), 1e-9))
    return found
