"""Making the index of a video: from its packets where they can be trusted, by decoding all of it where not."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from av.packet import Packet

from studio.core.errors import InputError
from studio.core.media.cursor import Cursor
from studio.core.media.frame_index import UNKNOWN, FrameIndex, Integers
from studio.core.media.reader import Reader

# Codecs of which each packet with a time stamp is one shown frame. Others (VP8 with its hidden frames, …) are decoded.
_ONE_TO_ONE = (
    *("h264", "hevc", "vvc", "vp9", "av1", "mpeg4", "mpeg1video", "mpeg2video", "mjpeg", "dvvideo", "prores", "dnxhd"),
    *(
        "cfhd",
        "ffv1",
        "rawvideo",
        "huffyuv",
        "ffvhuff",
        "utvideo",
        "magicyuv",
        "png",
        "apng",
        "gif",
        "qtrle",
        "jpeg2000",
    ),
)
_PROBE = 48  # frames at the head that must decode as the packets say
_NOT_CODED = 20  # bytes; MPEG-4 packets this small may say "as before" and give no frame (packed B-frames in AVI)


@dataclass
class _Packets:
    """What demultiplexing alone tells, an entry for each packet."""

    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    keys: array[int] = field(default_factory=lambda: array("q"))
    shown: array[int] = field(default_factory=lambda: array("q"))  # 0: an edit list hides it
    sizes: array[int] = field(default_factory=lambda: array("q"))
    corrupt: bool = False
    end: int = 0  # ticks


def build_index(reader: Reader) -> FrameIndex:
    """The index of a video just opened; the reader is used up.

    Raises:
        InputError: no frame can be decoded.
    """
    index = _build(reader)
    if index.damaged and not reader.careful:
        reader.careful = True
        reader.rewind()
        index = _build(reader)
    return index


def _build(reader: Reader) -> FrameIndex:
    reader.damaged = False
    packets = _scan(reader)
    if not packets.pts:
        raise InputError(f"{reader.path} holds no frames; it is cut off before the first")
    index, promised = None, sum(packets.shown)
    if _trustworthy(reader, packets):
        index = _checked(reader, _from_packets(packets))
    if index is None:
        packets, index = _from_decoding(reader)
        promised = len(packets.pts) if reader.damaged else len(index)
    return replace(index, expected=_expected(reader, packets, index, promised))


def _scan(reader: Reader, visit: Callable[[Packet[Any], int], None] = lambda packet, number: None) -> _Packets:
    """Read all packets; each is also handed to `visit` with its number."""
    found = _Packets()
    for number, packet in enumerate(reader.packets()):
        found.pts.append(UNKNOWN if packet.pts is None else packet.pts)
        found.dts.append(UNKNOWN if packet.dts is None else packet.dts)
        found.keys.append(packet.is_keyframe and not packet.is_corrupt)
        found.shown.append(not packet.is_discard)
        found.sizes.append(packet.size)
        found.corrupt |= packet.is_corrupt
        found.end = max(found.end, max(found.pts[-1], found.dts[-1]) + (packet.duration or 0))
        visit(packet, number)
    return found


def _trustworthy(reader: Reader, packets: _Packets) -> bool:
    codec = reader.stream.codec_context
    fields = codec.name in ("h264", "hevc") and int(codec.field_order) > 1  # a field each packet, maybe
    skips = codec.name == "mpeg4" and min(packets.sizes) <= _NOT_CODED
    pts = np.asarray(packets.pts)
    return codec.name in _ONE_TO_ONE and not fields and not skips and UNKNOWN not in pts and _unique(pts)


def _unique(values: Integers) -> bool:
    return len(np.unique(values)) == len(values)


def _from_packets(packets: _Packets) -> FrameIndex:
    pts = np.asarray(packets.pts)
    order = np.argsort(pts)
    shown = order[np.asarray(packets.shown)[order] != 0]
    return FrameIndex(pts[shown], shown, pts, False, np.asarray(packets.keys), np.asarray(packets.sizes))


def _expected(reader: Reader, packets: _Packets, index: FrameIndex, whole: int) -> int:
    """About how many frames there should be where some cannot be read, else 0.

    Args:
        whole: frames that the packets promise; fewer may have decoded.
    """
    stream = reader.stream
    seconds = float((stream.duration or 0) * (stream.time_base or 0))
    if stream.average_rate:
        seconds = max(seconds, stream.frames / float(stream.average_rate))
    if not seconds and reader.container.duration and len(reader.container.streams) == 1:
        seconds = reader.container.duration / 1e6
    first = min(value for value in (*packets.pts[:_PROBE], *packets.dts[:_PROBE], packets.end) if value != UNKNOWN)
    found = float((packets.end - first) * (stream.time_base or 0))
    cut = reader.damaged or packets.corrupt
    if found > 0 and seconds > found * (1 if cut else 1.05) + (0 if cut else 1):
        return round(whole * seconds / found)
    return whole if cut or len(index) < whole else 0


def _checked(reader: Reader, index: FrameIndex) -> FrameIndex | None:
    """Decode the head and the tail: frames that are not there are cut off; None where the packets mislead."""
    first = _probe_head(reader, index)
    living = np.zeros(0, np.int64) if first is None else _living(reader, index)[first:]
    return index.only(living) if len(living) else None


def _probe_head(reader: Reader, index: FrameIndex) -> int | None:
    """The first frame that decodes (after a cut, some need a keyframe that is gone), None if the order is another."""
    reader.rewind()
    numbers: list[int] = []
    for place, packet in enumerate(reader.packets()):
        numbers += [int(index.numbers[found]) for found, _ in reader.decode(packet, place)]
        if len(numbers) >= _PROBE:
            break
    else:
        numbers += [int(index.numbers[found]) for found, _ in reader.decode(None)]
    steps = np.diff(numbers)
    agree = bool(numbers) and (steps == 1).all()
    holes = reader.damaged and bool(numbers) and (steps > 0).all()
    return numbers[0] if agree or holes else None


def _living(reader: Reader, index: FrameIndex) -> Integers:
    """The frames without those at the end that do not decode; damage before a tail that does is left in."""
    cursor, emitted = Cursor(reader, index), array("q")
    for start in range(len(index.starts[0]) - 1, -1, -1):
        cursor.decode_from(start, lambda number, _: emitted.append(number))
        if emitted:
            break
    if not emitted or emitted[-1] == len(index) - 1:
        return np.arange(len(index) if emitted else 0)
    return np.append(np.arange(index.starts[1][start]), np.asarray(emitted))


def _from_decoding(reader: Reader) -> tuple[_Packets, FrameIndex]:
    """What decoding from first to last gives: the truth, at the price of decoding all."""
    reader.rewind()
    emitted = array("q")

    def take(packet: Packet[Any] | None, number: int = -1) -> None:
        emitted.extend(place for place, _ in reader.decode(packet, number))

    packets = _scan(reader, take)
    take(None)
    if not emitted:
        raise InputError(f"{reader.path} is damaged or cut off before its first frame: none can be decoded")
    once = np.sort(np.unique(emitted, return_index=True)[1])  # a damaged packet may give a second picture
    shown = np.asarray(emitted)[once]
    times = _rising(reader, np.asarray(packets.pts)[shown])
    by_dts, stamps = _stamps(packets)
    return packets, FrameIndex(times, shown, stamps, by_dts, np.asarray(packets.keys), np.asarray(packets.sizes))


def _stamps(packets: _Packets) -> tuple[bool, Integers]:
    """Time stamps to know packets by; those that occur twice tell nothing."""
    both = [np.array(packets.pts), np.array(packets.dts)]
    for stamps in both:
        _, inverse, counts = np.unique(stamps, return_inverse=True, return_counts=True)
        stamps[counts[inverse] > 1] = UNKNOWN
    by_dts = int((both[1] != UNKNOWN).sum()) > int((both[0] != UNKNOWN).sum())
    return by_dts, both[by_dts]


def _rising(reader: Reader, ticks: Integers) -> Integers:
    """Times that never fall; between known ones, or where the file has none, evenly spaced."""
    places, known = np.arange(len(ticks)), ticks != UNKNOWN
    if known.any():
        ticks = np.round(np.interp(places, places[known], ticks[known])).astype(np.int64)
    else:
        spacing = 1 / float((reader.stream.average_rate or 25) * (reader.stream.time_base or 1))
        ticks = np.round(places * spacing).astype(np.int64)
    return np.maximum.accumulate(ticks)
