"""Frames for the eye: a medium is opened, decoded and closed on the decode lane; what arrives becomes `shown`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.controllers.context import Context
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.errors import StudioError, said
from studio.core.project import MediumRow, Project
from studio.state.jobs import Job
from studio.state.session import ShownFrame, ShownMedium

if TYPE_CHECKING:
    from studio.core.media import Medium, Picture

AHEAD = 3  # frames decoded before they are wanted, while the video plays
AHEAD_BYTES = 128 * 2**20


class Projector:
    """The open medium, as the decode lane has it; nobody else touches it but to close it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._medium: Medium | None = None
        self._closed = False
        self._ahead: dict[int, Picture] = {}

    def open(self, folder: Path, row: MediumRow, control: Control) -> ShownMedium:
        """Close what is open, open the medium of `row`, and read the times of all its frames.

        Raises:
            InputError: it is missing, was changed, may not be read, or is no medium.
        """
        from studio.core.project.opening import source_of  # brings OpenCV and ffmpeg: not before the first window

        self._let_go()
        with Project.open(folder) as project:
            source, cache = source_of(project, row), project.cache
        path, medium = source.path, source.open(cache)
        with self._lock:
            self._medium = medium
        if self._closed or control.cancelled:
            self._let_go()
            control.checkpoint()
        times = np.array([medium.time(number) for number in range(medium.frame_count)])
        return ShownMedium(
            row.id,
            path.name,
            path,
            medium.kind,
            medium.frame_count,
            medium.size,
            medium.rate,
            False,
            times,
            medium.note,
        )

    def show(self, medium_id: int, number: int, ahead: int, shrink: int, control: Control) -> None:
        """Publish frame `number` as a `ShownFrame`; then decode `ahead` more, as long as nobody wants another.

        For a display that shows `shrink` pixels or more as one, a smaller picture comes with it.

        Raises:
            StudioError: the frame cannot be read.
        """
        medium = self._medium
        if medium is None:
            return
        picture = self._ahead.pop(number, None)
        if picture is None:
            picture = medium.frame(number)
        control.publish(ShownFrame(medium_id, number, medium.time(number), picture, _shrunk(picture, shrink)))
        last = min(number + min(ahead, AHEAD_BYTES // picture.nbytes), medium.frame_count - 1)
        self._ahead = {n: kept for n, kept in self._ahead.items() if number < n <= last}
        for following in range(number + 1, last + 1):
            control.checkpoint()
            if following not in self._ahead:
                try:
                    self._ahead[following] = medium.frame(following)
                except StudioError:
                    return  # said when that frame is wanted

    def close(self) -> None:
        """For good; from any thread."""
        self._closed = True
        self._let_go()

    def _let_go(self) -> None:
        with self._lock:
            medium, self._medium = self._medium, None
            self._ahead = {}
        if medium is not None:
            medium.close()


@dataclass(frozen=True)
class OpenFailed:
    """A medium that could not be opened, and why, in a sentence."""

    name: str
    why: str


class Decoder(QObject):
    """Opens media that are wanted and keeps `session.shown` at `session.frame`.

    Attributes:
        opening: emitted with the name of a medium that is being opened.
        failed: emitted with an `OpenFailed`.
        damaged: emitted with a sentence about the first frame that cannot be read, and with "" when one can again.
    """

    opening = Signal(str)
    failed = Signal(object)
    damaged = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._projector = Projector()
        self._own: ShownMedium | None = None  # that the projector has open
        self._row: MediumRow | None = None
        self._wanted_frame = 0
        self._job: Job | None = None  # the newest request
        self._delivered = False  # whether its frame came; then it only looks ahead
        self._problem = ""
        self._shrink = 1
        self._wires = Wires()
        self._wires.connect(context.session.medium_wanted, self.open)
        self._wires.connect(context.session.frame_changed, self._request)
        self._wires.connect(context.session.medium_changed, self._on_medium)

    @property
    def row(self) -> MediumRow | None:
        """Of the open medium, or of that which is being opened."""
        return self._row

    def open(self, medium: int, frame: int) -> None:
        """Open the medium with this id at `frame`; the one that is open goes at once."""
        row = self._context.project.media.get(medium)
        if row is None:
            return
        self._wanted_frame = frame
        if self._row == row and self._own is None:
            return  # it is being opened already
        self.close_medium()
        self._row = row
        name = row.path.rsplit("/", 1)[-1]
        self.opening.emit(name)
        job = Job(f"opening {name}", self._projector.open, self._context.project.folder, row)
        job.succeeded.connect(lambda facts: self._opened(row, facts))
        job.failed.connect(lambda error: self._not_opened(row, name, error))
        self._context.lanes.decode.replace(job)

    def set_zoom(self, zoom: float) -> None:
        """How many pixels of the display a pixel of the frame is."""
        shrink = 2 ** max(math.floor(math.log2(1 / zoom)), 0)
        if shrink != self._shrink:
            self._shrink = shrink
            session = self._context.session
            if session.shown is not None and not session.playing:
                self._request(session.frame)

    def close_medium(self) -> None:
        """Show nothing; the file stays open until another one is opened."""
        self._row = self._own = self._job = None
        session = self._context.session
        session.playing = False
        session.picked = session.result = session.followed = None
        session.selection = frozenset()
        session.in_mark = session.out_mark = None
        session.shown = session.medium = None
        session.frame = 0

    def close(self) -> None:
        self._wires.cut()
        self._projector.close()

    def _on_medium(self, medium: ShownMedium | None) -> None:
        if medium is not None and medium != self._own:
            self._row = self._own = None  # a camera: its frames come from somebody else

    def _opened(self, row: MediumRow, facts: ShownMedium) -> None:
        if self._row is not row:
            return  # another one is wanted meanwhile
        self._own = facts
        session = self._context.session
        session.medium = facts
        if facts.note:
            self._context.board.say(facts.note, "problem")
        frame = min(max(self._wanted_frame, 0), session.last_frame)
        if session.frame == frame:
            self._request(frame)
        session.frame = frame

    def _not_opened(self, row: MediumRow, name: str, error: BaseException) -> None:
        if self._row is row:
            self._row = None
            self.failed.emit(OpenFailed(name, said(error)))

    def _request(self, number: int) -> None:
        session = self._context.session
        if self._own is None or session.medium != self._own:
            return
        if self._job is not None and self._delivered:
            self._job.cancel()  # all it does is look ahead
        shown = session.shown
        on = shown is not None and 0 < number - shown.number <= AHEAD
        ahead = AHEAD if on and session.playing else 0
        job = Job("decoding", self._projector.show, self._own.id, number, ahead, self._shrink)
        job.published.connect(self._show)
        job.failed.connect(self._fail)
        self._job, self._delivered = job, False
        self._context.lanes.decode.replace(job)

    def _show(self, frame: ShownFrame) -> None:
        sender = self.sender()
        if sender is self._job:
            self._delivered = True
        elif isinstance(sender, Job):
            sender.cancel()  # it looks ahead while another frame is wanted
        if self._own is None or frame.medium != self._own.id or self._context.session.medium != self._own:
            return
        self._say("")
        self._context.session.shown = frame

    def _fail(self, error: BaseException) -> None:
        self._context.session.playing = False
        self._say(said(error))

    def _say(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            self.damaged.emit(problem)


def _shrunk(picture: Picture, factor: int) -> Picture | None:
    """Every square of `factor` × `factor` pixels as their mean; None where that is no less."""
    import cv2

    height, width = picture.shape[0] // factor, picture.shape[1] // factor
    if factor < 2 or min(height, width) < 1:
        return None
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
