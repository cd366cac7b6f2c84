"""Edits on a live camera: the frame they are about is kept first, and its recording's row goes into the same edit."""

from __future__ import annotations

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.core.errors import StudioError
from studio.core.project import Edit, Key, MediumRow


def row_of(context: Context, medium: int, frame: int) -> MediumRow | None:
    """The row of a medium for an edit about a frame of it; that of a live camera is kept now. Why there is none is
    said."""
    session = context.session
    if session.keep_frame is None or session.medium is None or not session.medium.live or session.medium.id != medium:
        return context.project.media.get(medium)
    if refuse_read_only(context, "keeping the frame"):
        return None
    try:
        return session.keep_frame(frame)
    except (StudioError, OSError) as error:
        context.board.problem(error, "keeping the frame")
        return None


def with_medium(context: Context, edit: Edit, medium: MediumRow | None) -> Edit:
    """`edit`, with the row of a recording that has just grown by the frame it is about."""
    if medium is None or context.project.media.get(medium.id) == medium:
        return edit
    return Edit(edit.text, {Key("media", medium.id): medium, **edit.changes}, edit.seen)
