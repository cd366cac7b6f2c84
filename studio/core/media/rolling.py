"""A live camera with a rolling buffer: freeze, and scrub back through the last half minute.

Every frame is encoded at capture, and everything runs on the decoded copy, so that what is kept is what was seen.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition, Thread
from typing import NamedTuple, NoReturn

import cv2

from studio.core.errors import InputError, StudioError
from studio.core.media.camera import Capture, open_camera
from studio.core.media.encoded import decode_frame, encode_frame
from studio.core.media.medium import Medium, Picture

SECONDS = 30.0
MOST_BYTES = 512 * 2**20  # 30 s of 1080p at 30 frames a second are about 300 MB
FAILING_SECONDS = 1.0  # a camera may stumble over a frame; so long without one it is gone
SILENT_SECONDS = 5.0  # a read that does not come back for so long: unplugged, with a driver that says nothing
CLOSING_SECONDS = 0.8  # for the read that is under way; a driver that hangs is left to its thread


class Shot(NamedTuple):
    """A captured frame: its number, its time in seconds since the first, and its JPEG."""

    number: int
    time: float
    data: bytes

    def picture(self) -> Picture:
        """Decoded: uint8 `(height, width, 3)` RGB, a fresh array."""
        return decode_frame(self.data)


class RollingCamera(Medium):
    """A camera as a medium whose frames are numbered by capture, from 0, and stay for half a minute.

    A thread captures all the time. Who asks gets the newest frame: late ones are dropped, never queued. Once the
    camera is gone (`ended` says why) the buffer stays usable.

    Args:
        source: "camera:0".
        size: wanted width and height; the camera may choose another, `size` and `note` say which.
        rate: wanted frames a second, likewise.
        open_capture: opens the device of a number.
        seconds, most_bytes: of the buffer, whichever is reached first.

    Raises:
        InputError: no such camera, it does not answer, or it gives no pictures.
    """

    kind = "camera"
    live = True

    def __init__(
        self,
        source: str,
        size: tuple[int, int] | None = None,
        rate: float | None = None,
        *,
        open_capture: Callable[[int], Capture] = cv2.VideoCapture,
        seconds: float = SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.source = source
        self._seconds, self._most_bytes = seconds, most_bytes
        self._changed = Condition()
        self._shots: deque[Shot] = deque()
        self._bytes = 0
        self._held: dict[int, Shot] = {}
        self._times = array("d")
        self._reason: str | None = None
        self._decoded: tuple[int, Picture] | None = None
        self._capture, first = open_camera(source, open_capture, size, rate)
        self._began = self._heard = time.monotonic()
        self._take(first, self._began)
        self.size = (first.shape[1], first.shape[0])
        self.rate = self._capture.get(cv2.CAP_PROP_FPS) or rate or 30.0
        self.note = self._what_it_is(size, rate)
        self._thread = Thread(target=self._read, name=source, daemon=True)
        self._thread.start()

    @property
    def frame_count(self) -> int:  # type: ignore[override]
        """Frames captured so far, those that left the buffer among them."""
        return len(self._times)

    @property
    def buffered(self) -> range:
        """The numbers of the frames that can be had."""
        with self._changed:
            return range(self._shots[0].number, self._shots[-1].number + 1)

    @property
    def ended(self) -> str | None:
        """Why there will be no more frames, in one sentence; None while there are."""
        with self._changed:
            if self._reason is None and time.monotonic() - self._heard > SILENT_SECONDS:
                self._end(f"{self.source} stopped giving pictures; was it unplugged?")
            return self._reason

    def newest(self) -> Shot:
        """The frame captured last, still encoded."""
        with self._changed:
            return self._shots[-1]

    def wait(self, after: int, seconds: float | None = None) -> Shot | None:
        """The newest frame as soon as its number is above `after`; None where the camera ended or time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._shots[-1].number > after or self._reason is not None, seconds)
            newest = self._shots[-1]
            return newest if newest.number > after else None

    def hold(self) -> range:
        """Let what is buffered now stay until `let_go`, while the buffer rolls on; returns the frames' numbers."""
        with self._changed:
            self._held = {shot.number: shot for shot in self._shots}
            return range(self._shots[0].number, self._shots[-1].number + 1)

    def let_go(self) -> None:
        """Hold nothing beside the buffer."""
        with self._changed:
            self._held = {}

    def shot(self, number: int) -> Shot:
        """A buffered or held frame as it was encoded.

        Raises:
            InputError: it left the buffer, or was not captured yet.
        """
        with self._changed:
            first = self._shots[0].number
            if first <= number < first + len(self._shots):
                return self._shots[number - first]
            if number in self._held:
                return self._held[number]
        self._refuse(number)

    def shots(self, first: int, last: int) -> list[Shot]:
        """The frames `first`…`last`, as far as they are held, or else buffered where nothing is; without a gap."""
        with self._changed:
            there = self._held or {shot.number: shot for shot in self._shots}
            return [there[number] for number in range(first, last + 1) if number in there]

    def since(self, number: int, seconds: float) -> Shot | None:
        """Of the frames after `number`, held ones too, the last that is at most `seconds` later, or else the next.

        None where nothing newer was captured yet.
        """
        with self._changed:
            until = self._times[number] + seconds
            newest = self._shots[-1]
            if newest.number <= number or newest.time <= until:
                return newest if newest.number > number else None
            wanted = max(bisect_right(self._times, until, number + 1) - 1, number + 1)
            first = self._shots[0]
            return self._held.get(wanted, first) if wanted < first.number else self._shots[wanted - first.number]

    def frame(self, number: int) -> Picture:
        shot = self.shot(number)
        with self._changed:
            decoded = self._decoded
        if decoded is None or decoded[0] != number:
            decoded = number, shot.picture()
            with self._changed:
                self._decoded = decoded
        return decoded[1].copy()

    def frames(self, start: int = 0, end: int | None = None, step: int = 1) -> Iterator[tuple[int, Picture]]:
        """Frame `start` if it is there, then the newest each time, at least `step` on; what came between is dropped."""
        wanted = start
        if start in self.buffered:
            yield start, self.frame(start)
            wanted = start + step
        while end is None or wanted <= end:
            shot = self.wait(wanted - 1)
            if shot is None or (end is not None and shot.number > end):
                return
            yield shot.number, shot.picture()
            wanted = shot.number + step

    def numbers(self, start: int | None = None, end: int | None = None, step: int = 1) -> range:
        """The buffered numbers from `start` to `end`; None: as far as the buffer reaches."""
        there = self.buffered
        first, last = there[0] if start is None else start, there[-1] if end is None else end
        for number in (first, last):
            if number not in there:
                self._refuse(number)
        return range(first, last + 1, step)

    def time(self, number: int) -> float:
        if not 0 <= number < len(self._times):
            self._refuse(number)
        return self._times[number]

    def check(self, number: int) -> None:
        self.shot(number)

    def close(self) -> None:
        with self._changed:
            self._end(f"{self.source} was closed")
        self._thread.join(CLOSING_SECONDS)

    def _refuse(self, number: int) -> NoReturn:
        there = self.buffered
        raise InputError(f"frame {number} of {self.source} is not in its buffer, which holds {there[0]} to {there[-1]}")

    def _end(self, reason: str) -> None:
        """Say why it ended, the first time; the caller holds the lock."""
        self._reason = self._reason or reason
        self._changed.notify_all()

    def _what_it_is(self, size: tuple[int, int] | None, rate: float | None) -> str | None:
        width, height = self.size
        if size in (None, self.size) and (rate is None or abs(rate - self.rate) < 0.5):
            return None
        return f"{self.source} gives {width} × {height} at {self.rate:g} frames a second, not what was asked for"

    def _read(self) -> None:
        """On the thread: capture until closed or gone, then let go of the device."""
        try:
            while self._reason is None:
                good, picture = self._capture.read()
                now = time.monotonic()
                if good:
                    self._take(picture, now)
                elif now - self._heard > FAILING_SECONDS:
                    raise StudioError(f"{self.source} gives no more pictures; was it unplugged?")
                else:
                    time.sleep(0.01)
        except (StudioError, OSError, cv2.error) as error:
            with self._changed:
                self._end(str(error))
        finally:
            self._capture.release()

    def _take(self, picture: Picture, now: float) -> None:
        data = encode_frame(picture)
        with self._changed:
            if self._reason is not None:
                return
            self._heard = now
            shot = Shot(len(self._times), now - self._began, data)
            self._times.append(shot.time)
            self._shots.append(shot)
            self._bytes += len(data)
            while len(self._shots) > 1 and self._overflows(shot.time):
                self._bytes -= len(self._shots.popleft().data)
            self._changed.notify_all()

    def _overflows(self, now: float) -> bool:
        return now - self._shots[0].time > self._seconds or self._bytes > self._most_bytes
