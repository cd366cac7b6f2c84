"""Regions of one project in another: with their media, labels and tracks; what is there already stays as it is."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from studio.core.control import Control
from studio.core.project.approvals import approve
from studio.core.project.edits import Edit, counted, listed
from studio.core.project.folders import own_folder
from studio.core.project.joining import Joining
from studio.core.project.media import copy_in, inside, reference
from studio.core.project.project import Project
from studio.core.project.rows import BACKGROUND, OBJECT_STATES, Key, LabelRow, MediumRow, RegionRow, Row, TrackRow
from studio.core.project.tracks import is_held

_SAME = 1e-3  # pixels between boxes that are the same
_SAME_OBJECT = 0.5  # IoU of boxes of one object that were drawn or followed apart


@dataclass(frozen=True)
class Transfer:
    """What one project would take from another; nothing is written yet.

    Attributes:
        target: the name of the project that takes it.
        media: new ones, each with where it lies.
        rows: all other new rows.
        gone: rows of the target that make room: negatives that an object would touch.
        notes: what stays out, a part of a sentence each.
    """

    target: str
    media: tuple[tuple[MediumRow, Path], ...]
    rows: tuple[Row, ...]
    gone: tuple[Row, ...]
    notes: tuple[str, ...]

    def count(self, kind: type[Row]) -> int:
        return sum(isinstance(row, kind) for row in self.rows)

    @property
    def empty(self) -> bool:
        """Whether it would change nothing."""
        return not (self.media or self.rows)

    @property
    def sentence(self) -> str:
        """What it does, for a person."""
        kinds = ((RegionRow, "region", ""), (TrackRow, "track", ""), (LabelRow, "new label", ""))
        parts = [counted(number, one, many) for kind, one, many in kinds if (number := self.count(kind))]
        others = len(self.rows) - sum(self.count(kind) for kind, *_ in kinds)
        parts += [counted(len(self.media), "medium", "media")] if self.media else []
        parts += [counted(others, "mark or split", "marks and splits")] if others else []
        parts += [f"takes {counted(len(self.gone), 'negative')} away that they touch"] if self.gone else []
        left = f" Left out: {'; '.join(self.notes)}." if self.notes else ""
        said = f"Adds {listed(parts)} to {self.target}." if parts else f"Everything is in {self.target} already."
        return said + left


def plan_copy(source: Project, regions: Collection[int] | None, target: Project) -> Transfer:
    """What `target` takes of these regions of `source` (None: of all); both are only read.

    Raises:
        InputError: both are the same project.
    """
    joining = Joining(source, target)
    rows = adopted(joining, regions)
    return planned(joining, rows)


def planned(joining: Joining, adopted_rows: tuple[list[Row], list[RegionRow]], more: Sequence[Row] = ()) -> Transfer:
    """All that was found as one transfer."""
    rows, gone = adopted_rows
    notes = [counted(number, *words) for words, number in joining.left.items()]
    notes += [f"what is on {listed(joining.lost[:3])}, which cannot be read"] if joining.lost else []
    return Transfer(
        joining.target.name,
        tuple(joining.new_media),
        (*joining.new_labels, *rows, *more),
        tuple(gone),
        tuple(notes),
    )


def adopted(joining: Joining, regions: Collection[int] | None) -> tuple[list[Row], list[RegionRow]]:
    """Rows of tracks and regions for the target, and its negatives that go."""
    wanted = None if regions is None else frozenset(regions)
    taking = _Taking(joining)
    for row in joining.source.regions():
        if wanted is None or row.id in wanted:
            taking.take(row)
    return [*taking.tracks.values(), *taking.regions], list(taking.gone.values())


class _Taking:
    """Regions one after the other, each beside what the target has on its frame."""

    def __init__(self, joining: Joining) -> None:
        self._joining = joining
        self._tracks = {row.id: row for row in joining.source.tracks()}
        self._theirs = {row.id: row for row in joining.target.tracks()}
        self._there: dict[int, dict[int, list[RegionRow]]] = {}
        self._empty: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for mark in joining.target.marks():
            if mark.kind == "nothing":
                self._empty[mark.medium, mark.label].append((mark.first, mark.last))
        self._background = joining.target.label(BACKGROUND).id
        self.tracks: dict[int, TrackRow] = {}
        self.regions: list[RegionRow] = []
        self.gone: dict[int, RegionRow] = {}

    def take(self, row: RegionRow) -> None:
        medium = self._joining.medium(row.medium)
        if medium is None:
            return
        label = self._joining.label(row.label)
        here = self._on(medium, row.frame)
        made = replace(row, medium=medium.id, label=label.id, track=None)
        if any(other.id == row.id or _same(other, made, self._background) for other in here):
            self._joining.left["region that is there already", "regions that are there already"] += 1
            return
        if row.state in OBJECT_STATES and self._is_empty(made):
            self._joining.left["region where nothing is said to be", "regions where nothing is said to be"] += 1
            return
        if not self._make_room(made, label.name, here):
            self._joining.left["negative that touches an object there", "negatives that touch an object there"] += 1
            return
        self.regions.append(replace(made, track=self._track(row, medium, label.name), id=self._joining.free(row.id)))

    def _on(self, medium: MediumRow, frame: int) -> list[RegionRow]:
        if medium.id not in self._there:
            frames: dict[int, list[RegionRow]] = defaultdict(list)
            for row in self._joining.target.regions(medium=medium.id) if self._joining.knows(medium) else ():
                frames[row.frame].append(row)
            self._there[medium.id] = frames
        return self._there[medium.id].get(frame, [])

    def _is_empty(self, row: RegionRow) -> bool:
        return any(first <= row.frame <= last for first, last in self._empty.get((row.medium, row.label), ()))

    def _make_room(self, row: RegionRow, name: str, here: list[RegionRow]) -> bool:
        """Negatives and objects do not touch: the target's object goes before, and a negative that a person made."""
        if name == BACKGROUND:
            objects = (other for other in here if other.label != self._background and other.state in OBJECT_STATES)
            return not any(_touch(row, other) for other in objects)
        if row.state in OBJECT_STATES:
            for other in here:
                if other.label == self._background and not is_held(other) and _touch(row, other):
                    self.gone[other.id] = other
        return True

    def _track(self, row: RegionRow, medium: MediumRow, label: str) -> int | None:
        """The target's track of the region's: the same one where it knows it, else a new one."""
        track = self._tracks.get(row.track) if row.track is not None else None
        if track is None:
            return None
        own = self._joining.label(track.label)
        theirs = self._theirs.get(track.id)
        if theirs is not None and (theirs.medium, theirs.label) == (medium.id, own.id):
            return theirs.id
        if track.id not in self.tracks:
            self.tracks[track.id] = TrackRow(self._joining.free(track.id), medium.id, own.id)
        return self.tracks[track.id].id


