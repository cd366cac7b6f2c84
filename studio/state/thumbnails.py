"""Pictures of crops in memory, made on the disk lane when somebody looks at them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from studio.core.control import Control
from studio.core.crop import Crop
from studio.core.project import Project
from studio.state.board import Board
from studio.state.jobs import Job, Lane

if TYPE_CHECKING:
    from studio.core.crop_pictures import CropPictures

MOST = 2400  # pictures in memory, 64 KB each; more than a screen of 4K holds
_PORTION = 16  # crops between two looks at what is wanted by now
_LONGEST = 1.0  # seconds of a job: others wait on this lane too
_REST = 5000  # milliseconds without a job after which the media are closed


class Wishes:
    """Which crops are wanted now: said by the window, taken by the worker."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._crops: list[Crop] = []

    def replace(self, crops: Iterable[Crop], then: Iterable[Crop] = ()) -> None:
        """Forget the earlier ones: they are no longer in view. `then` are wanted after all others."""
        wanted = [*sorted(crops), *sorted(then)]
        with self._lock:
            self._crops = wanted

    def take(self) -> list[Crop]:
        """Some of them."""
        with self._lock:
            taken, self._crops = self._crops[:_PORTION], self._crops[_PORTION:]
        return taken

    def __bool__(self) -> bool:
        with self._lock:
            return bool(self._crops)


class Thumbnails(QObject):
    """A bounded store; what is missing is asked for by `want`.

    Attributes:
        came: emitted with the set of crops of which there are new pictures.
    """

    came = Signal(object)

    def __init__(self, folder: Path, lane: Lane, board: Board, keep: bool, most: int = MOST) -> None:
        """Of the project in `folder`; where `keep`, its cache keeps them. The `most` used last are in memory."""
        super().__init__()
        self._lane, self._board, self._most = lane, board, most
        self._maker = _Maker(folder, keep)
        self._pictures: OrderedDict[Crop, QPixmap] = OrderedDict()
        self._wishes = Wishes()
        self._job: Job | None = None
        self._closed = False
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._shut)

    def picture(self, crop: Crop) -> QPixmap | None:
        """The picture if it is here; an empty one where its frame cannot be read; None: not yet."""
        found = self._pictures.get(crop)
        if found is not None:
            self._pictures.move_to_end(crop)
        return found

    def want(self, crops: Iterable[Crop], then: Iterable[Crop] = ()) -> None:
        """Make these, instead of what was wanted before and is not yet made; after them, what may be looked at next."""
        missing = ([crop for crop in some if crop not in self._pictures] for some in (crops, then))
        self._wishes.replace(*missing)
        self._start()

    def forget_failures(self) -> None:
        """Try again what could not be read: media may be back."""
        for crop in [crop for crop, picture in self._pictures.items() if picture.isNull()]:
            del self._pictures[crop]

    def close(self) -> None:
        self._closed = True
        self._rest.stop()
        self._wishes.replace(())
        self._shut()

    def _shut(self) -> None:
        """Let go of the media, on the lane that opened them, also where the project is being closed."""
        if self._maker.open or self._job is not None:
            self._lane.submit(Job("close what thumbnails were made of", self._maker.close, kept=True))

    def _start(self) -> None:
        if self._job is None and self._wishes and not self._closed:
            self._rest.stop()
            job = Job("thumbnails", self._maker.make, self._wishes, self._lane)
            job.published.connect(self._on_made)
            job.succeeded.connect(self._on_succeeded)
            job.failed.connect(self._on_ended)
            job.cancelled.connect(self._on_ended)
            self._job = self._board.run(self._lane, job, shown=False)

    def _on_made(self, made: dict[Crop, QImage | None]) -> None:
        for crop, image in made.items():
            self._pictures[crop] = QPixmap() if image is None else QPixmap.fromImage(image)
        while len(self._pictures) > self._most:
            self._pictures.popitem(last=False)
        self.came.emit(frozenset(made))

    def _on_succeeded(self) -> None:
        self._on_ended()
        self._start()

    def _on_ended(self) -> None:
        self._job = None
        if not self._closed:
            self._rest.start()


class _Maker:
    """Makes pictures on the lane. What they are cut from stays open between jobs.

    A folder of thousands of pictures is looked through when it is opened, and while somebody scrolls a job follows the
    other.
    """

    def __init__(self, folder: Path, keep: bool) -> None:
        self._folder, self._keep = folder, keep
        self._opened: tuple[Project, CropPictures] | None = None

    @property
    def open(self) -> bool:
        """Whether there is something to close; may be asked anywhere."""
        return self._opened is not None

    def make(self, wishes: Wishes, lane: Lane, control: Control) -> None:
        """Make what is wanted and what is wanted meanwhile, for a while, or until others wait for the lane."""
        started, pictures = time.monotonic(), self._pictures()
        while time.monotonic() - started < _LONGEST and (crops := wishes.take()):
            control.checkpoint()
            made = pictures.make(crops)
            control.publish({crop: None if p is None else _image(p.data, p.shape[0]) for crop, p in made.items()})
            if len(lane.jobs) > 1:
                return

    def close(self, control: Control) -> None:
        """Called on the lane too."""
        control.progress(1.0, "")
        if self._opened is not None:
            project, pictures = self._opened
            self._opened = None
            pictures.close()
            project.close()

    def _pictures(self) -> CropPictures:
        from studio.core.crop_pictures import CropPictures  # brings the decoders along

        if self._opened is None:
            project = Project.open(self._folder)
            self._opened = project, CropPictures(project, self._keep)
        else:
            self._opened[1].look_again()
        return self._opened[1]


def _image(data: memoryview, side: int) -> QImage:
    return QImage(data, side, side, 3 * side, QImage.Format.Format_RGB888).copy()
