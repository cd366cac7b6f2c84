"""Marks: what holds for a label on a range of frames. One kind a frame: a new mark takes its frames from older ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.core.project.edits import Edit, counted
from studio.core.project.ids import new_id
from studio.core.project.project import Project
from studio.core.project.rows import OBJECT_STATES, Key, LabelRow, MarkRow, MediumRow, RegionRow, Row

TEXTS = {
    "nothing": "no {label} here",
    "complete": "every {label} is marked",
    "incomplete": "not every {label} is marked",
    "ignore": "ignore these frames for {label}",
}


def mark(project: Project, medium: MediumRow, label: LabelRow, first: int, last: int, kind: str) -> Edit:
    """Say of the frames `first`…`last` (inclusive) what `kind` says, instead of what was said of them before.

    Args:
        project: open.
        medium: of the frames.
        label: what it is said about.
        first, last: frames.
        kind: "nothing", "complete", "incomplete" or "ignore".

    Raises:
        InputError: no such frames, or "nothing" where an object of the label is.
    """
    _refuse_frames(medium, first, last)
    if kind == "nothing":
        _refuse_objects(project, medium, label, first, last)
    new = MarkRow(new_id(), medium.id, label.id, first, last, kind)
    old = _marks_of(project, medium.id, label.id)
    return Edit(_text(TEXTS[kind].format(label=label.name), first, last), _difference(old, _laid(old, new)))


def clear_marks(project: Project, medium: MediumRow, label: LabelRow, first: int, last: int) -> Edit:
    """Say nothing more of the frames `first`…`last` (inclusive).

    Raises:
        InputError: no such frames.
    """
    _refuse_frames(medium, first, last)
    old = _marks_of(project, medium.id, label.id)
    text = _text(f"clear marks of {label.name}", first, last)
    return Edit(text, _difference(old, [part for each in old for part in _without(each, first, last)]))


def ignore_box(medium: MediumRow, label: LabelRow, box: Box, first: int, last: int) -> Edit:
    """Put a box that is neither positive nor negative for `label` on the frames `first`…`last`, a region on each.

    Raises:
        InputError: no such frames, or an impossible box.
    """
    _refuse_frames(medium, first, last)
    rows = [
        RegionRow(new_id(), medium.id, frame, label.id, None, *box, "human", True, None, False, "ignore")
        for frame in range(first, last + 1)
    ]
    return Edit.rows(_text(f"ignore a box for {label.name}", first, last), rows)


def moved_marks(project: Project, source: int, target: int) -> dict[Key, Row | None]:
    """The changes that make all marks of the label `source` those of the label `target`; see `merge_labels`."""
    changes: dict[Key, Row | None] = {}
    for medium in {each.medium for each in project.marks() if each.label in (source, target)}:
        ours, theirs = _marks_of(project, medium, target), _marks_of(project, medium, source)
        marks: list[MarkRow] = [replace(each, label=target) for each in theirs]
        for each in ours:
            marks = _laid(marks, each)
        marks = _without_objects(project, marks, (source, target))
        changes |= _difference([*ours, *theirs], marks)
    return changes


def _without_objects(project: Project, marks: list[MarkRow], labels: tuple[int, ...]) -> list[MarkRow]:
    """`marks` without the frames of those that say "nothing" on which one of `labels` has an object."""
    kept: list[MarkRow] = []
    for each in marks:
        parts = [each]
        if each.kind == "nothing":
            for frame in sorted({f for label in labels for f in _objects(project, each, label)}):
                parts = [*parts[:-1], *_without(parts[-1], frame, frame)] if parts else []
        kept += parts
    return kept


def _objects(project: Project, place: MarkRow, label: int) -> list[int]:
    rows = project.regions(medium=place.medium, label=label, first=place.first, last=place.last)
    return [row.frame for row in rows if row.state in OBJECT_STATES]


def _marks_of(project: Project, medium: int, label: int) -> list[MarkRow]:
    return [each for each in project.marks() if (each.medium, each.label) == (medium, label)]


def _laid(old: Iterable[MarkRow], new: MarkRow) -> list[MarkRow]:
    """`old` with `new` on top, which takes in those of its kind that it touches, and gets the id of one of them."""
    marks: list[MarkRow] = []
    for each in old:
        if each.kind == new.kind and each.first <= new.last + 1 and new.first <= each.last + 1:
            new = replace(each, first=min(each.first, new.first), last=max(each.last, new.last))
        else:
            marks.append(each)
    return [*(part for each in marks for part in _without(each, new.first, new.last)), new]


def _without(each: MarkRow, first: int, last: int) -> list[MarkRow]:
    """What of a mark lies outside of `first`…`last`: none, one or two marks, the first of which keeps its id."""
    if last < each.first or each.last < first:
        return [each]
    parts = [replace(each, last=first - 1)] if each.first < first else []
    if last < each.last:
        parts.append(replace(each, id=new_id() if parts else each.id, first=last + 1))
    return parts


def _difference(old: Iterable[MarkRow], new: Iterable[MarkRow]) -> Mapping[Key, Row | None]:
    changes: dict[Key, Row | None] = {Key("marks", each.id): None for each in old}
    changes |= {Key("marks", each.id): each for each in new}
    return changes


def _refuse_frames(medium: MediumRow, first: int, last: int) -> None:
    if not 0 <= first <= last < medium.frames:
        name = medium.path.rsplit("/", 1)[-1]
        raise InputError(f"there are no frames {first} to {last} in {name}; it has 0 to {medium.frames - 1}")


def _refuse_objects(project: Project, medium: MediumRow, label: LabelRow, first: int, last: int) -> None:
    rows = project.regions(medium=medium.id, label=label.id, first=first, last=last)
    frames = sorted({row.frame for row in rows if row.state in OBJECT_STATES})
    if frames:
        more = f" and on {counted(len(frames) - 1, 'more frame')}" if len(frames) > 1 else ""
        raise InputError(f"there is a {label.name} on frame {frames[0]}{more}; remove it first, or choose other frames")


def _text(what: str, first: int, last: int) -> str:
    return f"{what}, frame {first}" if first == last else f"{what}, frames {first} to {last}"
