"""What a person draws, moves, marks and removes on the shown frame: wishes become edits, an undoable step each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from studio.controllers import box_edits
from studio.controllers.camera_edits import row_of, with_medium
from studio.controllers.context import Context
from studio.controllers.edits import apply_edit, plan_and_apply, refuse_read_only
from studio.controllers.wires import Wires
from studio.core.errors import StudioError
from studio.core.geometry import Box
from studio.core.project import BACKGROUND, Edit, LabelRow, MediumRow, Project, RegionRow
from studio.core.project.areas import set_area
from studio.core.project.edits import Planned
from studio.core.project.marks import clear_marks, ignore_box, mark
from studio.core.project.media import absolute
from studio.core.project.tracks import keep_interpolated
from studio.views.video import VideoView

_IN_A_ROW = 1.0  # seconds between changes of a box that are one step


class Annotator(QObject):
    """The selection, and every edit of boxes and marks."""

    def __init__(self, context: Context, view: VideoView) -> None:
        super().__init__()
        self._context, self._view = context, view
        # Group of the newest change of a box, the history's length after it, the box, when.
        self._nudges: tuple[int, int, int, float] | None = None
        self._wires = wires = Wires()
        wires.connect(view.box_drawn, self.draw)
        wires.connect(view.box_changed, self.change)
        wires.connect(view.ignore_drawn, self.ignore)
        wires.connect(view.area_drawn, self.set_area)
        wires.connect(view.area_cleared, self.clear_area)
        wires.connect(view.box_clicked, self.select)
        actions = context.actions
        for name, slot in (
            ("edit.select_all", self.select_all),
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

    # Selection -------------------------------------------------------------------------------------------------------

    def select(self, box: int, more: bool) -> None:
        session = self._context.session
        session.playing = False
        session.picked = None
        if more:
            session.selection = session.selection ^ {box}
        elif box not in session.selection:
            session.selection = frozenset({box})

    def select_all(self) -> None:
        """All objects of the shown frame, where the picture has the focus."""
        if self._focused():
            self._context.session.selection = frozenset(row.id for row in self.objects(self._here()))

    def objects(self, rows: Iterable[RegionRow]) -> list[RegionRow]:
        """Those that are no negatives beside an object."""
        background = {row.id for row in self._context.project.labels.values() if row.name == BACKGROUND}
        return [row for row in rows if row.label not in background]

    def selected(self) -> list[RegionRow]:
        """The selected regions of the shown frame."""
        selection = self._context.session.selection
        return [row for row in self._here() if row.id in selection]

    # Boxes -----------------------------------------------------------------------------------------------------------

    def draw(self, box: Box) -> None:
        """A new region on the shown frame; it is selected, so that T follows it. With live detection on, it is a
        correction: the head missed it."""
        place, context = self._place(), self._context
        if place is None:
            return
        medium, frame = place
        project, session = context.project.project, context.session
        label, new = box_edits.label_for_box(project, self._label())
        if session.live and session.head is not None and label.name in session.head.labels:
            edit, region = box_edits.draw_missed(project, medium.id, frame, label, box)
        else:
            edit, region = box_edits.draw(project, medium.id, frame, label, new, box)
        self._apply(edit, medium)
        session.tool = "select"
        if any(row.id == region for row in self._here()):
            session.label = label.id
            session.picked = None
            session.selection = frozenset({region})

    def change(self, box_id: int, box: Box) -> None:
        """A box was moved or resized; several times in a row are one step."""
        shown, project = self._context.session.shown, self._context.project.project
        row = next((each for each in self._here() if each.id == box_id), None)
        if shown is not None and box_id < 0:
            self._fix_between(shown.medium, shown.number, -box_id, box)
        elif row is not None:
            self._apply_nudge(box_edits.change(project, row, box, self._name(row.label)), box_id)

    def ignore(self, box: Box) -> None:
        """A box that teaches nothing, on the shown frame or through the marked range."""
        place, label = self._place(), self._label()
        if place is not None and label is not None:
            first, last = self._range(place[1])
            self._try(lambda: ignore_box(place[0], label, box, first, last), place[0])
            self._context.session.tool = "select"

    def set_area(self, box: Box | None) -> None:
        """Search only there; None: everywhere."""
        place = self._place()
        if place is not None:
            self._try(lambda: set_area(self._context.project.project, place[0], box), place[0])
            self._context.session.tool = "select"

    def clear_area(self) -> None:
        self.set_area(None)

    def remove(self) -> None:
        """Remove the selected regions of the shown frame; those selected elsewhere where the picture has no focus."""
        rows = self.selected()
        if not rows and not self._focused():
            rows = box_edits.regions_by_id(self._context.project.project, self._context.session.selection)
        if rows:
            apply_edit(self._context, box_edits.remove(self._context.project.project, rows))
            self._context.session.selection = frozenset()

    # Labels and states -----------------------------------------------------------------------------------------------

    def _on_digit(self) -> None:
        key = next((digit for digit, action in self._digits if action is self.sender()), "")
        label = next((row for row in self._context.project.labels.values() if row.key == key), None)
        if label is None:
            self._context.board.say(f"No label has the key {key}")
            return
        rows = [row for row in self.selected() if row.label != label.id]
        if rows:
            apply_edit(self._context, box_edits.relabel(self._context.project.project, rows, label))
        elif not self.selected():
            self._context.session.label = label.id

    def say_nothing(self) -> None:
        """No object of the label on the shown frame, or on the marked range."""
        self._mark("nothing")

    def clear_nothing(self) -> None:
        self._mark(None)

    def _mark(self, kind: str | None) -> None:
        place, label = self._place(), self._label()
        if place is None or label is None:
            return
        project, (first, last) = self._context.project.project, self._range(place[1])
        if kind is None:
            self._try(lambda: clear_marks(project, place[0], label, first, last), place[0])
        else:
            self._try(lambda: mark(project, place[0], label, first, last, kind), place[0])

    def say_occluded(self) -> None:
        rows = self.selected()
        if rows:
            apply_edit(self._context, box_edits.occluded(rows, self._name(rows[0].label)))

    def say_outside(self) -> None:
        project, group = self._context.project, self._context.project.project.new_group()
        if refuse_read_only(self._context, "outside"):
            return
        for row in self.selected():
            project.apply(box_edits.outside(project.project, row, self._name(row.label)), group=group)

    def keep_interpolated(self) -> None:
        """Make regions of the interpolated boxes of the selected tracks."""
        tracks = {row.track for row in self.selected() if row.track is not None}
        tracks |= {-box for box in self._context.session.selection if box < 0}
        if not tracks:
            self._context.board.say("Select a box of the track whose interpolated boxes shall be kept.", "problem")
        for track in tracks:
            plan_and_apply(self._context, "keep interpolated boxes", _plan_to_keep, track)

    # Inside ----------------------------------------------------------------------------------------------------------

    def _fix_between(self, medium: int, frame: int, track: int, box: Box) -> None:
        row = next((each for each in self._context.project.project.tracks() if each.id == track), None)
        label = self._context.project.labels.get(row.label) if row else None
        kept = row_of(self._context, medium, frame) if label is not None else None
        if label is not None and kept is not None:
            edit, region = box_edits.fix_between(medium, frame, track, label, box)
            self._apply(edit, kept)
            self._context.session.selection = frozenset({region})

    def _apply_nudge(self, edit: Edit, box: int) -> None:
        """Changes of one box in a row, with nothing else in between, are taken back together."""
        project = self._context.project
        if refuse_read_only(self._context, edit.text):
            return
        before, now = self._nudges, time.monotonic()
        going_on = before is not None and before[1:3] == (project.project.position, box) and now - before[3] < _IN_A_ROW
        group = before[0] if before is not None and going_on else project.project.new_group()
        try:
            project.apply(edit, group=group)
        except StudioError as error:
            self._context.board.problem(error, edit.text)
        self._nudges = (group, project.project.position, box, now)

    def _try(self, make: Callable[[], Edit], medium: MediumRow | None = None) -> None:
        """Apply what `make` returns; why it cannot be made is said."""
        try:
            edit = make()
        except StudioError as error:
            self._context.board.problem(error)
        else:
            self._apply(edit, medium)

    def _apply(self, edit: Edit, medium: MediumRow | None) -> None:
        """Write `edit`, with the row of a camera's recording that has just grown by the frame it is about."""
        apply_edit(self._context, with_medium(self._context, edit, medium))

    def _place(self) -> tuple[MediumRow, int] | None:
        """The row and number of the frame that is seen, for an edit; a live camera's frame is kept first."""
        shown = self._context.session.shown
        row = row_of(self._context, shown.medium, shown.number) if shown is not None else None
        return None if shown is None or row is None else (row, shown.number)

    def _here(self) -> list[RegionRow]:
        shown = self._context.session.shown
        return self._context.project.regions_on(shown.medium, shown.number) if shown else []

    def _range(self, frame: int) -> tuple[int, int]:
        """Between the marks where both are set; else the frame alone."""
        session = self._context.session
        if session.in_mark is None or session.out_mark is None:
            return frame, frame
        return session.in_mark, session.out_mark

    def _label(self) -> LabelRow | None:
        """The chosen label, or the first there is."""
        labels = self._context.project.labels
        own = [row for row in labels.values() if row.name != BACKGROUND]
        first = min(own, key=lambda row: (row.key or "~", row.id), default=None)
        return labels.get(self._context.session.label or 0, first)

    def _name(self, label: int) -> str:
        row = self._context.project.labels.get(label)
        return row.name if row else "box"

    def _focused(self) -> bool:
        """Whether the keys are meant for the picture: it has the focus, or nothing has."""
        focus = QApplication.focusWidget()
        return focus is None or self._view.isAncestorOf(focus)


def _plan_to_keep(project: Project, track: int) -> Planned:
    """On a worker: of a camera's recording, which has gaps, only what lies on its frames."""
    from studio.core.media.recording import frames_there  # brings OpenCV: not before the first window

    medium = next((row.medium for row in project.tracks() if row.id == track), 0)
    folder = next((absolute(project.folder, row) for row in project.media() if row.id == medium), None)
    edit = keep_interpolated(project, track, frames_there(folder) if folder is not None else None)
    return Planned(edit, edit.text)
