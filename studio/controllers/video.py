"""The video panel: what is open is decoded, played, drawn over and annotated; each part in a file of its own."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer

from studio.controllers.annotate import Annotator
from studio.controllers.context import Context
from studio.controllers.decoding import Decoder, OpenFailed
from studio.controllers.overlays import (
    Labels,
    badges_of,
    boxes_of,
    detections_of,
    ghosts_of,
    result_to_show,
)
from studio.controllers.playback import Playback
from studio.controllers.time_line import LinesReader
from studio.controllers.transport import TransportController
from studio.controllers.wires import Wires
from studio.core.geometry import Box
from studio.core.project import Key, MarkRow
from studio.core.project.areas import area_of
from studio.state.session import FollowedWindows, LiveShown, PickedDetection, ShownFrame
from studio.views.video import VideoView
from studio.views.video.bars import StripData, strip_data
from studio.views.video.overlay import Overlay

_GHOSTS = 3  # frames on either side
_KEPT = 64  # frames whose followed windows are kept until they are shown
_AGES = 100  # milliseconds between looks at the age of what is shown


class VideoController(QObject):
    """Keeps the picture and what is drawn over it up with the state."""

    def __init__(self, context: Context, view: VideoView) -> None:
        super().__init__()
        self._context, self._view = context, view
        view.set_actions(context.actions)
        context.actions.act_in(view)
        self._decoder = Decoder(context)
        self._playback = Playback(context.session)
        self._transport = TransportController(context, view, self._playback)
        self._annotator = Annotator(context, view)
        self._lines = LinesReader(context)
        self._marks: list[MarkRow] = []
        self._area: Box | None = None
        self._followed: dict[int, FollowedWindows] = {}
        self._result: LiveShown | None = None  # that is drawn
        self._tracks: frozenset[int] = frozenset()  # of the selection, which stays with them from frame to frame
        self._ages = QTimer(self)
        self._ages.setInterval(_AGES)
        self._ages.timeout.connect(self._draw)
        self._wires = Wires()
        self._connect()
        self._read_marks()
        self._on_medium()

    def _connect(self) -> None:
        wires, session, actions = self._wires, self._context.session, self._context.actions
        wires.connect(session.shown_changed, self._on_shown)
        wires.connect(session.medium_changed, self._on_medium)
        wires.connect(session.frame_changed, self._on_frame)
        wires.connect(session.selection_changed, self._on_selection)
        wires.connect(session.followed_changed, self._on_followed)
        for signal in (session.picked_changed, session.result_changed, session.playing_changed, session.ghosts_changed):
            wires.connect(signal, self._draw)
        wires.connect(self._context.project.changed, self._on_project)
        wires.connect(self._view.detection_clicked, self._pick)
        wires.connect(self._view.nothing_clicked, self._select_nothing)
        wires.connect(actions["edit.delete"].triggered, self._delete)
        wires.connect(actions["edit.select_none"].triggered, self._escape)
        wires.connect(actions["detect.next"].triggered, self._pick_next)
        self._decoder.opening.connect(self._view.show_opening)
        self._decoder.failed.connect(self._on_failed)
        self._decoder.damaged.connect(self._view.set_problem)
        self._lines.changed.connect(self._on_lines)

    def close(self) -> None:
        self._ages.stop()
        self._wires.cut()
        for part in (self._lines, self._annotator, self._transport, self._playback, self._decoder):
            part.close()

    # What is open and shown ------------------------------------------------------------------------------------------

    def _on_medium(self, _: object = None) -> None:
        self._followed.clear()
        self._read_area()
        if self._context.session.medium is None and self._decoder.row is None:
            self._view.show_welcome()

    def _on_failed(self, failed: OpenFailed) -> None:
        self._view.show_failure(failed.name, failed.why)

    def _on_shown(self, shown: ShownFrame | None) -> None:
        self._view.canvas.cancel()
        self._view.canvas.set_picture(None if shown is None else shown.picture)
        if shown is not None:
            self._view.show_canvas()
            self._carry_selection(shown)
        self._draw()

    def _on_frame(self, frame: int) -> None:
        picked = self._context.session.picked
        if picked is not None and frame != picked.result.frame.number:
            self._context.session.picked = None

    def _on_project(self, keys: set[Key]) -> None:
        tables = {key.table for key in keys}
        if "media" in tables:
            self._on_media()
        if "marks" in tables:
            self._read_marks()
        if "areas" in tables:
            self._read_area()
        if tables & {"labels", "tracks"}:
            self._show_strip()
        self._draw()

    def _on_media(self) -> None:
        """The open medium went, or is somewhere else now."""
        row = self._decoder.row
        now = self._context.project.media.get(row.id) if row else None
        if row is not None and now is None:
            self._decoder.close_medium()
        elif row is not None and now != row:
            self._decoder.open(row.id, self._context.session.frame)

    def _on_lines(self) -> None:
        self._show_strip()
        self._draw()

    def _show_strip(self) -> None:
        lines, medium = self._lines.lines, self._context.session.medium
        count = medium.frame_count if medium is not None else 0
        if lines is None:
            self._view.strip.set_data(StripData(count))
        else:
            colors = {row.id: row.color for row in self._context.project.labels.values()}
            self._view.strip.set_data(strip_data(count, lines.lines.lines, colors, lines.nothing))

    def _read_marks(self) -> None:
        self._marks = self._context.project.project.marks()

    def _read_area(self) -> None:
        medium = self._context.session.medium
        row = area_of(self._context.project.project, medium.id) if medium else None
        self._area = Box(row.x, row.y, row.width, row.height) if row else None

    # What is drawn over it -------------------------------------------------------------------------------------------

    def _draw(self, _: object = None) -> None:
        shown = self._context.session.shown
        overlay = Overlay() if shown is None else self._overlay(shown)
        self._view.canvas.set_overlay(overlay)
        if bool(overlay.age) != self._ages.isActive():
            self._ages.start() if overlay.age else self._ages.stop()

    def _overlay(self, shown: ShownFrame) -> Overlay:
        session, project, lines = self._context.session, self._context.project, self._lines.lines
        labels = Labels(project.labels, lines.numbers if lines else {})
        rows = project.regions_on(shown.medium, shown.number)
        between = lines.boxes_at(shown.number) if lines else {}
        covered = {row.track for row in rows}
        between = {track: found for track, found in between.items() if track not in covered}
        boxes = boxes_of(rows, between, labels, session.selection)
        moving = session.playing or bool(session.medium and session.medium.live)
        self._result, age = result_to_show(shown, session.result, session.picked, moving, time.monotonic())
        around = (
            project.project.regions(
                medium=shown.medium, first=max(shown.number - _GHOSTS, 0), last=shown.number + _GHOSTS
            )
            if session.ghosts
            else []
        )
        followed = self._followed.get(shown.number)
        return Overlay(
            boxes,
            ghosts_of(around, shown.number, labels),
            detections_of(self._result, session.picked, labels, boxes),
            self._area,
            followed.positives if followed else (),
            followed.negatives if followed else (),
            badges_of(self._marks, shown.medium, shown.number, labels),
            age,
        )

    def _on_followed(self, followed: FollowedWindows | None) -> None:
        """Windows wait for their frame: it may be decoded a little later."""
        medium = self._context.session.medium
        if followed is None:
            self._followed.clear()
        elif medium is not None and followed.medium == medium.id:
            self._followed[followed.frame] = followed
            while len(self._followed) > _KEPT:
                del self._followed[next(iter(self._followed))]
        self._draw()

    # Selection -------------------------------------------------------------------------------------------------------

    def _on_selection(self, selection: frozenset[int]) -> None:
        rows = [row for row in self._annotator.selected() if row.track is not None]
        between = {-box for box in selection if box < 0}
        if rows or between or not selection:
            self._tracks = frozenset({row.track for row in rows if row.track is not None} | between)
        self._draw()

    def _carry_selection(self, shown: ShownFrame) -> None:
        """Who steps from frame to frame with an object selected keeps it selected."""
        session, lines = self._context.session, self._lines.lines
        if not self._tracks or session.playing or session.following or not session.selection:
            return
        rows = self._context.project.regions_on(shown.medium, shown.number)
        here = {row.track: row.id for row in rows if row.track in self._tracks and row.id not in session.selection}
        between = lines.boxes_at(shown.number) if lines else {}
        ids = {here.get(track, -track) for track in self._tracks if track in here or track in between}
        if ids:
            session.selection = frozenset(ids)

    def _select_nothing(self) -> None:
        self._context.session.selection = frozenset()
        self._context.session.picked = None

    def _escape(self) -> None:
        """What was begun is forgotten; then the tool, then the selection. While following, Esc stops that alone."""
        session = self._context.session
        if self._view.canvas.cancel() or session.following:
            return
        if session.tool != "select":
            session.tool = "select"
        else:
            self._select_nothing()

    def _delete(self) -> None:
        """X: a picked detection is rejected, else selected regions go."""
        if self._context.session.picked is not None:
            self._context.actions["detect.reject"].trigger()
        else:
            self._annotator.remove()

    # Detections ------------------------------------------------------------------------------------------------------

    def _pick(self, index: int) -> None:
        """Acting on a detection freezes on the medium and frame it came from, whatever is shown by now."""
        session, result = self._context.session, self._result
        if result is None or index >= len(result.detections):
            return
        session.playing = False
        session.selection = frozenset()
        if session.medium is not None and session.medium.live:
            session.shown = result.frame
        else:
            session.go(result.frame.medium, result.frame.number)
        session.picked = PickedDetection(result, index)

    def _pick_next(self) -> None:
        """The next detection of those that are drawn, from left to right."""
        found = sorted(self._view.canvas.overlay.detections, key=lambda each: each.box.x)
        if found:
            place = next((place for place, each in enumerate(found) if each.picked), -1)
            self._pick(found[(place + 1) % len(found)].index)
