"""Two projects as one: the union of what they say, where they differ the one that takes the other in."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.files import own_place
from studio.core.project.edits import Edit, counted
from studio.core.project.heads import head_folder, head_names, is_head_name, read_head_facts
from studio.core.project.joining import Joining
from studio.core.project.project import Project
from studio.core.project.reuse import Transfer, adopted, carry_out, planned
from studio.core.project.rows import OBJECT_STATES, MarkRow, RegionRow, Row, TrackRow

_FILES = ("card.json", "weights.safetensors")


@dataclass(frozen=True)
class Merge:
    """What a merge would do.

    Attributes:
        transfer: rows and media.
        heads: names of heads in the source, with the free names that they get.
    """

    transfer: Transfer
    heads: tuple[tuple[str, str], ...]

    @property
    def empty(self) -> bool:
        """Whether it would change nothing."""
        return self.transfer.empty and not self.heads

    @property
    def sentence(self) -> str:
        """What it does, for a person."""
        if not self.heads:
            return self.transfer.sentence
        names = ", ".join(old if old == new else f"{old} as {new}" for old, new in self.heads)
        return f"{self.transfer.sentence} Copies {counted(len(self.heads), 'head')}: {names}."


def plan_merge(source: Project, target: Project) -> Merge:
    """What `target` takes from all of `source`; both are only read.

    Raises:
        InputError: both are the same project.
    """
    joining = Joining(source, target)
    for row in source.media():
        joining.medium(row.id)
    for label in source.labels():
        joining.label(label.id)
    rows, gone = adopted(joining, None)
    tracks = {row.id: row for row in rows if isinstance(row, TrackRow)}
    regions = [row for row in rows if isinstance(row, RegionRow)]
    more = [*_marks(joining, regions), *_splits(joining, tracks), *_areas(joining), *_searches(joining)]
    return Merge(planned(joining, (rows, gone), more), tuple(_heads(source, target)))


def merge(source: Project, target: Project, plan: Merge, copy_media: bool, control: Control) -> Edit:
    """Do what is planned: the rows as one step of the target's history, the heads as files.

    Raises:
        InputError: read-only, or somebody else was writing for long; nothing was changed.
    """
    back = carry_out(target, plan.transfer, f"merge {source.name}", copy_media, control)
    for old, new in plan.heads:
        _copy_head(source, target, old, new)
    return back


def _marks(joining: Joining, regions: list[RegionRow]) -> Iterator[Row]:
    """Marks on frames of which the target says nothing; "nothing" only where it has no object."""
    theirs: dict[tuple[int, int], list[MarkRow]] = defaultdict(list)
    for mark in joining.target.marks():
        theirs[mark.medium, mark.label].append(mark)
    for mark in joining.source.marks():
        medium, label = joining.medium(mark.medium), joining.label(mark.label)
        if medium is None:
            continue
        made = replace(mark, medium=medium.id, label=label.id)
        if any(made.first <= other.last and other.first <= made.last for other in theirs[medium.id, label.id]):
            joining.left["mark on frames that have one", "marks on frames that have one"] += 1
        elif made.kind == "nothing" and _has_objects(joining.target, made):
            joining.left["mark of nothing where an object is", "marks of nothing where an object is"] += 1
        else:
            yield replace(made, id=joining.free(mark.id))


def _has_objects(target: Project, mark: MarkRow) -> bool:
    rows = target.regions(medium=mark.medium, label=mark.label, first=mark.first, last=mark.last)
    return any(row.state in OBJECT_STATES for row in rows)


def _splits(joining: Joining, tracks: dict[int, TrackRow]) -> Iterator[Row]:
    """Splits of media that have none in the target."""
    kept = {row.medium for row in joining.target.splits()}
    known = {row.id for row in joining.target.tracks()} | tracks.keys()
    for row in joining.source.splits():
        medium = joining.medium(row.medium)
        if medium is None:
            continue
        if medium.id in kept:
            joining.left["split of a medium that has some", "splits of media that have some"] += 1
        elif row.track is None or row.track in known:
            yield replace(row, id=joining.free(row.id), medium=medium.id)


def _areas(joining: Joining) -> Iterator[Row]:
    kept = {row.medium for row in joining.target.areas()}
    for row in joining.source.areas():
        medium = joining.medium(row.medium)
        if medium is not None and medium.id not in kept:
            yield replace(row, id=joining.free(row.id), medium=medium.id)


def _searches(joining: Joining) -> Iterator[Row]:
    kept = {row.name for row in joining.target.searches()}
    for row in joining.source.searches():
        if row.name not in kept:
            yield replace(row, id=joining.free(row.id))


def _heads(source: Project, target: Project) -> Iterator[tuple[str, str]]:
    """Heads that the target has not, under free names; one whose card cannot be read stays where it is."""
    taken = set(head_names(target))
    there = {_weights_of(target, name) for name in taken}
    for name in head_names(source):
        weights = _weights_of(source, name)
        if weights is None or weights in there:
            continue
        names = (f"{name[:90]}{'' if number == 1 else f'-{number}'}" for number in count(1))
        new = next(each for each in names if each not in taken and is_head_name(each))
        taken.add(new)
        there.add(weights)
        yield name, new


def _weights_of(project: Project, name: str) -> str | None:
    try:
        return str(read_head_facts(project, name)["sha256"])
    except InputError:
        return None


def _copy_head(source: Project, target: Project, name: str, new: str) -> None:
    """Whole or not at all; its card says its new name."""
    folder, own = head_folder(target, new), head_folder(source, name)
    if any((own / file).is_symlink() for file in _FILES):
        raise InputError(f"a file of the head {name} is a link in {own}; heads are copied from their own folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with own_place(folder.parent) as place:
        staged = place / new
        staged.mkdir()
        for file in _FILES:
            shutil.copyfile(own / file, staged / file)
        card = staged / "card.json"
        document = json.loads(card.read_text(encoding="utf-8"))
        document |= {"name": new}
        if source.id == target.id:  # a copy of the project: what its history says at that position is another thing
            document |= {"project": f"a copy of {source.id}"}
        card.write_text(json.dumps(document, indent=2), encoding="utf-8")
        staged.rename(folder)
