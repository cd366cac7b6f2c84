"""Search areas: where in the frames of a medium detections are looked for."""

from __future__ import annotations

from studio.core.errors import InputError
from studio.core.geometry import Box, clip_box
from studio.core.project.edits import Edit
from studio.core.project.ids import new_id
from studio.core.project.project import Project
from studio.core.project.rows import AreaRow, MediumRow


def area_of(project: Project, medium: int) -> AreaRow | None:
    """The search area of the medium with this id; None: everywhere."""
    return next((row for row in project.areas() if row.medium == medium), None)


def set_area(project: Project, medium: MediumRow, box: Box | None) -> Edit:
    """Search only in `box` (pixels) of the frames of `medium`, what of it lies on them; None: everywhere.

    Raises:
        InputError: nothing of the box lies on the frames.
    """
    old = area_of(project, medium.id)
    name = medium.path.rsplit("/", 1)[-1]
    if box is None:
        return Edit.removal(f"search everywhere in {name}", [old] if old else [])
    inside = clip_box(box, medium.width, medium.height) if medium.width else box
    if inside is None:
        raise InputError(f"the box lies outside of the frames of {name}, {medium.width}×{medium.height} pixels")
    return Edit.rows(f"search area in {name}", [AreaRow(old.id if old else new_id(), medium.id, *inside)])
