"""The small signs on a crop: what each says, how it looks, and which of them a small cell has room for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from studio.state.crop_list import ShownCrop
from studio.views.icons import icon

DOUBTFUL = 0.5  # the least doubt that is marked
WITH_SOURCE = 120  # pixels of a cell from which it says who made the crop
SPLIT_LETTERS = {"train": "Tr", "val": "Va", "test": "Te"}  # where there is no room for the word
_WHITE = "#ffffff"


class Badge(NamedTuple):
    """A sign: its icon, its colour, and what it says."""

    icon: str
    color: str
    says: str


DOUBT = Badge("mdi6.help", "#ffd33d", "in doubt: the active head is near its decision")
REVIEWED = Badge("mdi6.check-bold", "#7ee787", "reviewed")
DUPLICATE = Badge("mdi6.content-duplicate", _WHITE, "near-duplicate: training skips it")
KEYFRAME = Badge("mdi6.rhombus", _WHITE, "keyframe: made or confirmed by a person")
STATES = {
    "rejected": Badge("mdi6.close-thick", "#ff8b84", "rejected: not its label"),
    "ignore": Badge("mdi6.eye-off", _WHITE, "ignored"),
    "outside": Badge("mdi6.arrow-expand-right", _WHITE, "outside of the frame"),
    "occluded": Badge("mdi6.eye-minus", _WHITE, "occluded"),
}
SOURCES = {
    "human": Badge("mdi6.account", _WHITE, "drawn by hand"),
    "tracker": Badge("mdi6.map-marker-path", _WHITE, "followed by a tracker"),
    "head": Badge("mdi6.lightning-bolt", _WHITE, "found by a head"),
    "import": Badge("mdi6.import", _WHITE, "imported"),
}


def badges_of(shown: ShownCrop, side: int) -> list[Badge]:
    """The signs of a crop that a cell of `side` pixels has room for, the most important first."""
    found = [*_all_of(shown)] if side < WITH_SOURCE else [*_all_of(shown), SOURCES[shown.author]]
    return found[: max(side // 28, 2)]


def _all_of(shown: ShownCrop) -> Iterator[Badge]:
    if shown.state in STATES:
        yield STATES[shown.state]
    if shown.doubt is not None and shown.doubt >= DOUBTFUL:
        yield DOUBT
    if shown.reviewed:
        yield REVIEWED
    if shown.near_duplicate:
        yield DUPLICATE
    if shown.keyframe:
        yield KEYFRAME


@lru_cache(maxsize=256)
def badge_picture(badge: Badge, side: int, ratio: float) -> QPixmap:
    """The sign on a dark disc of `side` pixels, for a screen of `ratio` device pixels each."""
    picture = QPixmap(round(side * ratio), round(side * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 160))
    painter.drawEllipse(QRectF(0, 0, side, side))
    inner = round(side * 0.68)
    place = QRect(0, 0, inner, inner)
    place.moveCenter(QPointF((side - 1) / 2, (side - 1) / 2).toPoint())
    icon(badge.icon, badge.color).paint(painter, place)
    painter.end()
    return picture
