"""Labels: making, renaming, merging and deleting them, always with a word on what happens to their regions."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from studio.core.errors import InputError
from studio.core.project.edits import Edit, Planned, counted, listed
from studio.core.project.heads import labels_of_heads
from studio.core.project.ids import new_id
from studio.core.project.marks import moved_marks
from studio.core.project.project import Project
from studio.core.project.rows import BACKGROUND, LabelRow, MarkRow, RegionRow, Row, TrackRow

# Told apart on dark and light ground, and mostly by colour-blind eyes too.
PALETTE = ("#4c9aff", "#f0883e", "#3fb950", "#e377c2", "#d2b41c", "#9d7cf4", "#1fb8b8", "#f85149", "#a0714f")


def make_label(project: Project, name: str) -> LabelRow:
    """A row for a label called `name` with the next free colour and key (1…9, then none); not yet applied.

    Raises:
        InputError: a label cannot be called so.
    """
    labels = project.labels()
    used = {label.color.lower() for label in labels}
    free = [color for color in PALETTE if color not in used] or [PALETTE[len(labels) % len(PALETTE)]]
    keys = sorted(set("123456789") - {label.key for label in labels})
    return LabelRow(new_id(), name, free[0], keys[0] if keys else "")


def rename_label(project: Project, label: LabelRow, name: str) -> Planned:
    """Call `label` something else; its regions stay its own.

    Raises:
        InputError: it is the background, the name is taken, or a label cannot be called so.
    """
    _refuse_background(label, "renamed")
    renamed = replace(label, name=name)
    if any(other.name == name and other.id != label.id for other in project.labels()):
        raise InputError(f"there is a label {name!r} already; to make them one, merge {label.name!r} into it")
    knowing = sum(label.name in names for names in labels_of_heads(project))
    heads = f"; {counted(knowing, 'head')} trained before will go on saying {label.name}" if knowing else ""
    with project.reading():
        query = "SELECT count(*), count(DISTINCT medium) FROM regions WHERE until IS NULL AND label = ?"
        regions, media = project.connection.execute(query, (label.id,)).fetchone()
    where = f" on {counted(media, 'medium', 'media')}" if regions else ""
    kept = f"{counted(regions, 'region')}{where} {'stays' if regions == 1 else 'stay'} with it"
    return Planned(
        Edit.rows(f"rename {label.name} to {name}", [renamed]),
        f"Renames the label {label.name} to {name}; {kept}{heads}.",
    )


def former_names(project: Project) -> dict[str, int]:
    """Names that labels of now had before and none has now, with the label's id: heads go on saying the old ones."""
    query = (
        "SELECT CAST(name AS TEXT), id FROM labels l WHERE until IS NOT NULL AND EXISTS"
        " (SELECT 1 FROM labels n WHERE n.id = l.id AND n.until IS NULL) ORDER BY since"
    )
    taken = {row.name for row in project.labels()}
    with project.reading():
        return {name: row_id for name, row_id in project.connection.execute(query) if name not in taken}


def recolor(label: LabelRow, color: str) -> Planned:
    """Give `label` the colour "#rrggbb".

    Raises:
        InputError: that is no colour.
    """
    changed = replace(label, color=color.lower())
    return Planned(Edit.rows(f"color {label.name}", [changed]), f"Shows {label.name} in {color}; nothing else changes.")


def set_threshold(label: LabelRow, threshold: float) -> Planned:
    """Show detections of `label` from a score of `threshold` (0…1) on.

    Raises:
        InputError: that is no score.
    """
    changed = replace(label, threshold=threshold)
    sentence = f"Shows detections of {label.name} from a score of {threshold:g} on; nothing else changes."
    return Planned(Edit.rows(f"threshold of {label.name} {threshold:g}", [changed]), sentence)


