"""What Linux says about a camera's sizes and rates: the few calls of Video4Linux 2 that list them.

The numbers and layouts are those of <linux/videodev2.h>, the same on all systems that this program runs on.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

Ioctl = Callable[[int, int, bytearray], object]
Modes = list[tuple[tuple[int, int], tuple[float, ...]]]

_QUERYCAP, _QUERYCAP_BYTES = 0x80685600, 104
_ENUM_FMT, _ENUM_FMT_BYTES = 0xC0405602, 64
_ENUM_FRAMESIZES, _ENUM_FRAMESIZES_BYTES = 0xC02C564A, 44
_ENUM_FRAMEINTERVALS, _ENUM_FRAMEINTERVALS_BYTES = 0xC034564B, 52
_CAPTURES, _HAS_DEVICE_CAPS = 0x1, 0x80000000
_VIDEO_CAPTURE = 1  # the type of buffer
_DISCRETE = 1
_MOST = 256  # of anything a driver lists
_COMMON = ((640, 480), (1280, 720), (1920, 1080), (3840, 2160))  # offered where a driver takes any size in a range


def kernel(descriptor: int, request: int, data: bytearray) -> object:
    """The real call; it fills `data`, or raises an OSError."""
    import fcntl

    return fcntl.ioctl(descriptor, request, data, True)


def modes_of(device: Path, ioctl: Ioctl = kernel) -> Modes | None:
    """Sizes `(width, height)`, largest first, each with its rates, highest first; None where it captures no video.

    A device that may not be opened, or does not say its modes, has an empty list.
    """
    try:
        descriptor = os.open(device, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return []
    try:
        if not _captures(descriptor, ioctl):
            return None
        found: dict[tuple[int, int], set[float]] = {}
        for pixels in _formats(descriptor, ioctl):
            for size in _sizes(descriptor, ioctl, pixels):
                found.setdefault(size, set()).update(_rates(descriptor, ioctl, pixels, size))
    except OSError:
        return []
    finally:
        os.close(descriptor)
    order = sorted(found, key=lambda size: (-size[0] * size[1], size))
    return [(size, tuple(sorted(found[size], reverse=True))) for size in order]


def _captures(descriptor: int, ioctl: Ioctl) -> bool:
    data = bytearray(_QUERYCAP_BYTES)
    ioctl(descriptor, _QUERYCAP, data)
    whole, own = struct.unpack_from("=II", data, 84)
    return bool((own if whole & _HAS_DEVICE_CAPS else whole) & _CAPTURES)


def _listed(
    descriptor: int, ioctl: Ioctl, request: int, size: int, head: Callable[[int], bytes]
) -> Iterator[bytearray]:
    """What the driver fills in for entry 0, 1 …, until it has no more."""
    for index in range(_MOST):
        begin = head(index)
        data = bytearray(begin) + bytearray(size - len(begin))
        try:
            ioctl(descriptor, request, data)
        except OSError:
            return
        yield data


def _formats(descriptor: int, ioctl: Ioctl) -> Iterator[int]:
    def head(index: int) -> bytes:
        return struct.pack("=II", index, _VIDEO_CAPTURE)

    for data in _listed(descriptor, ioctl, _ENUM_FMT, _ENUM_FMT_BYTES, head):
        yield struct.unpack_from("=I", data, 44)[0]


def _sizes(descriptor: int, ioctl: Ioctl, pixels: int) -> Iterator[tuple[int, int]]:
    def head(index: int) -> bytes:
        return struct.pack("=II", index, pixels)

    for data in _listed(descriptor, ioctl, _ENUM_FRAMESIZES, _ENUM_FRAMESIZES_BYTES, head):
        kind, width, height = struct.unpack_from("=III", data, 8)
        if kind == _DISCRETE:
            yield width, height
            continue
        least_width, most_width, _, least_height, most_height, _ = struct.unpack_from("=6I", data, 12)
        for common in _COMMON:
            if least_width <= common[0] <= most_width and least_height <= common[1] <= most_height:
                yield common
        return


def _rates(descriptor: int, ioctl: Ioctl, pixels: int, size: tuple[int, int]) -> Iterator[float]:
    def head(index: int) -> bytes:
        return struct.pack("=4I", index, pixels, *size)

    for data in _listed(descriptor, ioctl, _ENUM_FRAMEINTERVALS, _ENUM_FRAMEINTERVALS_BYTES, head):
        kind, above, below = struct.unpack_from("=III", data, 16)
        if above:
            yield round(below / above, 3)  # of a range the first is the shortest interval, the highest rate
        if kind != _DISCRETE:
            return
