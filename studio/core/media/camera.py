"""Live cameras: the newest frame, never a queue of late ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from threading import Condition, Event, Thread
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.errors import InputError
from studio.core.media.medium import Medium, Picture

PREFIX = "camera:"


OPENING_SECONDS = 10.0  # a camera that does not answer within these is given up


class Capture(Protocol):
    """What is used of `cv2.VideoCapture`."""

    def isOpened(self) -> bool: ...
    def read(self) -> tuple[bool, Any]: ...
    def get(self, propId: int, /) -> float: ...
    def set(self, propId: int, value: float, /) -> bool: ...
    def release(self) -> None: ...


def open_camera(
    source: str,
    open_capture: Callable[[int], Capture] = cv2.VideoCapture,
    size: tuple[int, int] | None = None,
    rate: float | None = None,
    seconds: float = OPENING_SECONDS,
) -> tuple[Capture, NDArray[np.uint8]]:
    """The device of "camera:0", set to a size and rate as near as it can, and its first picture, BGR.

    A driver that hangs is left to a thread of its own, which closes the device should it ever answer.

    Raises:
        InputError: the name is not "camera:" and a number, there is no such camera, it gives no pictures or does not
            answer in time.
    """
    number = _number(source)
    answers: Queue[tuple[Capture, NDArray[np.uint8]] | InputError] = Queue()
    given_up = Event()

    def work() -> None:
        try:
            capture, first = _started(source, open_capture(number), size, rate)
        except (InputError, OSError, cv2.error) as error:
            answers.put(error if isinstance(error, InputError) else InputError(f"{source} cannot be opened: {error}"))
            return
        answers.put((capture, first))
        if given_up.is_set():
            capture.release()

    Thread(target=work, name=f"open {source}", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        given_up.set()  # the thread closes it; where it answered this very moment, so does whoever collects it
        raise InputError(f"{source} does not answer; unplug it and plug it in again") from None
    if isinstance(answer, InputError):
        raise answer
    return answer


class Camera(Medium):
    """A camera by number, "camera:0". A thread reads it all the time; who asks gets the newest frame.

    Frames are numbered as they are delivered; frames that came while nobody asked are dropped and show only as gaps
    in the times. `frame_count` and `time` speak of the frames delivered so far.
    """

    kind = "camera"
    live = True

    def __init__(self, source: str, open_capture: Callable[[int], Capture] = cv2.VideoCapture) -> None:
        """Open a camera.

        Raises:
            InputError: what `open_camera` says.
        """
        self.source = source
        self._capture, first = open_camera(source, open_capture)
        self._arrived = Condition()
        self._newest: tuple[NDArray[np.uint8], float] | None = None
        self._ended = False
        self._times: list[float] = []
        self._newest = (first, time.monotonic())
        self.size = (first.shape[1], first.shape[0])
        self.rate = self._capture.get(cv2.CAP_PROP_FPS) or 30.0
        self._thread = Thread(target=self._read, name=source, daemon=True)
        self._thread.start()

    @property
    def frame_count(self) -> int:  # type: ignore[override]
        return len(self._times)

    def frames(self, start: int = 0, end: int | None = None, step: int = 1) -> Iterator[tuple[int, Picture]]:
        """The newest frame each time, until the camera ends or `end` frames were delivered; `start` skips some."""
        while (newest := self._wait()) is not None:
            number = len(self._times)
            self._times.append(newest[1])
            if number >= start and (number - start) % step == 0:
                yield number, np.asarray(cv2.cvtColor(newest[0], cv2.COLOR_BGR2RGB), np.uint8)
            if end is not None and number >= end:
                return

    def frame(self, number: int) -> Picture:
        raise InputError(f"{self.source} is live; its frames come once, in their own time: record it to go to one")

    def time(self, number: int) -> float:
        self.check(number)
        return self._times[number] - self._times[0]

    def close(self) -> None:
        with self._arrived:
            self._ended = True
            self._arrived.notify_all()
        self._thread.join()
        self._capture.release()

    def _wait(self) -> tuple[NDArray[np.uint8], float] | None:
        with self._arrived:
            self._arrived.wait_for(lambda: self._newest is not None or self._ended)
            newest, self._newest = self._newest, None
            return newest

    def _read(self) -> None:
        while not self._ended:
            good, picture = self._capture.read()
            with self._arrived:
                if good and not self._ended:
                    self._newest = (picture, time.monotonic())
                else:
                    self._ended = True
                self._arrived.notify_all()


def _number(source: str) -> int:
    number = source.removeprefix(PREFIX)
    if not number.isascii() or not number.isdecimal() or len(number) > 4:
        raise InputError(f"a camera is named camera:0, camera:1 …, not {source!r}")
    return int(number)


def _started(
    source: str, capture: Capture, size: tuple[int, int] | None, rate: float | None
) -> tuple[Capture, NDArray[np.uint8]]:
    """The capture with its first picture; where there is none it is closed again."""
    if not capture.isOpened():
        capture.release()
        raise InputError(f"there is no {source}; check that it is plugged in and that this user may open it")
    if size is not None:
        # Uncompressed, most cameras give their larger sizes a few times a second only.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    if rate is not None:
        capture.set(cv2.CAP_PROP_FPS, rate)
    good, first = capture.read()
    if not good:
        capture.release()
        raise InputError(f"{source} gives no pictures; is another program using it?")
    return capture, np.asarray(first, np.uint8)
