"""Keeps what is drawn over the picture, and the time line, up with the state."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QObject, QTimer

from studio.controllers.context import Context
from studio.controllers.overlays import (
    Labels,
    badges_of,
    boxes_of,
    detections_of,
    ghosts_of,
    guesses_of,
    result_to_show,
)
from studio.controllers.time_line import LinesReader
from studio.controllers.wires import Wires
from studio.core.geometry import Box
from studio.core.project import Keys, MarkRow, RegionRow
from studio.core.project.areas import area_of
from studio.state.session import FollowedWindows, FoundFrames, LiveShown, ShownFrame
from studio.state.veil import veil_over
from studio.views.video import VideoView
from studio.views.video.bars import StripData, strip_data
from studio.views.video.overlay import Overlay

_GHOSTS = 3  # frames on either side
_KEPT = 64  # frames whose followed windows are kept until they are shown
_AGES = 100  # milliseconds between looks at the age of what is shown


class Drawing(QObject):
    """Draws again when something it depends on changed; everything drawn is of the shown frame.

    Attributes:
        result: whose detections are drawn, or None.
    """

    def __init__(self, context: Context, view: VideoView, lines: LinesReader) -> None:
        super().__init__()
        self._context, self._view, self._lines = context, view, lines
        self.result: LiveShown | None = None
        self._marks: list[MarkRow] = []
        self._area: Box | None = None
        self._followed: dict[int, FollowedWindows] = {}
        self._ages = QTimer(self)
        self._ages.setInterval(_AGES)
        self._ages.timeout.connect(self.draw)
        self._wires = wires = Wires()
        session = context.session
        for signal in (
            session.selection_changed,
            session.picked_changed,
            session.result_changed,
            session.playing_changed,
            session.ghosts_changed,
            session.camera_changed,
        ):
            wires.connect(signal, self.draw)
        wires.connect(session.looking.veil_changed, self._draw_veil)
        wires.connect(session.medium_changed, self._on_medium)
        wires.connect(session.followed_changed, self._on_followed)
        wires.connect(session.found_changed, self._show_found)
        wires.connect(context.project.changed, self._on_project)
        wires.connect(lines.changed, self._on_lines)
        wires.connect(session.camera_changed, self._show_strip)
        self._read_marks()

    def close(self) -> None:
        self._ages.stop()
        self._wires.cut()

    def draw(self, _: object = None) -> None:
        """Draw what belongs over the shown frame."""
        shown = self._context.session.shown
        overlay = Overlay() if shown is None else self._overlay(shown)
        self._view.canvas.set_overlay(overlay)
        self._draw_veil()
        if not overlay.age:
            self._ages.stop()
        elif not self._ages.isActive():
            self._ages.start()

    def _draw_veil(self, _: object = None) -> None:
        session, shown = self._context.session, self._context.session.shown
        veil = session.looking.veil
        over = None if shown is None else veil_over(veil, shown.medium, shown.number, session.playing)
        self._view.canvas.set_veil(over)

    def _overlay(self, shown: ShownFrame) -> Overlay:
        session, project, lines = self._context.session, self._context.project, self._lines.lines
        labels = Labels(project.labels, lines.numbers if lines else {}, project.label_called)
        rows = project.regions_on(shown.medium, shown.number)
        here = {row.track for row in rows}
        between = lines.boxes_at(shown.number) if lines else {}
        between = {track: found for track, found in between.items() if track not in here}
        boxes = boxes_of(rows, between, labels, session.selection)
        moving = session.playing or bool(session.medium and session.medium.live and session.camera is None)
        self.result, age = result_to_show(shown, session.result, session.picked, moving, time.monotonic())
        followed = self._followed.get(shown.number)
        return Overlay(
            boxes,
            ghosts_of(self._around(shown), shown.number, labels) if session.ghosts else (),
            detections_of(self.result, session.picked, labels, boxes),
            self._area,
            followed.positives if followed else (),
            followed.negatives if followed else (),
            self._badges(shown, labels),
            age,
            guesses_of(self.result, labels),
        )

    def _badges(self, shown: ShownFrame, labels: Labels) -> tuple[str, ...]:
        """What holds for the frame, and first of all that no more frames come."""
        camera = self._context.session.camera
        gone = (camera.problem,) if camera and camera.problem else ()
        return gone + badges_of(self._marks, shown.medium, shown.number, labels)

    def _around(self, shown: ShownFrame) -> list[RegionRow]:
        first, last = max(shown.number - _GHOSTS, 0), shown.number + _GHOSTS
        return self._context.project.project.regions(medium=shown.medium, first=first, last=last)

    # What it depends on ----------------------------------------------------------------------------------------------

    def _on_medium(self, _: object) -> None:
        self._followed.clear()
        self._read_area()

    def _on_followed(self, followed: FollowedWindows | None) -> None:
        """Windows wait for their frame: it may be decoded a little later."""
        medium = self._context.session.medium
        if followed is None:
            self._followed.clear()
        elif medium is not None and followed.medium == medium.id:
            self._followed[followed.frame] = followed
            while len(self._followed) > _KEPT:
                del self._followed[next(iter(self._followed))]
        self.draw()

    def _on_project(self, keys: Keys) -> None:
        tables = keys.tables
        if "marks" in tables:
            self._read_marks()
        if "areas" in tables:
            self._read_area()
        if "labels" in tables:
            self._show_strip()
        self.draw()

    def _on_lines(self) -> None:
        self._show_strip()
        self.draw()

    def _show_strip(self, _: object = None) -> None:
        lines, session = self._lines.lines, self._context.session
        first, count = session.first_frame, session.medium.frame_count if session.medium else 0
        if session.camera is not None:
            count = session.camera.last + 1 - first
        if lines is None:
            self._view.strip.set_data(StripData(count, first=first))
        else:
            colors = {row.id: row.color for row in self._context.project.labels.values()}
            self._view.strip.set_data(strip_data(count, lines.lines.lines, colors, lines.nothing, first, lines.splits))

    def _show_found(self, found: FoundFrames | None) -> None:
        none = np.zeros(0, np.int32)
        self._view.strip.set_found(found.frames if found else none, found.chosen if found else none)

    def _read_marks(self) -> None:
        self._marks = self._context.project.project.marks()

    def _read_area(self) -> None:
        medium = self._context.session.medium
        row = area_of(self._context.project.project, medium.id) if medium else None
        self._area = Box(row.x, row.y, row.width, row.height) if row else None
