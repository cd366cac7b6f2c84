"""The frame that is seen, for whoever edits what is on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtWidgets import QApplication

from studio.controllers.camera_edits import row_of, with_medium
from studio.controllers.context import Context
from studio.controllers.edits import apply_edit
from studio.core.errors import StudioError
from studio.core.project import BACKGROUND, Edit, LabelRow, MediumRow, RegionRow
from studio.views.video import VideoView


class FrameAtHand:
    """What an edit is about: the shown frame, its regions, those that are selected, the chosen label, the marks."""

    def __init__(self, context: Context, view: VideoView) -> None:
        self._context, self._view = context, view

    def place(self) -> tuple[MediumRow, int] | None:
        """The row and number of the frame that is seen, for an edit; a live camera's frame is kept first."""
        shown = self._context.session.shown
        row = row_of(self._context, shown.medium, shown.number) if shown is not None else None
        return None if shown is None or row is None else (row, shown.number)

    def regions(self) -> list[RegionRow]:
        shown = self._context.session.shown
        return self._context.project.regions_on(shown.medium, shown.number) if shown else []

    def selected(self) -> list[RegionRow]:
        """The selected regions of the shown frame."""
        selection = self._context.session.selection
        return [row for row in self.regions() if row.id in selection]

    def objects(self, rows: Iterable[RegionRow]) -> list[RegionRow]:
        """Those that are no negatives beside an object."""
        background = {row.id for row in self._context.project.labels.values() if row.name == BACKGROUND}
        return [row for row in rows if row.label not in background]

    def range(self, frame: int) -> tuple[int, int]:
        """Between the marks where both are set; else the frame alone."""
        return self.marked() or (frame, frame)

    def marked(self) -> tuple[int, int] | None:
        """The first and the last frame between the marks, where both are set."""
        session = self._context.session
        if session.in_mark is None or session.out_mark is None:
            return None
        return session.in_mark, session.out_mark

    def label(self) -> LabelRow | None:
        """The chosen label, or the first there is."""
        labels = self._context.project.labels
        own = [row for row in labels.values() if row.name != BACKGROUND]
        first = min(own, key=lambda row: (row.key or "~", row.id), default=None)
        return labels.get(self._context.session.label or 0, first)

    def name(self, label: int) -> str:
        """What a label is called."""
        row = self._context.project.labels.get(label)
        return row.name if row else "box"

    def focused(self) -> bool:
        """Whether the keys are meant for the picture: it has the focus, or nothing has."""
        focus = QApplication.focusWidget()
        return focus is None or self._view.isAncestorOf(focus)

    def attempt(self, make: Callable[[], Edit], medium: MediumRow | None = None) -> None:
        """Apply what `make` returns; why it cannot be made is said."""
        try:
            edit = make()
        except StudioError as error:
            self._context.board.problem(error)
        else:
            self.apply(edit, medium)

    def apply(self, edit: Edit, medium: MediumRow | None) -> None:
        """Write `edit`, with the row of a camera's recording that has just grown by the frame it is about."""
        apply_edit(self._context, with_medium(self._context, edit, medium))
