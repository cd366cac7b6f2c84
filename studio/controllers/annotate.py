"""What a person draws, moves and removes on the shown frame: wishes become edits, an undoable step each."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject

from studio.controllers import box_edits
from studio.controllers.at_hand import FrameAtHand
from studio.controllers.camera_edits import row_of
from studio.controllers.context import Context
from studio.controllers.edits import apply_edit, refuse_read_only
from studio.controllers.wires import Wires
from studio.core.errors import StudioError
from studio.core.geometry import Box
from studio.core.project import Edit
from studio.views.video import VideoView

_IN_A_ROW = 1.0  # seconds between changes of a box that are one step


class Annotator(QObject):
    """The selection, and every edit of boxes."""

    def __init__(self, context: Context, view: VideoView, at_hand: FrameAtHand) -> None:
        super().__init__()
        self._context, self._at_hand = context, at_hand
        # Group of the newest change of a box, the history's length after it, the box, when.
        self._nudges: tuple[int, int, int, float] | None = None
        self._wires = wires = Wires()
        wires.connect(view.box_drawn, self.draw)
        wires.connect(view.box_changed, self.change)
        wires.connect(view.box_clicked, self.select)
        wires.connect(context.actions["edit.select_all"].triggered, self.select_all)

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
        if self._at_hand.focused():
            objects = self._at_hand.objects(self._at_hand.regions())
            self._context.session.selection = frozenset(row.id for row in objects)

    # Boxes -----------------------------------------------------------------------------------------------------------

    def draw(self, box: Box) -> None:
        """A new region on the shown frame; it is selected, so that T follows it. With live detection on, it is a
        correction: the head missed it."""
        place, context = self._at_hand.place(), self._context
        if place is None:
            return
        medium, frame = place
        project, session = context.project.project, context.session
        label, new = box_edits.label_for_box(project, self._at_hand.label())
        if session.live and session.head is not None and label.name in session.head.labels:
            edit, region = box_edits.draw_missed(project, medium.id, frame, label, box)
        else:
            edit, region = box_edits.draw(project, medium.id, frame, label, new, box)
        self._at_hand.apply(edit, medium)
        session.tool = "select"
        if any(row.id == region for row in self._at_hand.regions()):
            session.label = label.id
            session.picked = None
            session.selection = frozenset({region})

    def change(self, box_id: int, box: Box) -> None:
        """A box was moved or resized; several times in a row are one step."""
        shown, project = self._context.session.shown, self._context.project.project
        row = next((each for each in self._at_hand.regions() if each.id == box_id), None)
        if shown is not None and box_id < 0:
            self._fix_between(shown.medium, shown.number, -box_id, box)
        elif row is not None:
            self._apply_nudge(box_edits.change(project, row, box, self._at_hand.name(row.label)), box_id)

    def remove(self) -> None:
        """Remove the selected regions of the shown frame; those selected elsewhere where the picture has no focus."""
        rows = self._at_hand.selected()
        if not rows and not self._at_hand.focused():
            rows = box_edits.regions_by_id(self._context.project.project, self._context.session.selection)
        if rows:
            apply_edit(self._context, box_edits.remove(self._context.project.project, rows))
            self._context.session.selection = frozenset()

    # Inside ----------------------------------------------------------------------------------------------------------

    def _fix_between(self, medium: int, frame: int, track: int, box: Box) -> None:
        row = next((each for each in self._context.project.project.tracks() if each.id == track), None)
        label = self._context.project.labels.get(row.label) if row else None
        kept = row_of(self._context, medium, frame) if label is not None else None
        if label is not None and kept is not None:
            edit, region = box_edits.fix_between(medium, frame, track, label, box)
            self._at_hand.apply(edit, kept)
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