def set_key(project: Project, label: LabelRow, key: str) -> Planned:
    """Let the digit `key` choose `label` ("": none does); a label that had it loses it.

    Raises:
        InputError: no digit, or 0, which is the background's.
    """
    _refuse_background(label, "given another key")
    if key == "0":
        raise InputError(f"the key 0 is for {BACKGROUND}; choose one from 1 to 9")
    rows = [replace(label, key=key)]
    losing = [other for other in project.labels() if key and other.key == key and other.id != label.id]
    rows += [replace(other, key="") for other in losing]
    lost = "".join(f", and takes it from {other.name}" for other in losing)
    sentence = f"The key {key} chooses {label.name}{lost}." if key else f"No key chooses {label.name}."
    return Planned(Edit.rows(f"key {key or 'none'} for {label.name}", rows), sentence)


def merge_labels(project: Project, source: LabelRow, target: LabelRow) -> Planned:
    """Make everything of `source` that of `target`, and remove `source`.

    Marks move too. Where both labels have one on the same frames, the target's counts; and nobody said "nothing here"
    about the two together, so such marks lose the frames where the other label has an object.

    Raises:
        InputError: one of them is the background, or they are the same.
    """
    for label in (source, target):
        _refuse_background(label, "merged; to make negatives of its regions, delete the label and keep them as those")
    if source.id == target.id:
        raise InputError(f"{source.name} cannot be merged with itself; choose another label")
    regions = project.regions(label=source.id)
    tracks = [track for track in project.tracks() if track.label == source.id]
    marks = [mark for mark in project.marks() if mark.label == source.id]
    moved: list[Row] = [replace(track, label=target.id) for track in tracks]
    moved += [replace(region, label=target.id) for region in regions]
    text = f"merge {source.name} into {target.name}"
    changes = {
        **Edit.rows(text, moved).changes,
        **moved_marks(project, source.id, target.id),
        **Edit.removal(text, [source]).changes,
    }
    sentence = f"Moves {listed(_parts(regions, tracks, marks))} of {source.name} to {target.name}, and removes"
    return Planned(Edit(text, changes), f"{sentence} the label {source.name}.")


def delete_label(project: Project, label: LabelRow, regions: Literal["delete", "background"] = "delete") -> Planned:
    """Remove `label`, its tracks and its marks.

    Args:
        project: open.
        label: any but the background.
        regions: "delete" removes its regions, and the negatives that were collected beside its tracks; "background"
            makes negatives of those where the object is visible, removes the others, and keeps all negatives.

    Raises:
        InputError: it is the background.
    """
    _refuse_background(label, "deleted")
    own = project.regions(label=label.id)
    tracks = [track for track in project.tracks() if track.label == label.id]
    marks = [mark for mark in project.marks() if mark.label == label.id]
    beside = [row for track in tracks for row in project.regions(track=track.id) if row.label != label.id]
    text = f"delete {label.name}"
    removed: list[Row] = [*marks, *tracks, label]
    kept: list[RegionRow] = []
    if regions == "delete":
        removed += [*own, *beside]
        also = [counted(len(beside), "negative") + " collected beside it"] if beside else []
        sentence = f"Deletes the label {label.name} with {listed([*_parts(own, tracks, marks), *also])}."
    else:
        background = project.label(BACKGROUND).id
        visible = [row for row in own if row.state == "visible"]
        kept = [replace(row, label=background, track=None) for row in visible]
        kept += [replace(row, track=None) for row in beside]
        removed += [row for row in own if row.state != "visible"]
        parts = _parts([row for row in own if row.state != "visible"], tracks, marks)
        sentence = f"Makes {counted(len(visible), 'region')} of {label.name} negatives, and deletes the label"
        sentence += f" with {listed(parts)}."
    changes = {**Edit.rows(text, kept).changes, **Edit.removal(text, removed).changes}
    return Planned(Edit(text, changes), sentence)


def _refuse_background(label: LabelRow, what: str) -> None:
    if label.name == BACKGROUND:
        raise InputError(f"the label {BACKGROUND} is for negatives and cannot be {what}")


def _parts(regions: list[RegionRow], tracks: list[TrackRow], marks: list[MarkRow]) -> list[str]:
    media = len({row.medium for row in regions})
    where = f" on {counted(media, 'medium', 'media')}" if regions else ""
    parts = [counted(len(regions), "region") + where]
    parts += [counted(len(tracks), "track")] if tracks else []
    return parts + ([counted(len(marks), "mark")] if marks else [])
