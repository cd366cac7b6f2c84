"""A live camera: opened by name, seen live, frozen and gone back in, recorded; what it keeps is a medium."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from studio.controllers.camera_open import CameraOpening
from studio.controllers.camera_recording import CameraRecording
from studio.controllers.camera_work import CameraSource
from studio.controllers.context import Context
from studio.controllers.wires import Wires
from studio.state.camera import ShownCamera
from studio.state.jobs import Job
from studio.state.session import ShownFrame, ShownMedium

if TYPE_CHECKING:
    from studio.core.media.camera import Capture
    from studio.core.media.camera_list import Look

LOOK_EVERY = 250  # milliseconds between looks at the buffer, the recorder, and whether the camera is still there
NO_CAMERA = "No camera is open; open one with File, Open a camera."


class CameraController(QObject):
    """Shows the newest frame while `session.playing`, else the frame of the buffer that is wanted.

    One frame is asked for at a time, and the next one when it is shown: what came meanwhile is left out, and the
    window never waits.

    Args:
        context: of the project.
        open_capture: opens the device of a number; by itself OpenCV's.
        look: how cameras are found; by itself this system's.
    """

    def __init__(
        self, context: Context, open_capture: Callable[[int], Capture] | None = None, look: Look | None = None
    ) -> None:
        super().__init__()
        self._context = context
        self._source: CameraSource | None = None
        self._own: ShownMedium | None = None
        self._job: Job | None = None  # the newest frame that was asked for
        self._due = -1  # the frame that was shown last: `session.frame` moves with it
        self._problem = ""
        self._followed_from = 0
        self._opening = CameraOpening(context, open_capture, look)
        self._recording = CameraRecording(context)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY)
        self._timer.timeout.connect(self._look)
        self._wires = Wires()
        self._connect()

    def _connect(self) -> None:
        wires, session, actions = self._wires, self._context.session, self._context.actions
        wires.connect(self._opening.opened, self._show)
        wires.connect(self._opening.opening, self._make_room)
        wires.connect(self._recording.changed, self._look)
        wires.connect(session.playing_changed, self._on_playing)
        wires.connect(session.frame_changed, self._on_frame)
        wires.connect(session.medium_changed, self._on_medium)
        wires.connect(session.following_changed, self._on_following)
        wires.connect(actions["camera.freeze"].toggled, self._on_freeze)
        wires.connect(actions["camera.close"].triggered, self._leave)

    def close(self) -> None:
        """With the project: the device is let go on a thread of its own, which ends within a second."""
        self._wires.cut()
        self._opening.close()
        self._let_go()
        self._recording.close()

    # Open and closed -------------------------------------------------------------------------------------------------

    def _make_room(self, source: str) -> None:
        """A device has one user: the open camera goes before it is opened in another way."""
        if self._source is not None and self._source.wish.source == source:
            self._leave()

    def _show(self, source: CameraSource) -> None:
        session = self._context.session
        self._let_go()
        session.playing = False
        session.picked = session.result = session.followed = None
        session.selection = frozenset()
        session.in_mark = session.out_mark = None
        self._source, self._own, self._problem = source, source.facts, ""
        session.keep_frame = lambda number: source.kept.keep([number])
        session.camera_frames = source
        session.shown = None
        session.medium = self._own
        self._recording.use(source)
        self._timer.start()
        self._look()
        session.playing = True

    def _on_medium(self, medium: ShownMedium | None) -> None:
        if self._source is not None and medium != self._own:
            self._let_go()

    def _leave(self, _: bool = False) -> None:
        """Close the camera and show what was kept of it, if anything was."""
        session, own = self._context.session, self._own
        if own is None:
            self._context.board.say(NO_CAMERA, "problem")
            return
        session.playing = False
        self._let_go()
        session.shown = session.medium = None
        session.frame = 0
        if own.id in self._context.project.media:
            session.go(own.id, max(self._due, 0))

    def _let_go(self) -> None:
        """The camera is no longer the open medium."""
        source, self._source, self._own = self._source, None, None
        if source is None:
            return
        self._timer.stop()
        self._recording.use(None)
        if self._job is not None:
            self._job.cancel()
            self._job = None
        session = self._context.session
        session.keep_frame = session.camera_frames = session.camera = None
        self._tell_freeze()
        self._opening.closing = source.close_soon()  # a driver may take its time

    # Live ------------------------------------------------------------------------------------------------------------

    def _on_playing(self, playing: bool) -> None:
        source, session = self._source, self._context.session
        if source is None:
            return
        if not playing:
            source.freeze()
        elif source.camera.ended is not None:
            session.playing = False
            self._context.board.say(self._problem or source.camera.ended, "problem")
            return
        else:
            source.go_on()
            session.picked = None
            session.selection = frozenset()
            self._next()
        self._look()
        self._tell_freeze()

    def _next(self) -> None:
        """Ask for the newest frame."""
        assert self._source is not None
        self._ask(Job("camera", self._source.newest, self._due if self._live else -1), self._take_newest)

    @property
    def _live(self) -> bool:
        return self._source is not None and self._context.session.playing

    def _take_newest(self, frame: ShownFrame | None) -> None:
        if not self._live or self._source is None:
            return
        if frame is not None:
            self._put(frame)
        elif self._source.camera.ended is not None:
            self._look()
            return
        if self._live:  # it was not stopped by what it showed
            self._next()

    def _put(self, frame: ShownFrame) -> None:
        session = self._context.session
        self._due = frame.number
        session.shown = frame
        session.frame = frame.number

    # Frozen ----------------------------------------------------------------------------------------------------------

    def _on_frame(self, number: int) -> None:
        """Somebody wants another frame: of the buffer, or one that was kept."""
        if self._source is None or number == self._due:
            return
        self._due = number
        self._context.session.playing = False
        self._ask(Job("camera", self._source.back, number), self._take_wanted)

    def _take_wanted(self, frame: ShownFrame) -> None:
        if self._source is not None and not self._live and frame.medium == self._source.kept.id:
            self._context.session.shown = frame
            self._look()

    def _ask(self, job: Job, take: Callable[..., None]) -> None:
        job.succeeded.connect(take)
        job.failed.connect(self._fail)
        self._job = self._context.lanes.decode.replace(job)

    def _fail(self, error: BaseException) -> None:
        self._context.session.playing = False
        self._context.board.problem(error, "camera")

    def _on_freeze(self, frozen: bool) -> None:
        if self._source is not None:
            self._context.session.playing = not frozen
        elif frozen:
            self._context.board.say(NO_CAMERA, "problem")
        self._tell_freeze()

    def _tell_freeze(self) -> None:
        self._context.actions["camera.freeze"].setChecked(self._source is not None and not self._live)

    def _on_following(self, following: bool) -> None:
        """What is followed onwards ends live: the picture goes on with it."""
        session = self._context.session
        if self._source is None:
            return
        if following:
            self._followed_from = session.shown.number if session.shown else 0
        elif session.frame > self._followed_from and self._source.camera.ended is None:
            session.playing = True

    # What is told ----------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Tell how far the buffer reaches, what is recorded, and whether the camera is still there."""
        source, session = self._source, self._context.session
        if source is None:
            return
        ended = source.camera.ended
        if ended is not None and not self._problem:
            self._problem = ended.replace(source.wish.source, source.wish.name)
            self._context.board.say(f"{self._problem} What it gave last can still be gone through.", "problem")
            session.playing = False
        past = source.camera.buffered if self._live or session.following else source.past
        behind = 0.0
        if not self._live and session.shown is not None:
            behind = max(source.camera.time(past[-1]) - session.shown.time, 0.0)
        session.camera = ShownCamera(
            source.wish.name, self._delivers(source), past[0], past[-1], behind, self._recording.seconds, self._problem
        )
        self._tell_freeze()

    def _delivers(self, source: CameraSource) -> str:
        width, height = source.camera.size
        rate = source.rate
        if self._problem or rate is None:
            return f"{width} × {height}"
        return f"{width} × {height} · {rate:.0f} / s"
