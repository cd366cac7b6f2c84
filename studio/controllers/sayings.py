"""What a person says of the shown frame and its objects: nothing here, ignore, search area; label, hidden, gone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from studio.controllers import box_edits
from studio.controllers.at_hand import FrameAtHand
from studio.controllers.camera_edits import edit_range
from studio.controllers.context import Context
from studio.controllers.edits import apply_edit, plan_and_apply, refuse_read_only
from studio.controllers.wires import Wires
from studio.core.geometry import Box
from studio.core.project import Edit, LabelRow, MediumRow, Project
from studio.core.project.areas import set_area
from studio.core.project.edits import Planned
from studio.core.project.marks import clear_marks, ignore_box, mark
from studio.core.project.media import absolute
from studio.core.project.tracks import keep_interpolated
from studio.views.video import VideoView


class Sayings(QObject):
    """Marks of frames, and labels and states of the selected objects: an undoable step each."""

    def __init__(self, context: Context, view: VideoView, at_hand: FrameAtHand) -> None:
        super().__init__()
        self._context, self._at_hand = context, at_hand
        self._wires = wires = Wires()
        wires.connect(view.ignore_drawn, self.ignore)
        wires.connect(view.area_drawn, self.set_area)
        wires.connect(view.area_cleared, self.clear_area)
        actions = context.actions
        for name, slot in (
            ("label.nothing_here", self.say_nothing),
            ("label.clear_nothing", self.clear_nothing),
            ("track.occluded", self.say_occluded),
            ("track.outside", self.say_outside),
            ("track.keep_interpolated", self.keep_interpolated),
        ):
            wires.connect(actions[name].triggered, slot)
        self._digits = [(str(digit), actions[f"label.key_{digit}"]) for digit in range(10)]
        for _, action in self._digits:
            wires.connect(action.triggered, self._on_digit)

    def close(self) -> None:
        self._wires.cut()

    # Of frames -------------------------------------------------------------------------------------------------------

    def say_nothing(self) -> None:
        """No object of the label on the shown frame, or on the marked range."""
        self._mark("nothing")

    def clear_nothing(self) -> None:
        self._mark(None)

    def _mark(self, kind: str | None) -> None:
        if kind is not None and self._on_camera_range(partial(_marked, kind)):
            return
        place, label = self._at_hand.place(), self._at_hand.label()
        if place is None or label is None:
            return
        project, (first, last) = self._context.project.project, self._at_hand.range(place[1])
        if kind is None:
            self._at_hand.attempt(lambda: clear_marks(project, place[0], label, first, last), place[0])
        else:
            self._at_hand.attempt(lambda: mark(project, place[0], label, first, last, kind), place[0])

    def ignore(self, box: Box) -> None:
        """A box that teaches nothing, on the shown frame or through the marked range."""
        if self._on_camera_range(partial(_ignored, box)):
            self._context.session.tool = "select"
            return
        place, label = self._at_hand.place(), self._at_hand.label()
        if place is not None and label is not None:
            first, last = self._at_hand.range(place[1])
            self._at_hand.attempt(lambda: ignore_box(place[0], label, box, first, last), place[0])
            self._context.session.tool = "select"

    def _on_camera_range(self, make: Callable[..., Edit]) -> bool:
        """Whether a marked range of a live camera is what an edit is about; then it is made, of frames kept for it."""
        label, marked = self._at_hand.label(), self._at_hand.marked()
        return label is not None and marked is not None and edit_range(self._context, *marked, partial(make, label))

    def set_area(self, box: Box | None) -> None:
        """Search only there; None: everywhere."""
        place = self._at_hand.place()
        if place is not None:
            self._at_hand.attempt(lambda: set_area(self._context.project.project, place[0], box), place[0])
            self._context.session.tool = "select"

    def clear_area(self) -> None:
        self.set_area(None)

    # Of objects ------------------------------------------------------------------------------------------------------

    def _on_digit(self) -> None:
        key = next((digit for digit, action in self._digits if action is self.sender()), "")
        label = next((row for row in self._context.project.labels.values() if row.key == key), None)
        if label is None:
            self._context.board.say(f"No label has the key {key}")
            return
        rows = [row for row in self._at_hand.selected() if row.label != label.id]
        if rows:
            apply_edit(self._context, box_edits.relabel(self._context.project.project, rows, label))
        elif not self._at_hand.selected():
            self._context.session.label = label.id

    def say_occluded(self) -> None:
        rows = self._at_hand.selected()
        if rows:
            apply_edit(self._context, box_edits.occluded(rows, self._at_hand.name(rows[0].label)))

    def say_outside(self) -> None:
        project, group = self._context.project, self._context.project.project.new_group()
        if refuse_read_only(self._context, "outside"):
            return
        for row in self._at_hand.selected():
            project.apply(box_edits.outside(project.project, row, self._at_hand.name(row.label)), group=group)

    def keep_interpolated(self) -> None:
        """Make regions of the interpolated boxes of the selected tracks."""
        tracks = {row.track for row in self._at_hand.selected() if row.track is not None}
        tracks |= {-box for box in self._context.session.selection if box < 0}
        if not tracks:
            self._context.board.say("Select a box of the track whose interpolated boxes shall be kept.", "problem")
        for track in tracks:
            plan_and_apply(self._context, "keep interpolated boxes", _plan_to_keep, track)


def _marked(kind: str, label: LabelRow, project: Project, medium: MediumRow, first: int, last: int) -> Edit:
    return mark(project, medium, label, first, last, kind)


def _ignored(box: Box, label: LabelRow, project: Project, medium: MediumRow, first: int, last: int) -> Edit:
    return ignore_box(medium, label, box, first, last)


def _plan_to_keep(project: Project, track: int) -> Planned:
    """On a worker: of a camera's recording, which has gaps, only what lies on its frames."""
    from studio.core.media.recording import frames_there  # brings OpenCV: not before the first window

    medium = next((row.medium for row in project.tracks() if row.id == track), 0)
    folder = next((absolute(project.folder, row) for row in project.media() if row.id == medium), None)
    edit = keep_interpolated(project, track, frames_there(folder) if folder is not None else None)
    return Planned(edit, edit.text)
