"""A video file as a medium: any frame exactly, by number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from av.video.frame import VideoFrame

from studio.core.media.colour import RgbConverter, Turn
from studio.core.media.cursor import Cursor
from studio.core.media.index_cache import load_index, store_index
from studio.core.media.indexing import build_index
from studio.core.media.medium import Medium, Picture
from studio.core.media.reader import Reader

CACHE_BYTES = 384 * 2**20  # about 120 decoded 1080p frames: this many steps back cost one decoding of the group


class Video(Medium):
    """A video file. `frame` may be called from several threads; every `frames` reads with a decoder of its own."""

    kind = "video"

    def __init__(self, source: str, path: Path, cache: Path | None = None) -> None:
        """Open a video and find its frames; `cache` is a folder that may keep what was found.

        Raises:
            InputError: the file is missing, no video, or holds no frame that decodes.
        """
        self.source = source
        self._path = path
        index = load_index(path, cache)
        reader = Reader(path, careful=index is not None and index.damaged)
        if index is None:
            index = build_index(reader)
            store_index(path, cache, index)
        self._index = index
        self._ticks = float(reader.stream.time_base or 0)
        self._cursor = Cursor(reader, index)
        self._decoded = _Frames(CACHE_BYTES)
        self._lock = Lock()
        self._turn = Turn.of(self._cursor.frame(0))
        self._rgb = RgbConverter(self._turn)
        self.frame_count = len(index)
        self.rate = self._nominal_rate(float(reader.stream.average_rate or 0))
        if index.expected > len(index):
            self.note = f"{source} is damaged: {len(index)} of about {index.expected} frames can be read"
        height, width = self.frame(0).shape[:2]
        self.size = (width, height)

    def frame(self, number: int) -> Picture:
        self.check(number)
        with self._lock:
            frame = self._decoded.get(number)
            if frame is None:
                self._decoded.aim(number)
                frame = self._cursor.frame(number, self._decoded.put)
        return self._rgb(frame)

    def frames(self, start: int = 0, end: int | None = None, step: int = 1) -> Iterator[tuple[int, Picture]]:
        numbers = self.numbers(start, end, step)
        cursor, rgb = Cursor(Reader(self._path, self._index.damaged), self._index), RgbConverter(self._turn)
        try:
            for number in numbers:
                yield number, rgb(cursor.frame(number))
        finally:
            cursor.close()

    def time(self, number: int) -> float:
        self.check(number)
        return float(self._index.times[number] - self._index.times[0]) * self._ticks

    def close(self) -> None:
        with self._lock:
            self._cursor.close()
            self._decoded = _Frames(0)

    def _nominal_rate(self, declared: float) -> float:
        """What the file says where its times agree (AVI headers lie); else frames by seconds."""
        seconds = self.time(self.frame_count - 1)
        if self.frame_count < 2 or seconds <= 0:
            return declared or 25.0
        measured = (self.frame_count - 1) / seconds
        return declared if abs(declared - measured) < 0.02 * measured else measured


class _Frames:
    """Decoded frames as the decoder left them (half the bytes of RGB), the last used first kept, bounded in bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._room = 2
        self._wanted = 0
        self._depth = 2
        self._frames: OrderedDict[int, VideoFrame] = OrderedDict()

    def get(self, number: int) -> VideoFrame | None:
        frame = self._frames.get(number)
        if frame is not None:
            self._wanted = number
            self._frames.move_to_end(number)
        return frame

    def aim(self, number: int) -> None:
        """Say which frame is wanted, so that of those on the way to it the last ones are kept, for steps back.

        Who already steps back gets as many as there is room for; a jump keeps a quarter, as fresh memory costs time.
        """
        back = 0 < self._wanted - number <= self._room
        self._wanted, self._depth = number, self._room if back else max(self._room // 4, 2)

    def put(self, number: int, frame: VideoFrame) -> None:
        self._room = max(self._limit // max(sum(plane.buffer_size for plane in frame.planes), 1), 2)
        if number > self._wanted - self._depth:
            self._frames[number] = frame
            self._frames.move_to_end(number)
        while len(self._frames) > self._room:
            self._frames.popitem(last=False)