def carry_out(target: Project, plan: Transfer, text: str, copy_media: bool, control: Control) -> Edit:
    """Do what is planned as one step of the target's history, whole or not at all.

    Args:
        target: open for writing.
        plan: made for it.
        text: what the history calls it.
        copy_media: put the media into its `media` folder instead of referring to where they are.
        control: progress; after a cancel nothing is changed.

    Returns:
        The edit that takes it back.

    Raises:
        InputError: read-only, or somebody else was writing for long.
    """
    with _placed(target, plan.media, copy_media, control) as media:
        edit = Edit.rows(text, [*media, *plan.rows]).changes
        removed = {Key("regions", row.id): None for row in plan.gone}
        return target.apply(Edit(text, {**edit, **removed}), who="import")


@contextmanager
def _placed(
    target: Project, media: Sequence[tuple[MediumRow, Path]], copy: bool, control: Control
) -> Iterator[list[MediumRow]]:
    """The rows with their paths in the target; copies go again where what follows fails."""
    folder = own_folder(target.folder, "media")
    before = set(folder.iterdir()) if folder.is_dir() else set()
    rows = []
    try:
        for done, (row, source) in enumerate(media):
            control.progress(done / len(media), source.name)
            place = copy_in(target, source) if copy else Path(os.path.realpath(source))
            if not inside(target.folder, place):
                approve(target.id, target.folder, row.size, row.sha256, place)
            rows.append(replace(row, path=reference(target.folder, place)))
        control.checkpoint()
        yield rows
    except BaseException:
        for made in set(folder.iterdir()) - before if copy and folder.is_dir() else ():
            with suppress(OSError):
                shutil.rmtree(made) if made.is_dir() else made.unlink()
        raise


def _same(one: RegionRow, other: RegionRow, background: int) -> bool:
    """Whether both say the same: of an object of a label, that it is about there."""
    if one.label != other.label:
        return False
    if one.label != background and {one.state, other.state} <= OBJECT_STATES:
        return _iou(one, other) >= _SAME_OBJECT
    return one.state == other.state and all(
        abs(a - b) <= _SAME for a, b in zip(_box(one), _box(other), strict=True)
    )  # fmt: skip


def _touch(one: RegionRow, other: RegionRow) -> bool:
    return _shared(one, other) > 0


def _iou(one: RegionRow, other: RegionRow) -> float:
    shared = _shared(one, other)
    return shared / (one.width * one.height + other.width * other.height - shared)


def _shared(one: RegionRow, other: RegionRow) -> float:
    """The area that both cover, in pixels; plain numbers, as there may be a hundred thousand of few on each frame."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(across, 0.0) * max(down, 0.0)


def _box(row: RegionRow) -> tuple[float, float, float, float]:
    return row.x, row.y, row.width, row.height
