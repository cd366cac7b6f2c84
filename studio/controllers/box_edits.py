"""What is done to boxes, as edits: each one step with a text. They read the project and change nothing themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from studio.core.geometry import Box
from studio.core.project import BACKGROUND, Edit, Key, LabelRow, Project, RegionRow, Row, TrackRow, new_id
from studio.core.project.corrections import missed
from studio.core.project.edits import counted
from studio.core.project.labels import make_label
from studio.core.project.marks import clear_marks
from studio.core.project.tracks import is_held, touched_negatives

FIRST_LABEL = "object"


def label_for_box(project: Project, chosen: LabelRow | None) -> tuple[LabelRow, bool]:
    """The label a drawn box gets, and whether it is a new one: nothing may stand between a box and following it."""
    if chosen is not None:
        return chosen, False
    rows = [row for row in project.labels() if row.name != BACKGROUND]
    if rows:
        return min(rows, key=lambda row: (row.key or "~", row.id)), False
    return make_label(project, FIRST_LABEL), True


def draw(project: Project, medium: int, frame: int, label: LabelRow, new: bool, box: Box) -> tuple[Edit, int]:
    """A box that a person drew; returns the edit and the id of the region. What said the opposite goes."""
    row = _region(medium, frame, label.id, None, box)
    rows: list[Row] = [label, row] if new else [row]
    changes: dict[Key, Row | None] = {}
    if label.name != BACKGROUND:
        changes |= _not_nothing(project, medium, frame, label)
        changes |= Edit.removal("", touched_negatives(project, medium, {frame: box})).changes
    return Edit(f"draw {label.name}, frame {frame}", {**changes, **Edit.rows("", rows).changes}), row.id


def draw_missed(project: Project, medium: int, frame: int, label: LabelRow, box: Box) -> tuple[Edit, int]:
    """As `draw`, where the head is on and should have found it: a correction."""
    found = missed(project, medium, frame, label.id, box)
    region = next(row.id for row in found.changes.values() if isinstance(row, RegionRow))
    return Edit(found.text, {**_not_nothing(project, medium, frame, label), **found.changes}), region


def change(project: Project, row: RegionRow, box: Box, label: str) -> Edit:
    """The box moved or resized by a person: a keyframe from now on."""
    resized = (row.width, row.height) != (box.width, box.height)
    moved = replace(
        row, x=box.x, y=box.y, width=box.width, height=box.height, author="human", keyframe=True, score=None,
        near_duplicate=False,
    )  # fmt: skip
    gone = touched_negatives(project, row.medium, {row.frame: box}) if label != BACKGROUND else []
    gone = [each for each in gone if each.id != row.id]
    text = f"{'resize' if resized else 'move'} {label}, frame {row.frame}"
    return Edit(text, {**Edit.removal(text, gone).changes, **Edit.rows(text, [moved]).changes})


def fix_between(medium: int, frame: int, track: int, label: LabelRow, box: Box) -> tuple[Edit, int]:
    """An interpolated box of a track that a person moved: a keyframe; returns the edit and the id of the region."""
    row = _region(medium, frame, label.id, track, box)
    return Edit.rows(f"move {label.name}, frame {frame}", [row]), row.id


def remove(project: Project, rows: Sequence[RegionRow]) -> Edit:
    """Remove regions, and the tracks that have none left."""
    gone = {row.id for row in rows}
    tracks = {row.track for row in rows if row.track is not None}
    empty = [t for t in project.tracks() if t.id in tracks and _ids(project, t) <= gone]
    text = f"remove {counted(len(rows), 'region')}" if len(rows) > 1 else f"remove a region, frame {rows[0].frame}"
    return Edit.removal(text, [*rows, *empty])


def relabel(project: Project, rows: Sequence[RegionRow], label: LabelRow) -> Edit:
    """Give regions another label; a region of a track takes its whole track along, as that is one object.

    As background it is a negative: it leaves its track.
    """
    if label.name == BACKGROUND:
        changed: list[Row] = [
            replace(row, label=label.id, track=None, author="human", keyframe=True, score=None, state="visible")
            for row in rows
        ]
        return Edit.rows(f"{counted(len(rows), 'region')} to {label.name}", changed)
    tracks = {row.id: row for row in project.tracks()}
    wanted = {row.track for row in rows if row.track in tracks and tracks[row.track].label == row.label}
    whole = [each for track in wanted if track is not None for each in _objects(project, tracks[track])]
    regions = {row.id: row for row in [*rows, *whole]}
    renamed: list[Row] = [replace(tracks[track], label=label.id) for track in wanted if track is not None]
    renamed += [replace(row, label=label.id) for row in regions.values()]
    return Edit.rows(f"{counted(len(regions), 'region')} to {label.name}", renamed)


def occluded(rows: Sequence[RegionRow], label: str) -> Edit:
    """Hidden behind something on this frame; said again: visible."""
    state = "visible" if all(row.state == "occluded" for row in rows) else "occluded"
    changed = [replace(row, state=state, author="human", keyframe=True, score=None) for row in rows]
    return Edit.rows(f"{label} {state}, frame {rows[0].frame}", changed)


def outside(project: Project, row: RegionRow, label: str) -> Edit:
    """Out of the picture from this frame on: what a tracker made of the track goes, up to the next keyframe."""
    if row.state == "outside":
        return Edit.rows(
            f"{label} back, frame {row.frame}", [replace(row, state="visible", author="human", keyframe=True)]
        )
    gone: list[RegionRow] = []
    if row.track is not None:
        for later in project.regions(medium=row.medium, track=row.track, first=row.frame + 1):
            if later.label == row.label and is_held(later):
                break
            gone.append(later)
    ended = replace(row, state="outside", author="human", keyframe=True, score=None)
    text = f"{label} outside from frame {row.frame}"
    return Edit(text, {**Edit.removal(text, gone).changes, **Edit.rows(text, [ended]).changes})


def regions_by_id(project: Project, ids: Iterable[int]) -> list[RegionRow]:
    """The regions of these ids, wherever they are."""
    wanted = set(ids)
    marks = ", ".join("?" * len(wanted))
    query = f"SELECT DISTINCT medium, frame FROM regions WHERE until IS NULL AND id IN ({marks})"
    with project.reading():
        places = project.connection.execute(query, list(wanted)).fetchall()
    found = (row for medium, frame in places for row in project.regions(medium=medium, first=frame, last=frame))
    return [row for row in found if row.id in wanted]


def _not_nothing(project: Project, medium: int, frame: int, label: LabelRow) -> dict[Key, Row | None]:
    """Without the mark that says there is none of `label` on the frame."""
    said = (mark for mark in project.marks() if (mark.medium, mark.label) == (medium, label.id))
    if not any(mark.kind == "nothing" and mark.first <= frame <= mark.last for mark in said):
        return {}
    row = next(each for each in project.media() if each.id == medium)
    return dict(clear_marks(project, row, label, frame, frame).changes)


def _region(medium: int, frame: int, label: int, track: int | None, box: Box) -> RegionRow:
    return RegionRow(new_id(), medium, frame, label, track, *box, "human", True, None, False, "visible")


def _ids(project: Project, track: TrackRow) -> set[int]:
    return {row.id for row in project.regions(medium=track.medium, track=track.id)}


def _objects(project: Project, track: TrackRow) -> list[RegionRow]:
    return project.regions(medium=track.medium, track=track.id, label=track.label)
