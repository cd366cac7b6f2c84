"""Edits on a live camera: the frame they are about is kept first, and its recording's row goes into the same edit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only, write_behind
from studio.core.errors import StudioError
from studio.core.project import Edit, Key, MediumRow, Project
from studio.core.project.edits import counted
from studio.state.camera import HeldFrames

MakeEdit = Callable[[Project, MediumRow, int, int], Edit]


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


def edit_range(context: Context, first: int, last: int, make: MakeEdit) -> bool:
    """Where a live camera is open: an edit about its frames `first`…`last`, which are kept first, on the disk lane.

    It is about those that are still in the buffer; how many that were is said.

    Args:
        context: of the project.
        first, last: frames; those that are gone, or have not come, are left out.
        make: returns the edit about the frames from the one to the other of a medium, of which only the id and the
            number of frames are known.

    Returns:
        Whether a live camera is open.
    """
    medium, frames = context.session.medium, context.session.camera_frames
    if medium is None or not medium.live or frames is None:
        return False
    if not refuse_read_only(context, "keeping frames"):
        held = frames.held(first, last)
        if held.numbers:
            title = f"keep {counted(len(held.numbers), 'frame')}"
            job = write_behind(context, title, partial(_keep_and_apply, held, medium.size, make))
            job.succeeded.connect(partial(_say_kept, context, last - first + 1, held.numbers))
        else:
            context.board.say(f"Frames {first:,} to {last:,} have left the camera's buffer; nothing is kept", "problem")
    return True


def _keep_and_apply(held: HeldFrames, size: tuple[int, int], make: MakeEdit, project: Project) -> str:
    """On a worker; where the edit is refused, nothing is kept. Returns the edit's text."""
    first, last = held.numbers[0], held.numbers[-1]
    edit = make(project, MediumRow(held.medium, "camera", "camera", 0, "0" * 64, last + 1, *size), first, last)
    row = held.keep()
    project.apply(Edit(edit.text, {Key("media", row.id): row, **edit.changes}, edit.seen))
    return edit.text


def _say_kept(context: Context, wanted: int, numbers: range, written: tuple[str, *tuple[object, ...]]) -> None:
    count, missing = len(numbers), wanted - len(numbers)
    gone = f" of {wanted:,}: the others were not in the camera's buffer" if missing else ""
    context.board.say(f"Kept {counted(count, 'frame')}{gone}. {written[0]}", "problem" if missing else "good")
