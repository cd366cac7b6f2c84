"""What workers do with a live camera: open it, take its newest frame, go back, follow, close. No Qt here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from studio.core.control import Cancelled, Control
from studio.core.project import MediumRow
from studio.state.session import ShownFrame, ShownMedium

if TYPE_CHECKING:
    from studio.core.media.camera import Capture
    from studio.core.media.camera_keep import KeptFrames
    from studio.core.media.camera_list import FoundCamera, Look
    from studio.core.media.medium import Picture
    from studio.core.media.rolling import RollingCamera, Shot

LONGEST_WAIT = 0.2  # seconds for a frame, then somebody looks what else is wanted
CATCHING_UP = 2.0  # how many times its own speed a camera's past is followed with
STRIDE = 0.25  # seconds that following leaves out at once, and more only where it is late: trackers lose what jumps
LATE = 8  # of what it is late, this part at once
RATE_OVER = 2.0  # seconds


@dataclass(frozen=True)
class CameraWish:
    """A camera to open: "camera:0", what it is called, and the size and rate to ask it for; None: its own."""

    source: str
    name: str
    size: tuple[int, int] | None = None
    rate: float | None = None


class HeldShots:
    """See `studio.state.camera.HeldFrames`."""

    def __init__(self, kept: KeptFrames, shots: list[Shot]) -> None:
        self._kept, self._shots = kept, shots
        self.medium = kept.id
        self.numbers = range(shots[0].number, shots[-1].number + 1) if shots else range(0)

    def keep(self) -> MediumRow:
        return self._kept.keep_shots(self._shots)


class CameraSource:
    """An open camera with its buffer and what is kept of it. Thread-safe, as these are."""

    def __init__(self, wish: CameraWish, camera: RollingCamera, kept: KeptFrames) -> None:
        self.wish, self.camera, self.kept = wish, camera, kept
        self._held: range | None = None

    @property
    def facts(self) -> ShownMedium:
        """The camera as the open medium; its id is that of the row which it gets with the first kept frame."""
        camera = self.camera
        return ShownMedium(
            self.kept.id, self.wish.name, None, "camera", 0, camera.size, camera.rate, live=True, note=camera.note
        )

    @property
    def rate(self) -> float | None:
        """Frames a second that really came lately; None: too few to say."""
        there, camera = self.camera.buffered, self.camera
        last = camera.time(there[-1])
        number = there[-1]
        while number > there[0] and last - camera.time(number - 1) < RATE_OVER:
            number -= 1
        span = last - camera.time(number)
        return (there[-1] - number) / span if span > 0.2 else None

    def freeze(self) -> None:
        """Let the buffer of now stay, whatever comes."""
        self._held = self.camera.hold()

    def go_on(self) -> None:
        """Hold nothing beside the buffer."""
        self._held = None
        self.camera.let_go()

    @property
    def past(self) -> range:
        """The numbers of the frames that can be gone to: of the frozen buffer, or of the one that rolls."""
        return self._held or self.camera.buffered

    def newest(self, after: int, control: Control) -> ShownFrame | None:
        """The newest frame, as soon as it is a later one than `after`; None where none comes for a while."""
        shot = self.camera.wait(after, LONGEST_WAIT)
        control.checkpoint()
        return self._shown(shot.number, shot.picture()) if shot is not None else None

    def back(self, number: int, control: Control) -> ShownFrame:
        """A frame of the past: of the buffer, or a kept one.

        Raises:
            InputError: it is gone.
        """
        control.checkpoint()
        return self._shown(number, self.kept.picture(number))

    def row(self) -> MediumRow:
        """The medium as it is by now."""
        return self.kept.row()

    def held(self, first: int, last: int) -> HeldShots:
        """See `studio.state.camera.CameraFrames`; at once, and without reading anything."""
        return HeldShots(self.kept, self.camera.shots(first, last))

    def follow(self, frame: int, until: int | None, backwards: bool, control: Control) -> Iterator[tuple[int, Picture]]:
        """See `studio.state.camera.CameraFrames`: nothing waits in a queue.

        What came since `frame` is gone through at twice its speed, leaving out what there is no time for; from then
        on it is the newest frame each time.
        """
        if backwards:
            first = self.past[0] if until is None else until
            yield from (self._kept(number) for number in range(frame, min(first, frame) - 1, -1))
            return
        camera, origin = self.camera, self.camera.time(frame)
        yield self._kept(frame)
        began = time.monotonic()  # a tracker takes its time to begin
        while until is None or frame < until:
            control.checkpoint()
            due = origin + CATCHING_UP * (time.monotonic() - began)
            late = camera.newest().time - camera.time(frame)
            shot = camera.since(frame, min(due - camera.time(frame), max(STRIDE, late / LATE)))
            if shot is None:
                if camera.wait(frame, LONGEST_WAIT) is None and camera.ended is not None:
                    return
                continue
            if until is not None and shot.number > until:
                return
            frame = shot.number
            yield self._kept(frame)

    def stop_recording(self, control: Control | None = None) -> None:
        """Keep only frames with a region again; waits until the frame is stored that is being stored."""
        self.kept.stop()

    def close(self) -> None:
        """Let go of the device; what is not kept is gone. Waits a moment for a driver that hangs."""
        self.camera.close()
        self.kept.close()

    def close_soon(self) -> Thread:
        """`close`, on a thread of its own that ends within a second or so."""
        thread = Thread(target=self.close, name=f"close {self.wish.source}")
        thread.start()
        return thread

    def _kept(self, number: int) -> tuple[int, Picture]:
        self.kept.keep([number])
        return number, self.kept.picture(number)

    def _shown(self, number: int, picture: Picture) -> ShownFrame:
        return ShownFrame(self.kept.id, number, self.camera.time(number), picture)


class Opening:
    """Opens a camera on a worker; what came of it is closed where nobody wants it any more."""

    def __init__(
        self,
        folder: Path,
        wish: CameraWish,
        open_capture: Callable[[int], Capture] | None = None,
        before: Thread | None = None,
    ) -> None:
        """`folder` is the project's; `before` lets go of a device that may be the same, and is waited for."""
        self._folder, self._wish, self._open_capture, self._before = folder, wish, open_capture, before
        self._source: CameraSource | None = None

    def run(self, control: Control) -> CameraSource:
        """Open it, with its buffer and a recording in the project, which begins with the first kept frame.

        Raises:
            InputError: there is no such camera, it does not answer, or another program has it.
            Cancelled: nobody wants it any more; it is closed then.
        """
        from studio.core.media.camera_keep import KeptFrames  # brings OpenCV: not before the first window
        from studio.core.media.rolling import RollingCamera

        if self._before is not None:
            self._before.join()
        control.checkpoint()
        how: dict[str, Any] = {} if self._open_capture is None else {"open_capture": self._open_capture}
        camera = RollingCamera(self._wish.source, self._wish.size, self._wish.rate, **how)
        self._source = CameraSource(self._wish, camera, KeptFrames(self._folder, camera))
        try:
            control.checkpoint()
        except Cancelled:
            self.close()
            raise
        return self._source

    def close(self) -> None:
        """Call it after the job was cancelled: maybe the camera was open before."""
        if self._source is not None:
            self._source.close_soon()


def list_names(look: Look | None, control: Control) -> list[FoundCamera]:
    """The cameras of this computer; returns in some seconds even where a driver hangs."""
    from studio.core.media.camera_list import list_cameras

    control.checkpoint()
    return list_cameras(look)
