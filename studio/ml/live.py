"""Live detection: a frame and a head in, what the head finds out; for the lane that searches the shown frame."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.detections import Detections
from studio.core.errors import InputError
from studio.core.geometry import Box, Window, crop_window
from studio.ml.backbones.base import Backbone
from studio.ml.crops import cut
from studio.ml.heads.head import Head, load_head
from studio.ml.networks import Networks
from studio.ml.recent_levels import RecentLevels
from studio.ml.search.area import in_area, searched_part, shifted
from studio.ml.search.base import Search, make_search
from studio.ml.search.coarse import centre_window
from studio.ml.search.dense import DenseSearch

MOST_GUESSES = 5

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class SavedHead:
    """A head in its folder; `sha256` of its weights, so that a changed folder is another head."""

    folder: Path
    sha256: str


@dataclass(frozen=True, eq=False)
class LiveRequest:
    """A frame to search.

    Attributes:
        medium: id of its row, or any number that tells it from others.
        frame, time: its number, and its seconds from the start.
        picture: uint8 `(height, width, 3)` RGB.
        head: in memory, or where it is saved.
        mode: a name of `studio.core.plugins.search_modes`.
        start: where mode *track* begins.
        area: only detections whose centre lies in it are given; None: everywhere.
        looked_at: the box that is guessed about; None: the centre of the frame.
    """

    medium: int
    frame: int
    time: float
    picture: Picture
    head: Head | SavedHead
    mode: str = "dense"
    start: Box | None = None
    area: Box | None = None
    looked_at: Box | None = None


@dataclass(frozen=True)
class Guesses:
    """What one window of a frame most looks like.

    Attributes:
        window: in pixels of the frame.
        best: names and their probabilities in 0…1, the highest first.
    """

    window: Window
    best: tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class LiveResult:
    """What a head found on a frame.

    Attributes:
        medium, frame, time: of the request: it is drawn there and nowhere else.
        detections: all scores included, best first; label ids are positions in `labels`.
        head: the name on its card.
        mode: of the search.
        seconds: that the search took.
        note: to be told to the user, such as that the GPU's memory was full.
        guesses: of a head that tells whole pictures apart: one that has layers, and does not search densely now.
    """

    medium: int
    frame: int
    time: float
    detections: Detections
    labels: tuple[str, ...]
    head: str
    mode: str
    seconds: float
    note: str | None = None
    guesses: Guesses | None = None


@dataclass
class _Running:
    """A search and what it was begun for; it goes on while these stay the same and frames go forwards."""

    medium: int
    head: Head
    mode: str
    area: Box | None
    backbone: Backbone
    search: Search
    frame: int = -1

    def serves(self, request: LiveRequest, head: Head, backbone: Backbone) -> bool:
        same = (self.medium, self.mode, self.area) == (request.medium, request.mode, request.area)
        return same and self.head is head and self.backbone is backbone and request.frame >= self.frame


class LiveDetector:
    """Searches frame after frame. An instance belongs to one thread."""

    def __init__(self, networks: Networks, recent: RecentLevels | None = None) -> None:
        """`recent` is shared with the `Teacher`, which then finds the maps of the frame it corrects."""
        self._networks, self._recent = networks, recent or RecentLevels()
        self._running: _Running | None = None
        self._saved: tuple[SavedHead, Head] | None = None

    def detect(self, request: LiveRequest, control: Control) -> LiveResult:
        """Search a frame.

        A search that remembers where it was begins anew where the medium, head, mode or area is another one, or an
        earlier frame than the last comes.

        Raises:
            InputError: the head cannot be read, stands on another backbone, or cannot do this mode.
        """
        control.checkpoint()
        head = self._head(request.head)
        began = time.perf_counter()
        found, guesses = self._networks.on_device(lambda: (self._found(request, head), self._guesses(request, head)))
        seconds = time.perf_counter() - began
        return LiveResult(
            request.medium, request.frame, request.time, found, tuple(head.labels), head.card.name, request.mode,
            seconds, self._networks.note, guesses,
        )  # fmt: skip

    def _head(self, asked: Head | SavedHead) -> Head:
        if isinstance(asked, Head):
            return asked
        if self._saved is None or self._saved[0] != asked:
            head = load_head(asked.folder)
            if head.card.sha256 != asked.sha256:
                raise InputError(f"the head {asked.folder.name} was changed; choose it again")
            self._saved = asked, head
        return self._saved[1]

    def _guesses(self, request: LiveRequest, head: Head) -> Guesses | None:
        if head.layers is None or request.mode == "dense":
            return None
        backbone = self._networks.of(head)
        height, width = request.picture.shape[:2]
        if request.looked_at is not None:
            window = crop_window(request.looked_at, backbone.input_size, width, height)
        else:
            window = centre_window(head, backbone, width, height)
        embedding = backbone.embed(cut(request.picture, window, backbone.input_size)[None])[0]
        return Guesses(window, head.top(embedding, MOST_GUESSES))

    def _found(self, request: LiveRequest, head: Head) -> Detections:
        backbone = self._networks.of(head)
        picture, corner = searched_part(request.picture, request.area, head)
        running = self._running
        if running is None or not running.serves(request, head, backbone):
            height, width = request.picture.shape[:2]
            start = shifted(request.start, request.area, head, width, height)
            search = make_search(request.mode, head, backbone, start)
            running = self._running = _Running(request.medium, head, request.mode, request.area, backbone, search)
        running.frame = request.frame
        if isinstance(running.search, DenseSearch):
            place = request.medium, request.frame, request.area
            levels = self._recent.levels(backbone, picture, running.search.exponents, place)
            found = running.search.detect_on(levels, picture)
        else:
            found = running.search.detect(picture)
        return in_area(found, corner, request.area)
