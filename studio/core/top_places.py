"""Running lists of the places that excite each channel of a layer most, as exact as sorting everything at the end.

A *place* is whatever the caller calls one: all that share it compete for one entry, so that the neighbouring frames of
one sight do not fill the list. Entries are ordered by value; equal ones by medium and frame, so that the order in which
the frames came does not matter. An entry never loses its value but to a better one, hence what was once pushed out by
as many better places as a list holds could never have come back: the lists hold what a full sort would put first.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from studio.core.geometry import Box

COUNT = 12  # entries for each channel
STRETCH = 1.0  # seconds
SIDE = 80  # pixels of the longer side of a small picture, at most
Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Exciter:
    """A place, and how strongly it excites a channel.

    Attributes:
        medium: id of its row; 0 for a live camera that is no row yet.
        frame: its number.
        box: what the strongest cell sees, in pixels of the frame.
        spot: the cell's centre `(x, y)` in pixels of the frame; None where it sees all of `box` alike.
        value: what the channel puts out there.
        picture: uint8 `(h, w, 3)` RGB, contiguous: the pixels of `box`, at most `SIDE` long.
    """

    medium: int
    frame: int
    box: Box
    spot: tuple[float, float] | None
    value: float
    picture: Picture


@dataclass(frozen=True, eq=False)
class Strongest:
    """The strongest cell of each of c channels on one picture.

    Attributes:
        values: float32 `(c,)`.
        boxes: float64 `(c, 4)`: what it sees, as x, y, width, height in pixels of the frame and inside of it.
        spots: float64 `(c, 2)`: its centre, likewise; NaN where it sees all of its box alike.
    """

    values: NDArray[np.float32]
    boxes: NDArray[np.float64]
    spots: NDArray[np.float64]


class TopPlaces:
    """A list for each channel. One thread adds; any may read."""

    def __init__(self, channels: int, count: int = COUNT) -> None:
        shape = channels, count
        self._values = np.full(shape, -np.inf, np.float32)
        self._media = np.zeros(shape, np.int64)
        self._frames = np.zeros(shape, np.int64)
        self._places = np.full(shape, -1, np.int64)
        self._boxes = np.zeros((*shape, 4))
        self._spots = np.zeros((*shape, 2))
        self._pictures = np.empty(shape, object)  # shared by the channels to which one cell is the strongest
        self._numbers: dict[Hashable, int] = {}
        self._lock = Lock()

    @property
    def channels(self) -> int:
        return len(self._values)

    def add(self, medium: int, frame: int, place: Hashable, found: Strongest, picture: Picture) -> int:
        """Offer what was found on a frame, and return how many lists it came into.

        Args:
            medium: id of its row.
            frame: its number.
            place: what it shares with others that are no news beside it.
            found: the strongest cell for each channel; a value that is not finite is left out.
            picture: uint8 `(height, width, 3)` RGB: the frame.
        """
        number = self._numbers.setdefault(place, len(self._numbers))
        rows = np.arange(self.channels)
        slots = self._slots(number)
        values, old = found.values, self._values[rows, slots]
        earlier = np.array([(medium, frame)]) < np.stack([self._media[rows, slots], self._frames[rows, slots]], 1)
        same_medium = self._media[rows, slots] == medium
        first = earlier[:, 0] | (same_medium & earlier[:, 1])
        rows = np.flatnonzero(np.isfinite(values) & ((values > old) | ((values == old) & first)))
        if not len(rows):
            return 0
        boxes, which = np.unique(found.boxes[rows], axis=0, return_inverse=True)
        cuts = np.empty(len(boxes), object)
        for index, box in enumerate(boxes):
            cuts[index] = small(picture, Box(*box.tolist()))
        with self._lock:
            at = rows, slots[rows]
            self._values[at], self._media[at], self._frames[at] = values[rows], medium, frame
            self._places[at] = number
            self._boxes[at], self._spots[at] = found.boxes[rows], found.spots[rows]
            self._pictures[at] = cuts[which.reshape(-1)]
        return len(rows)

    def best(self, channel: int) -> list[Exciter]:
        """What excites `channel` most, the strongest first."""
        with self._lock:
            values, media, frames = self._values[channel], self._media[channel], self._frames[channel]
            order = [int(i) for i in np.lexsort((frames, media, -values)) if values[i] > -np.inf]
            return [
                Exciter(
                    int(media[i]), int(frames[i]), Box(*self._boxes[channel, i].tolist()),
                    _spot(self._spots[channel, i]), float(values[i]), self._pictures[channel, i],
                )
                for i in order
            ]  # fmt: skip

    def _slots(self, number: int) -> NDArray[np.intp]:
        """Of each channel the entry that is at stake: that of the same place, else the last of the list."""
        same = self._places == number
        last = np.lexsort((-self._frames, -self._media, self._values), axis=1)[:, 0]
        return np.where(same.any(1), same.argmax(1), last)


def place_of(medium: int, frame: int, rate: float, thing: Hashable = None) -> Hashable:
    """The place of a frame: a second of one thing in one medium.

    Args:
        medium: id of its row.
        frame: its number.
        rate: frames a second; 0 where neighbouring frames are no moments of one sight, as in a folder of pictures.
        thing: tells what is seen there from others; None for the whole frame.
    """
    return medium, frame // max(round(STRETCH * rate), 1), thing


def small(picture: Picture, box: Box) -> Picture:
    """The pixels of `box`, never enlarged, at most `SIDE` long: uint8 `(h, w, 3)`."""
    height, width = picture.shape[:2]
    left, top = (int(np.clip(np.floor(low), 0, most - 1)) for low, most in ((box.x, width), (box.y, height)))
    right = int(np.clip(np.ceil(box.x + box.width), left + 1, width))
    bottom = int(np.clip(np.ceil(box.y + box.height), top + 1, height))
    part = picture[top:bottom, left:right]
    import cv2  # the window imports this module, and starts without OpenCV

    scale = SIDE / max(part.shape[:2])
    if scale >= 1:
        return part.copy()  # a view would keep the whole frame
    size = max(round(part.shape[1] * scale), 1), max(round(part.shape[0] * scale), 1)
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)


def _spot(spot: NDArray[np.float64]) -> tuple[float, float] | None:
    return None if np.isnan(spot).any() else (float(spot[0]), float(spot[1]))
