"""The clock of a playing video: which frame is due now. Only the newest is asked for: late frames are dropped."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

from studio.controllers.wires import Wires
from studio.state.session import SessionState
from studio.views.video.transport import SPEEDS

_LEAST_WAIT = 8  # milliseconds: no display shows more frames a second than that
_PATIENCE = 0.3  # seconds that the picture may be behind the clock
_HELD = 0.09  # seconds: keys come faster only where one is held
_QUICKER = 12  # repeats of a held key after which it goes twice as fast


class Playback(QObject):
    """Moves `session.frame` along the medium's own times while `session.playing`."""

    def __init__(self, session: SessionState, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._session, self._now = session, now
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._began = self._place = 0.0  # at this moment the clip was at this second
        self._due = -1  # the frame that the clock asked for last
        self._stepped, self._repeats = -1.0, 0
        self._wires = Wires()
        self._wires.connect(session.playing_changed, self._play)
        self._wires.connect(session.speed_changed, self._restart)
        self._wires.connect(session.frame_changed, self._moved)

    def tick(self) -> None:
        """Ask for the frame that is due, and come back when the next one is."""
        session = self._session
        if not session.playing or session.medium is None or session.medium.live:
            return
        times = session.medium.times
        place = self._place + (self._now() - self._began) * session.speed
        if self._is_late():
            self._begin(float(times[self._due]))
            self._timer.start(_LEAST_WAIT)
            return
        first, last = self._range()
        if place >= self._end_of(last):
            if not session.looping:
                self._due = last
                session.frame = last
                session.playing = False
                return
            place = float(times[first])
            self._begin(place)
        number = min(int(np.searchsorted(times, place + 1e-6, side="right")) - 1, last)
        self._due = max(number, 0)
        session.frame = self._due
        wait = (self._end_of(self._due) - place) / session.speed
        self._timer.start(max(round(1000 * wait), _LEAST_WAIT))

    def step(self, by: int) -> None:
        """Go `by` frames on (or back); a key that is held makes ever larger steps."""
        session, now = self._session, self._now()
        self._repeats = self._repeats + 1 if now - self._stepped < _HELD else 0
        self._stepped = now
        factor = min(2 ** (self._repeats // _QUICKER), 16)
        session.playing = False
        self.go(session.frame + by * factor)

    def go(self, frame: int) -> None:
        """Go to `frame`, or the nearest there is."""
        self._session.frame = min(max(frame, self._session.first_frame), self._session.last_frame)

    def change_speed(self, by: int) -> None:
        """The next speed of the list up or down."""
        near = min(range(len(SPEEDS)), key=lambda each: abs(SPEEDS[each] - self._session.speed))
        self._session.speed = SPEEDS[min(max(near + by, 0), len(SPEEDS) - 1)]

    def close(self) -> None:
        self._timer.stop()
        self._wires.cut()

    def _is_late(self) -> bool:
        """Whether what is seen is far behind what was asked for last: then the clock waits.

        All frames up to it must be decoded, so if the clock ran on where that is slower than the clip, the steps
        would grow and grow.
        """
        session, shown = self._session, self._session.shown
        if shown is None or session.medium is None or shown.medium != session.medium.id:
            return False
        if not 0 <= shown.number < self._due:
            return False
        behind = float(session.medium.times[self._due]) - self._end_of(shown.number)
        return behind > _PATIENCE * session.speed

    def _range(self) -> tuple[int, int]:
        """Between the marks where it loops, unless the playhead is beyond them; else all."""
        session = self._session
        first = session.in_mark or 0
        last = session.last_frame if session.out_mark is None else session.out_mark
        if not session.looping or first > last or session.frame > last:
            return 0, session.last_frame
        return first, last

    def _end_of(self, number: int) -> float:
        """The second at which `number` gives way to the next frame."""
        medium = self._session.medium
        assert medium is not None
        if number + 1 < len(medium.times):
            return float(medium.times[number + 1])
        return float(medium.times[number]) + 1 / max(medium.rate, 0.1)

    def _play(self, playing: bool) -> None:
        session = self._session
        if not playing:
            self._timer.stop()
        elif session.medium is not None and not session.medium.live:
            first, last = self._range()
            if session.frame >= last:
                session.frame = first  # at the end, playing starts again
            self._restart()

    def _moved(self, frame: int) -> None:
        if self._session.playing and frame != self._due:
            self._restart()

    def _restart(self, _: object = None) -> None:
        """Let the clock go on from the frame under the playhead."""
        session = self._session
        if session.playing and session.medium is not None and len(session.medium.times):
            self._begin(float(session.medium.times[min(session.frame, session.last_frame)]))
            self._due = session.frame
            self._timer.start(0)

    def _begin(self, place: float) -> None:
        self._began, self._place = self._now(), place
