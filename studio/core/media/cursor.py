"""A place in a video from which frames are decoded: forward where it can, from a keyframe where it must."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from av.packet import Packet
from av.video.frame import VideoFrame

from studio.core.errors import StudioError
from studio.core.media.frame_index import FrameIndex
from studio.core.media.reader import Reader

_WORTH_A_JUMP = 16  # packets; decoding on over fewer is cheaper than emptying the decoder and starting again

Passed = Callable[[int, VideoFrame], None]


class Cursor:
    """Gives any frame of an index. Consecutive frames are decoded once; holds the file open, and two frames."""

    def __init__(self, reader: Reader, index: FrameIndex) -> None:
        self._reader = reader
        self._index = index
        self._begun = 0  # the start from which was decoded
        self._floor = 0  # the lowest number that may come next
        self._fed = 0  # packets given to the decoder, counted in the file
        self._frames: Iterator[tuple[int, VideoFrame]] = iter(())
        self._current: tuple[int, VideoFrame] | None = None
        self._next: tuple[int, VideoFrame] | None = None

    def close(self) -> None:
        self._reader.close()

    def frame(self, number: int, passed: Passed = lambda number, frame: None) -> VideoFrame:
        """Frame `number`; those decoded on the way go to `passed` with their numbers.

        A damaged frame that does not decode shows the one before it, as players do: numbers never shift.

        Raises:
            StudioError: neither this frame nor any before it decodes.
        """
        start = self._index.start_of(number)
        if not self._reaches(number, start):
            self._begin(start)
        while True:
            found = self._advance(number, passed)
            # A decoder may hold back frames after a start that it does not trust; one start earlier settles it.
            if found is not None and (found[0] == number or self._begun < start or self._begun == 0):
                return found[1]
            if self._begun == 0:
                raise StudioError(f"frame {number} of {self._reader.path} is damaged, and so are all before it")
            self._begin(self._begun - 1)

    def decode_from(self, start: int, passed: Passed) -> None:
        """Decode to the end of the file from one of the index's starts."""
        self._begin(start)
        self._advance(len(self._index), passed)

    def _reaches(self, number: int, start: int) -> bool:
        if self._current is None or self._current[0] > number:
            return False
        return int(self._index.starts[0][start]) - self._fed < _WORTH_A_JUMP

    def _advance(self, number: int, passed: Passed) -> tuple[int, VideoFrame] | None:
        """Decode on to the last frame not after `number`."""
        while True:
            if self._next is None:
                self._next = next(self._frames, None)
            if self._next is None or self._next[0] > number:
                return self._current
            self._current, self._next = self._next, None
            passed(*self._current)

    def _begin(self, start: int) -> None:
        packets, firsts = self._index.starts
        self._begun, self._floor = start, int(firsts[start])
        self._current = self._next = None
        self._frames = self._decode(start, int(packets[start]))

    def _decode(self, start: int, first: int) -> Iterator[tuple[int, VideoFrame]]:
        self._fed = first
        for packet in self._land(start, first):
            frames = self._reader.decode(packet, self._fed)
            self._fed += 1
            yield from self._numbered(frames)
        yield from self._numbered(self._reader.decode(None))

    def _numbered(self, frames: list[tuple[int, VideoFrame]]) -> Iterator[tuple[int, VideoFrame]]:
        for packet, frame in frames:
            number = int(self._index.numbers[packet]) if packet < len(self._index.numbers) else -1
            if number >= self._floor:
                self._floor = number + 1
                yield number, frame

    def _land(self, start: int, first: int) -> Iterator[Packet[Any]]:
        """The packets from `first` on. Where a jump ends behind it, jump further back; at last read from the top."""
        back = 0
        while start - back > 0:
            packets = self._try(int(self._index.starts[0][start - back]), first)
            if packets is not None:
                return packets
            back = back * 2 or 1
        self._reader.rewind()
        packets = self._reader.packets()
        for _ in range(first):
            next(packets, None)
        return packets

    def _try(self, origin: int, first: int) -> Iterator[Packet[Any]] | None:
        """Jump to packet `origin` and read on to `first`; None where that is not met."""
        if not self._reader.jump(int(self._index.stamps[origin])):
            return None
        packets = self._reader.packets()
        for packet in packets:
            place = self._index.packet_at(packet.dts if self._index.by_dts else packet.pts)
            if place == first and packet.size == self._index.sizes[first]:
                return chain([packet], packets)
            if place >= first:
                break
        return None
