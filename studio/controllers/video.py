"""The video panel: what is open is decoded, played, drawn over and annotated; each part in a file of its own."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.controllers.annotate import Annotator
from studio.controllers.at_hand import FrameAtHand
from studio.controllers.context import Context
from studio.controllers.decoding import Decoder, OpenFailed
from studio.controllers.drawing import Drawing
from studio.controllers.playback import Playback
from studio.controllers.sayings import Sayings
from studio.controllers.time_line import LinesReader
from studio.controllers.transport import TransportController
from studio.controllers.wires import Wires
from studio.core.project import Keys
from studio.core.project.tracks import next_doubtful
from studio.state.session import PickedDetection, ShownFrame
from studio.views.video import VideoView


class VideoController(QObject):
    """Shows frames as they arrive, and keeps what is selected and picked sensible."""

    def __init__(self, context: Context, view: VideoView) -> None:
        super().__init__()
        self._context, self._view = context, view
        view.set_actions(context.actions)
        context.actions.act_in(view)
        self._decoder = Decoder(context)
        self._playback = Playback(context.session)
        self._transport = TransportController(context, view, self._playback)
        self._at_hand = FrameAtHand(context, view)
        self._annotator = Annotator(context, view, self._at_hand)
        self._sayings = Sayings(context, view, self._at_hand)
        self._lines = LinesReader(context)
        self._drawing = Drawing(context, view, self._lines)
        self._tracks: frozenset[int] = frozenset()  # of the selection, which stays with them from frame to frame
        self._wires = Wires()
        self._connect()
        self._on_medium()

    def _connect(self) -> None:
        wires, session, actions = self._wires, self._context.session, self._context.actions
        wires.connect(session.shown_changed, self._on_shown)
        wires.connect(session.medium_changed, self._on_medium)
        wires.connect(session.frame_changed, self._on_frame)
        wires.connect(session.selection_changed, self._on_selection)
        wires.connect(self._context.project.changed, self._on_project)
        wires.connect(self._view.detection_clicked, self._pick)
        wires.connect(self._view.nothing_clicked, self._select_nothing)
        wires.connect(self._view.drawing_begun, self._stand_still)
        wires.connect(actions["edit.delete"].triggered, self._delete)
        wires.connect(actions["edit.select_none"].triggered, self._escape)
        wires.connect(actions["detect.next"].triggered, self._pick_next)
        wires.connect(actions["video.next_doubtful"].triggered, lambda: self._go_to_doubtful(1))
        wires.connect(actions["video.previous_doubtful"].triggered, lambda: self._go_to_doubtful(-1))
        wires.connect(self._view.canvas.zoomed, self._on_zoom)
        self._decoder.opening.connect(self._view.show_opening)
        self._decoder.failed.connect(self._on_failed)
        self._decoder.damaged.connect(self._view.set_problem)

    def close(self) -> None:
        self._wires.cut()
        shown = (self._drawing, self._lines, self._sayings, self._annotator)
        for part in (*shown, self._transport, self._playback, self._decoder):
            part.close()

    # What is open and shown ------------------------------------------------------------------------------------------

    def _on_medium(self, _: object = None) -> None:
        self._view.canvas.cancel()
        if self._context.session.medium is None and self._decoder.row is None:
            self._view.show_welcome()

    def _on_failed(self, failed: OpenFailed) -> None:
        self._view.show_failure(failed.name, failed.why)

    def _on_shown(self, shown: ShownFrame | None) -> None:
        if shown is None:
            self._view.canvas.set_picture(None)
        else:
            self._view.canvas.set_picture(shown.picture, shown.small)
            self._view.show_canvas()
            self._carry_selection(shown)
        self._drawing.draw()

    def _on_zoom(self, zoom: float) -> None:
        self._decoder.set_zoom(zoom * self._view.canvas.devicePixelRatioF())

    def _stand_still(self) -> None:
        """A box is drawn on a frame, not on a film."""
        session = self._context.session
        session.playing = False
        if session.medium is not None and session.medium.live:
            self._context.actions["camera.freeze"].setChecked(True)

    def _on_frame(self, frame: int) -> None:
        """Who goes to another frame no longer means the detection that was picked."""
        picked = self._context.session.picked
        if picked is not None and frame != picked.result.frame.number:
            self._context.session.picked = None

    def _on_project(self, keys: Keys) -> None:
        """The open medium went, or is somewhere else now."""
        row = self._decoder.row
        if row is None or "media" not in keys.tables:
            return
        now = self._context.project.media.get(row.id)
        if now is None:
            self._decoder.close_medium()
        elif now != row:
            self._decoder.open(row.id, self._context.session.frame)

    def _go_to_doubtful(self, step: int) -> None:
        session, lines = self._context.session, self._lines.lines
        found = next_doubtful(lines.lines, session.frame, step) if lines else None
        if found is None:
            self._context.board.say(f"No doubtful frame {'after' if step > 0 else 'before'} this one")
        else:
            session.playing = False
            session.frame = found

    # Selection -------------------------------------------------------------------------------------------------------

    def _on_selection(self, selection: frozenset[int]) -> None:
        tracks = {row.track for row in self._at_hand.selected() if row.track is not None}
        tracks |= {-box for box in selection if box < 0}  # interpolated boxes
        if tracks or not selection:
            self._tracks = frozenset(tracks)

    def _carry_selection(self, shown: ShownFrame) -> None:
        """Who steps from frame to frame with an object selected keeps it selected."""
        session, lines = self._context.session, self._lines.lines
        if not self._tracks or not session.selection or session.playing or session.following:
            return
        rows = self._context.project.regions_on(shown.medium, shown.number)
        if any(row.id in session.selection for row in rows):
            return
        here = {row.track: row.id for row in self._at_hand.objects(rows) if row.track in self._tracks}
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
        """X: a picked detection is rejected, else selected regions go, else the best detection is rejected."""
        session = self._context.session
        detections = bool(self._view.canvas.overlay.detections)
        if session.picked is not None or (detections and not session.selection):
            self._context.actions["detect.reject"].trigger()
        else:
            self._annotator.remove()

    # Detections ------------------------------------------------------------------------------------------------------

    def _pick(self, index: int) -> None:
        """Acting on a detection freezes on the medium and frame it came from, whatever is shown by now."""
        session, result = self._context.session, self._drawing.result
        if result is None or index >= len(result.detections):
            return
        session.playing = False
        session.selection = frozenset()
        if session.medium is not None and session.medium.live:
            self._stand_still()
            session.shown = result.frame
            session.frame = result.frame.number
        else:
            session.go(result.frame.medium, result.frame.number)
        session.picked = PickedDetection(result, index)

    def _pick_next(self) -> None:
        """The next detection of those that are drawn, from left to right."""
        found = sorted(self._view.canvas.overlay.detections, key=lambda each: each.box.x)
        if found:
            place = next((place for place, each in enumerate(found) if each.picked), -1)
            self._pick(found[(place + 1) % len(found)].index)
