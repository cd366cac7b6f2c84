"""What a project says a head should learn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.geometry import Box, Window, crop_window
from studio.core.project import BACKGROUND, OBJECT_STATES, MarkRow, Project, RegionRow
from studio.core.project.held_back import HeldBack, held_back
from studio.ml.embeddings import Place
from studio.ml.heads.dense_frames import LabelledFrame
from studio.ml.heads.open_media import OpenMedia
from studio.ml.heads.tiles import covered, evenly_chosen, tile_windows

FEW = 8  # regions of a label, under which near-duplicates count too
MOST_WINDOWS = 4_000  # a Gram matrix of 128 MB; more neighbours of the same tracks teach little
MOST_FRAMES = 32  # of a label, for the dense part; their maps are most of the time of a first fit
MOST_EMPTY = 8  # of these, where a person said that nothing is there
MOST_TAUGHT = 48  # of these, where a person confirmed, drew or rejected something
FRAME_BYTES = 1 << 28  # of pictures held at once


@dataclass(frozen=True)
class Windows:
    """The crops that the crop part learns from.

    Attributes:
        places: n windows.
        labels: `(n,)` id of the label of each; the background's for negatives.
        against: `(n,)` of a rejected detection the id of the label that it is not: a negative for that one alone; else
            0.
        taught: bool `(n,)`: a person confirmed, drew or rejected it.
        regions: `(n,)` id of the region that each was cut for; 0 for a tile.
        media, frames: `(n,)` where they lie.
        usual_side: the median side in pixels of the windows around objects.
    """

    places: list[Place]
    labels: NDArray[np.int64]
    against: NDArray[np.int64]
    taught: NDArray[np.bool_]
    regions: NDArray[np.int64]
    media: NDArray[np.int64]
    frames: NDArray[np.int64]
    usual_side: int

    def for_label(self, label: int) -> NDArray[np.bool_]:
        """Which windows `(n,)` say something about `label`."""
        return (self.against == 0) | (self.against == label)

    def taken(self, rows: NDArray[np.intp]) -> Windows:
        """Some of them."""
        columns = ("labels", "against", "taught", "regions", "media", "frames")
        parts = {name: getattr(self, name)[rows] for name in columns}
        return replace(self, places=[self.places[row] for row in rows.tolist()], **parts)


@dataclass(frozen=True)
class Regions:
    """What a project holds, and what of it teaches.

    Attributes:
        usable: visible regions on frames not ignored, without near-duplicates, negatives in ignore boxes, and what the
            splits keep for validation and for the test.
        by_frame: all objects, ignore boxes and negatives, by medium and frame: the whole truth about a frame.
        rejected: detections that a person rejected.
        incomplete: marks of frames on which objects may be unmarked.
        held: what the splits keep from training.
    """

    usable: list[RegionRow]
    by_frame: dict[tuple[int, int], list[RegionRow]]
    rejected: list[RegionRow]
    incomplete: list[MarkRow]
    held: HeldBack = field(default_factory=HeldBack)

    def without(self, frames: Collection[tuple[int, int]]) -> Regions:
        """Those that teach, but for some frames by medium and number: they cannot be read."""
        usable, rejected = (
            [row for row in rows if (row.medium, row.frame) not in frames] for rows in (self.usable, self.rejected)
        )
        return replace(self, usable=usable, rejected=rejected)


def read_regions(project: Project, held: HeldBack | None = None) -> Regions:
    """The regions of a project. A label of which little else is left (nothing moved) keeps its near-duplicates.

    Args:
        project: open.
        held: what is kept from training; None: what the splits say.
    """
    marks = project.marks()
    ignored, incomplete = ([mark for mark in marks if mark.kind == kind] for kind in ("ignore", "incomplete"))
    by_frame: dict[tuple[int, int], list[RegionRow]] = {}
    seen, rejected = [], []
    held = held_back(project) if held is None else held
    for row in project.regions():
        if row.state == "rejected" and row.id not in held.regions:
            rejected.append(row)
        if row.state in OBJECT_STATES or row.state == "ignore":
            by_frame.setdefault((row.medium, row.frame), []).append(row)
        if row.id in held.regions:
            continue
        if row.state == "visible" and not _marked(ignored, row.medium, row.frame, row.label):
            seen.append(row)
    background = project.label(BACKGROUND).id
    seen = [row for row in seen if row.label != background or not _in_ignore_box(row, by_frame)]
    different = Counter(row.label for row in seen if not row.near_duplicate)
    usable = [row for row in seen if not row.near_duplicate or different[row.label] < FEW]
    return Regions(usable, by_frame, rejected, incomplete, held)


def _in_ignore_box(row: RegionRow, by_frame: dict[tuple[int, int], list[RegionRow]]) -> bool:
    ignored = _boxes(other for other in by_frame[row.medium, row.frame] if other.state == "ignore")
    return bool(len(ignored) and covered(_boxes([row]), ignored)[0])


class _Found(NamedTuple):
    """A window of a frame on its way to `Windows`; the names are those there."""

    medium: int
    frame: int
    window: Window
    label: int
    against: int = 0
    taught: bool = False
    region: int = 0


def windows_of(regions: Regions, media: OpenMedia, background: int, input_size: int) -> Windows:
    """The windows of regions; of every so-many-th frame where they are more than can be held.

    What a person rejected, confirmed or drew is always among them.
    """
    frames = sorted({(row.medium, row.frame) for row in regions.usable})
    picked = set(frames[:: max(1, math.ceil(len(regions.usable) / MOST_WINDOWS))])

    def around(row: RegionRow) -> Window:
        medium = media.rows[row.medium]  # its pictures may differ in size: the first one's says nothing of others
        return crop_window(Box(row.x, row.y, row.width, row.height), input_size, medium.width, medium.height)

    found = [
        _Found(row.medium, row.frame, around(row), row.label, taught=row.keyframe, region=row.id)
        for row in regions.usable
        if row.keyframe or (row.medium, row.frame) in picked
    ]
    sides = [each.window.side for each in found if each.label != background]
    unsure = {mark.medium: [m for m in regions.incomplete if m.medium == mark.medium] for mark in regions.incomplete}
    whole = [(m, n) for m, n in frames if not any(mark.first <= n <= mark.last for mark in unsure.get(m, []))]
    for medium, frame in evenly_chosen(whole):
        tiles = tile_windows(regions.by_frame[medium, frame], background, input_size, *media.size(medium))
        found += [_Found(medium, frame, window, label) for window, label in tiles]
    found += [
        _Found(row.medium, row.frame, around(row), background, row.label, True, row.id) for row in regions.rejected
    ]
    places = [Place(media.rows[each.medium].sha256, each.frame, each.window) for each in found]
    labels, against, ids, rows, numbers = (
        np.array([getattr(each, name) for each in found], np.int64)
        for name in ("label", "against", "region", "medium", "frame")
    )
    taught = np.array([each.taught for each in found], bool)
    return Windows(places, labels, against, taught, ids, rows, numbers, int(np.median(sides)))


def labelled_frames(project: Project, regions: Regions, label: int, media: OpenMedia) -> list[LabelledFrame]:
    """Frames for the dense part of `label`: some of those with an object, evenly over all, and some that hold none.

    Each comes with all objects of the label on it: near-duplicates are no background, and occluded ones are ignored
    as ignore boxes are, and objects that the splits keep from training. Some of the frames on which a person confirmed,
    drew or rejected something are added; one of which nothing but a rejection is known is incomplete. Those that cannot
    be read are in `media.unread` afterwards.

    Raises:
        InputError: none can be read.
    """
    marks = [mark for mark in project.marks() if mark.label == label]
    objects = {(row.medium, row.frame) for row in regions.usable if row.label == label}
    empty = [
        (mark.medium, frame)
        for mark in marks
        if mark.kind == "nothing"
        for frame in media.there(mark.medium, mark.first, mark.last)
        if not regions.held.holds(mark.medium, frame)
        and all(row.label != label or row.state == "ignore" for row in regions.by_frame.get((mark.medium, frame), []))
    ]
    rejected: dict[tuple[int, int], list[RegionRow]] = {}
    for row in regions.rejected:
        if row.label == label:
            rejected.setdefault((row.medium, row.frame), []).append(row)
    taught = {(row.medium, row.frame) for row in regions.usable if row.label == label and row.keyframe} | {*rejected}
    pools = ((objects, MOST_FRAMES), (set(empty), MOST_EMPTY), (taught, MOST_TAUGHT))
    chosen = [place for pool, most in pools for place in _evenly(sorted(pool), most)]
    frames: list[LabelledFrame] = []
    for medium, number in _within_bytes([*dict.fromkeys(chosen)], media):
        picture = media.readable(media.rows[medium].sha256, number)
        if picture is None:
            continue
        own = [row for row in regions.by_frame.get((medium, number), []) if row.label == label]
        shown = {row.id for row in own if row.state == "visible"} - regions.held.regions
        frames.append(
            LabelledFrame(
                picture,
                _boxes(row for row in own if row.id in shown),
                _boxes(row for row in own if row.id not in shown),
                medium=medium,
                number=number,
                rate=media.medium(medium).rate,
                source=media.rows[medium].sha256,
                complete=((medium, number) in empty or any(row.state in OBJECT_STATES for row in own))
                and not _marked(regions.incomplete, medium, number, label),
                rejected=_boxes(rejected.get((medium, number), [])),
            )
        )
    if not frames and media.unread:
        raise InputError(next(iter(media.unread.values())))
    return frames


def _boxes(rows: Iterable[RegionRow]) -> NDArray[np.float64]:
    return np.array([(row.x, row.y, row.width, row.height) for row in rows], np.float64).reshape(-1, 4)


def _within_bytes(chosen: list[tuple[int, int]], media: OpenMedia) -> list[tuple[int, int]]:
    """As many of the frames, evenly, as pictures of their size may be held; sorted: a video is read forwards."""
    largest = max((w * h * 3 for w, h in (media.medium(m).size for m in {m for m, _ in chosen})), default=1)
    return sorted(_evenly(chosen, max(8, FRAME_BYTES // largest)))


def _evenly(items: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    if len(items) <= most:
        return items
    return [items[int(i)] for i in np.linspace(0, len(items) - 1, most).round()]


def _marked(marks: list[MarkRow], medium: int, frame: int, label: int) -> bool:
    return any(m.medium == medium and m.label == label and m.first <= frame <= m.last for m in marks)


def check_enough(regions: list[RegionRow], names: Mapping[int, str], background: int, fewest: int = 2) -> list[int]:
    """The labels that can be trained, in the order of their names.

    Raises:
        InputError: no positives, a label with less than `fewest`, or no negatives.
    """
    counts: dict[int, int] = {}
    for row in regions:
        counts[row.label] = counts.get(row.label, 0) + 1
    negatives = counts.pop(background, 0)
    if not counts:
        raise InputError("the project has no regions to learn from; label something first: studio label")
    for label, count in counts.items():
        if count < fewest:
            raise InputError(
                f"the label {names[label]} has one region; at least two are needed: label another one, or follow it"
            )
    if not negatives and len(counts) < 2:
        raise InputError(f"the project has no negatives (regions of the label {BACKGROUND}); follow the object further")
    return sorted(counts, key=lambda label: names[label])
