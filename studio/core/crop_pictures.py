"""Small pictures of regions, cut from their frames as the network sees them, and kept as JPEG."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.blob_cache import BlobCache
from studio.core.crop import Crop
from studio.core.errors import StudioError
from studio.core.feature_cache import feature_key
from studio.core.geometry import Box, clip_box, crop_window
from studio.core.media.medium import Medium, Picture
from studio.core.project import MediumRow, Project
from studio.core.project.opening import open_row

SIDE = 128  # pixels of a picture
LEAST = 64  # the window of a small box is as large as the bundled network's input
FILE = "crops.db"
MOST_BYTES = 1 << 28  # some 50,000 pictures
_QUALITY = 88
_OPEN = 4  # media that stay open, those used last


def cut(picture: Picture, box: Box) -> NDArray[np.uint8]:
    """The square around `box`, uint8 `(SIDE, SIDE, 3)` RGB; what lies outside of the frame repeats its border."""
    height, width = picture.shape[:2]
    seen = clip_box(box, width, height) or Box(0.0, 0.0, 1.0, 1.0)  # a foreign box may be as large as a country
    left, top, side = crop_window(seen, LEAST, width, height)
    inside = picture[max(top, 0) : top + side, max(left, 0) : left + side]
    down, right = side - inside.shape[0] - max(-top, 0), side - inside.shape[1] - max(-left, 0)
    if inside.shape[:2] != (side, side):
        bordered = cv2.copyMakeBorder(inside, max(-top, 0), down, max(-left, 0), right, cv2.BORDER_REPLICATE)
        inside = np.asarray(bordered, np.uint8)
    how = cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(inside, (SIDE, SIDE), interpolation=how), np.uint8)


class CropPictures:
    """Makes the pictures of a project's crops; opens media when they are needed. Belongs to one thread."""

    def __init__(self, project: Project, keep: bool) -> None:
        """Where `keep`, pictures are kept in the project's cache."""
        self._project = project
        self._rows = {row.id: row for row in project.media()}
        self._index: Path | None = project.cache if keep else None
        self._cache = BlobCache(project.cache / FILE if keep else None, MOST_BYTES)
        self._media: OrderedDict[int, Medium | None] = OrderedDict()

    def close(self) -> None:
        self._cache.close()
        while self._media:
            self._shut(next(iter(self._media)))

    def look_again(self) -> None:
        """Take in what became of the media: what could not be opened may be back, or lie somewhere else."""
        before, self._rows = self._rows, {row.id: row for row in self._project.media()}
        for medium, opened in list(self._media.items()):
            if opened is None or self._rows.get(medium) != before.get(medium):
                self._shut(medium)

    def make(self, crops: Sequence[Crop]) -> dict[Crop, NDArray[np.uint8] | None]:
        """The picture of each crop, uint8 `(SIDE, SIDE, 3)` RGB; None where its frame cannot be read.

        Each frame is decoded once, and frames in their order.
        """
        known = {crop: key for crop in crops if (key := self._key(crop)) is not None}
        made: dict[Crop, NDArray[np.uint8] | None] = dict.fromkeys(crops)
        for crop, kept in zip(known, self._cache.get(list(known.values())), strict=True):
            made[crop] = _decoded(kept)
        wanted = sorted(crop for crop in known if made[crop] is None)
        fresh = []
        for (medium, frame), group in groupby(wanted, key=lambda crop: crop[:2]):
            picture = self._frame(medium, frame)
            for crop in group if picture is not None else ():
                assert picture is not None
                data = _encoded(cut(picture, crop.box))
                made[crop] = _decoded(data)  # as the cache returns it: what is measured on it stays the same
                fresh.append((known[crop], data))
        self._cache.put(fresh)
        return made

    def _key(self, crop: Crop) -> bytes | None:
        row = self._rows.get(crop.medium)
        return feature_key("crop", 1, row.sha256, row.size, crop.frame, *crop.box, SIDE, LEAST) if row else None

    def _frame(self, medium: int, frame: int) -> Picture | None:
        if medium not in self._media:
            self._media[medium] = self._opened(self._rows[medium])
            if len(self._media) > _OPEN:
                self._shut(next(iter(self._media)))
        self._media.move_to_end(medium)
        opened = self._media[medium]
        try:
            return opened.frame(frame) if opened is not None else None
        except (StudioError, OSError):
            return None

    def _shut(self, medium: int) -> None:
        opened = self._media.pop(medium)
        if opened is not None:
            opened.close()

    def _opened(self, row: MediumRow) -> Medium | None:
        try:
            return open_row(self._project, row, self._index)
        except (StudioError, OSError):
            return None


def _encoded(picture: NDArray[np.uint8]) -> bytes:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes()


def _decoded(data: bytes | None) -> NDArray[np.uint8] | None:
    if not data or len(data) > 20 * SIDE * SIDE:
        return None
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None or picture.shape != (SIDE, SIDE, 3):  # damaged, or a stranger's
        return None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
