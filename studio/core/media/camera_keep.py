"""What is kept of a live camera: frames with a region, or all of them while recording."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Event, Lock, Thread
from typing import BinaryIO

from studio.core.errors import StudioError
from studio.core.files import making
from studio.core.fingerprint import IDENTITY, TIMES, fingerprint
from studio.core.media.encoded import SUFFIX
from studio.core.media.medium import Picture
from studio.core.media.pictures import read_picture
from studio.core.media.recording import picture_file
from studio.core.media.rolling import RollingCamera, Shot
from studio.core.project.folders import own_folder
from studio.core.project.ids import new_id
from studio.core.project.rows import MediumRow

_WAIT = 0.2  # seconds until the recorder looks whether it should stop


class KeptFrames:
    """A recording in the project that grows with what is kept of a live camera; it begins with the first frame.

    Frames have the same numbers and times in it as in the camera. A frame's bytes are those that were seen. Whatever
    kills the program, the frames kept so far can be read. Thread-safe.

    Attributes:
        id: of the medium's row, known before the first frame.
        folder: of the recording; None before the first frame.
        missed: frames that left the buffer before the recorder came to them.
        problem: why recording stopped by itself, in one sentence; None where it did not.
    """

    def __init__(self, project: Path, camera: RollingCamera) -> None:
        self._project, self._camera = project, camera
        self.folder: Path | None = None
        self.missed = 0
        self.problem: str | None = None
        self.id = new_id()
        self._list: BinaryIO | None = None
        self._numbers: set[int] = set()
        self._lock = Lock()
        self._closed = False
        self._stop = Event()
        self._thread: Thread | None = None

    def __contains__(self, number: int) -> bool:
        return number in self._numbers

    @property
    def recording(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def keep(self, numbers: Iterable[int]) -> MediumRow:
        """Keep buffered frames, if they are not kept yet.

        Call it before regions or marks refer to them, and put the row into the same edit as these: it says how long
        the medium has become.

        Raises:
            InputError: a frame is not in the camera's buffer, or the project's folder cannot be written to.
            OSError: the disk is full; what was kept before stays.
        """
        return self.keep_shots([self._camera.shot(number) for number in numbers if number not in self])

    def keep_shots(self, shots: Iterable[Shot]) -> MediumRow:
        """As `keep`, of frames that may have left the buffer since they were taken from it; after `close` too.

        Raises:
            InputError: the project's folder cannot be written to.
            OSError: the disk is full; what was kept before stays.
        """
        try:
            for shot in shots:
                with self._lock:  # anew for each: somebody else may want to keep one frame at once
                    if shot.number not in self._numbers:
                        self._keep(shot)
        finally:
            if self._closed:
                self.close()
        return self.row()

    def picture(self, number: int) -> Picture:
        """A frame of the buffer, or one that was kept, decoded: uint8 `(height, width, 3)` RGB.

        Raises:
            InputError: it is in neither of them, or its file cannot be read.
        """
        if number in self and self.folder is not None and number not in self._camera.buffered:
            return read_picture(picture_file(self.folder, number, SUFFIX))
        return self._camera.shot(number).picture()

    def row(self) -> MediumRow:
        """The medium as it is now.

        Raises:
            StudioError: nothing was kept yet.
        """
        with self._lock:
            if self.folder is None or not self._numbers:
                raise StudioError(f"no frame of {self._camera.source} was kept yet")
            size, sha256 = fingerprint(self.folder)
            path = self.folder.relative_to(self._project).as_posix()
            return MediumRow(self.id, path, "camera", size, sha256, max(self._numbers) + 1, *self._camera.size)

    def record(self, first: int | None = None) -> None:
        """Keep every frame from `first` on (None: the newest; a buffered one: from the past) until `stop`."""
        self.stop()
        self._stop.clear()
        self.missed, self.problem = 0, None
        number = self._camera.newest().number if first is None else first
        self._thread = Thread(target=self._record, args=(number,), name=f"record {self._camera.source}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop recording; frames with regions go on being kept."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        self.stop()
        with self._lock:
            self._closed = True
            if self._list is not None:
                self._list.close()
                self._list = None

    def _record(self, number: int) -> None:
        """On the thread. The camera's buffer is the queue: who is half a minute late misses frames."""
        try:
            while not self._stop.is_set():
                there = self._camera.buffered
                if number > there[-1]:
                    if self._camera.wait(number - 1, _WAIT) is None and self._camera.ended:
                        return
                    continue
                self.missed += max(there[0] - number, 0)
                number = max(number, there[0])
                self.keep([number])
                number += 1
        except StudioError as error:
            self.problem = str(error)
        except OSError as error:
            self.problem = f"recording stopped: {error.strerror or error}; the frames before are kept"

    def _keep(self, shot: Shot) -> None:
        """Picture first, its line after it: a kill between them leaves a file that no list names."""
        folder, file = self._opened()
        picture = picture_file(folder, shot.number, SUFFIX)
        end = file.tell()
        try:
            picture.write_bytes(shot.data)
            line = f"{shot.number} {shot.time:.6f} {hashlib.sha256(shot.data).hexdigest()}\n".encode()
            while line:
                line = line[file.write(line) :]
        except BaseException:
            file.truncate(end)
            file.seek(end)
            picture.unlink(missing_ok=True)
            raise
        self._numbers.add(shot.number)

    def _opened(self) -> tuple[Path, BinaryIO]:
        if self.folder is None:
            self.folder = self._new_folder()
            identity = {
                "recording": secrets.token_hex(16),
                "camera": self._camera.source,
                "size": list(self._camera.size),
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            (self.folder / IDENTITY).write_text(json.dumps(identity, indent=2) + "\n", encoding="utf-8")
        if self._list is None:
            self._list = (self.folder / TIMES).open("ab", buffering=0)
        return self.folder, self._list

    def _new_folder(self) -> Path:
        media = own_folder(self._project, "media")
        name = f"camera-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        with making(media):
            for number in count(1):
                folder = media / (name if number == 1 else f"{name}-{number}")
                try:
                    folder.mkdir(parents=True)
                    return folder
                except FileExistsError:
                    continue
        raise AssertionError("counting never ends")
