"""Which frames a video has, in presentation order, and where decoding can start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
UNKNOWN = np.iinfo(np.int64).min  # a packet that cannot be recognised


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """N frames out of P packets; packets are numbered in the order of the file, frames in that of presentation.

    Attributes:
        times: `(N,)` when frame n is shown, in ticks of the stream; never falling.
        packets: `(N,)` the packet of frame n; each packet gives one frame at most.
        stamps: `(P,)` the time stamp by which a packet is recognised after a jump, or `UNKNOWN`; no two are equal.
        by_dts: whether these are decoding, not presentation times.
        keys: `(P,)` 1 where decoding can start.
        sizes: `(P,)` bytes of each packet, to be sure that a packet met after a jump is the one it seems.
        expected: about how many frames there should be where some cannot be read, else 0.
    """

    times: Integers
    packets: Integers
    stamps: Integers
    by_dts: bool
    keys: Integers
    sizes: Integers
    expected: int = 0

    def __len__(self) -> int:
        return len(self.times)

    @property
    def damaged(self) -> bool:
        return self.expected > 0

    @cached_property
    def numbers(self) -> Integers:
        """`(P,)` the frame of each packet, −1 where it gives none."""
        numbers = np.full(len(self.stamps), -1, np.int64)
        numbers[self.packets] = np.arange(len(self))
        return numbers

    @cached_property
    def starts(self) -> tuple[Integers, Integers]:
        """Packets where decoding can start, and for each the first frame that comes out right; both rising.

        After an open group of pictures the frames shown before the keyframe need the group before: they are below
        the first right frame. The first packet is always a start, whatever its flags.
        """
        keys = np.flatnonzero((self.keys != 0) & (self.stamps != UNKNOWN) & (self.numbers >= 0))
        keys = keys[keys > 0]
        firsts = self.numbers[keys]
        rising = firsts == np.maximum.accumulate(firsts) if len(firsts) else np.zeros(0, bool)
        return np.append(0, keys[rising]).astype(np.int64), np.append(0, firsts[rising]).astype(np.int64)

    def start_of(self, number: int) -> int:
        """The position in `starts` of the last one from which frame `number` comes out right."""
        packets, firsts = self.starts
        in_file = np.searchsorted(packets, self.packets[number], side="right")
        in_time = np.searchsorted(firsts, number, side="right")
        return max(int(min(in_file, in_time)) - 1, 0)

    @cached_property
    def _order(self) -> Integers:
        return np.argsort(self.stamps, kind="stable")

    def packet_at(self, stamp: int | None) -> int:
        """The packet with this time stamp, −1 where there is none or it cannot be told."""
        if stamp is None:
            return -1
        place = int(np.searchsorted(self.stamps, stamp, sorter=self._order))
        found = int(self._order[place]) if place < len(self._order) else -1
        return found if found >= 0 and self.stamps[found] == stamp else -1

    def only(self, numbers: Integers) -> FrameIndex:
        """The index of these frames alone, numbered anew."""
        return replace(self, times=self.times[numbers], packets=self.packets[numbers])
