"""A map of reasons over what the network saw, its sanity check beside it, and what both say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.views.elided import ElidedLabel
from studio.views.named import named
from studio.views.theme import current

FOR, AGAINST = "#ff8c1a", "#3c8cff"  # on grey pictures, whatever colours the thing has
LEAST, MOST = 96, 420  # pixels of a picture's side
SMOOTH = 24.0  # points of a pixel from which pixels are shown as squares
Rect = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class ShownReasons:
    """An explanation, ready to be seen.

    Attributes:
        title: the thing.
        score: whose, and how high, in words.
        picture: uint8 `(h, w, 3)` RGB, what the network saw, in grey.
        trained: uint32 `(h, w)` of 0xAARRGGBB, premultiplied: the map.
        random: the same of a random network; None while it has not been asked.
        box: of the thing, in shares of the picture: x, y, width, height in 0…1; None where it is the whole of it.
        verdict: what the comparison of both says, a sentence.
        role: "good", "doubtful" or "bad".
        facts: the numbers behind it, a sentence each.
    """

    title: str
    score: str
    picture: NDArray[np.uint8]
    trained: NDArray[np.uint32]
    random: NDArray[np.uint32] | None
    box: Rect | None
    verdict: str
    role: str
    facts: tuple[str, ...]


class MapPicture(QWidget):
    """A picture and a map over it, as large as the width allows."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._picture, self._map = QImage(), QImage()
        self._box: Rect | None = None
        self._opacity = 1.0
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_images(self, picture: NDArray[np.uint8], map_: NDArray[np.uint32] | None, box: Rect | None) -> None:
        """See `ShownReasons`; the arrays are kept and not copied."""
        argb = QImage.Format.Format_ARGB32_Premultiplied
        self._picture = _image(np.ascontiguousarray(picture), QImage.Format.Format_RGB888)
        self._map = QImage() if map_ is None else _image(np.ascontiguousarray(map_), argb)
        self._box = box
        self.updateGeometry()
        self.update()

    def set_opacity(self, opacity: float) -> None:
        """Of the map, 0…1."""
        self._opacity = opacity
        self.update()

    def heightForWidth(self, width: int) -> int:
        if self._picture.isNull():
            return LEAST
        return min(round(width * self._picture.height() / self._picture.width()), MOST)

    def sizeHint(self) -> QSize:
        return QSize(2 * LEAST, 2 * LEAST)

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST, LEAST // 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture.isNull():
            return
        painter = QPainter(self)
        size = self._picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect((self.width() - size.width()) // 2, 0, size.width(), size.height())
        for image, opacity in ((self._picture, 1.0), (self._map, self._opacity)):
            painter.setRenderHint(
                QPainter.RenderHint.SmoothPixmapTransform, target.width() / max(image.width(), 1) < SMOOTH
            )
            painter.setOpacity(opacity)
            painter.drawImage(target, image)
        painter.setOpacity(1.0)
        if self._box is not None:
            x, y, width, height = self._box
            self._outline(painter, QRectF(
                target.x() + x * target.width(), target.y() + y * target.height(),
                width * target.width(), height * target.height(),
            ) & QRectF(target).adjusted(1, 1, -1, -1))  # fmt: skip

    def _outline(self, painter: QPainter, rect: QRectF) -> None:
        """A line with a dark one beneath, so that it is seen on any picture."""
        for color, width in ((QColor(0, 0, 0, 150), 3.0), (QColor(current().accent), 1.4)):
            painter.setPen(QPen(color, width))
            painter.drawRect(rect)


class ReasonsResult(QWidget):
    """Both maps beside each other, the verdict, the numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._title = named(ElidedLabel(), "reasons.title")
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._score = named(QLabel(wordWrap=True), "reasons.score")
        self.trained, self.random = MapPicture("reasons.trained"), MapPicture("reasons.random")
        self._verdict = named(QLabel(wordWrap=True), "reasons.verdict")
        self._facts = named(QLabel(wordWrap=True), "reasons.facts")
        self._facts.setProperty("role", "dim")
        pair = QHBoxLayout()
        pair.setSpacing(8)
        captions = ((self.trained, "As it was trained"), (self.random, "With random weights"))
        for picture, caption in captions:
            column = QVBoxLayout()
            column.setSpacing(3)
            words = ElidedLabel(caption)
            words.setProperty("role", "dim")
            column.addWidget(words)
            column.addWidget(picture)
            column.addStretch(1)
            pair.addLayout(column, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._title)
        column.addWidget(self._score)
        column.addLayout(pair)
        column.addWidget(Legend())
        column.addWidget(self._verdict)
        column.addWidget(self._facts)

    def set_reasons(self, shown: ShownReasons) -> None:
        self._title.setText(shown.title)
        self._score.setText(shown.score)
        self.trained.set_images(shown.picture, shown.trained, shown.box)
        self.random.set_images(shown.picture, shown.random, shown.box)
        self._verdict.setText(shown.verdict)
        self._verdict.setProperty("role", shown.role)
        self._verdict.style().polish(self._verdict)
        self._facts.setText(" ".join(shown.facts))

    def set_opacity(self, opacity: float) -> None:
        self.trained.set_opacity(opacity)
        self.random.set_opacity(opacity)


class Legend(QWidget):
    """What the two colours mean."""

    WORDS = (("for it", FOR), ("against it", AGAINST))

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(round(1.2 * self.fontMetrics().height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, x = self.fontMetrics(), 0
        side = metrics.height() // 2
        for words, color in self.WORDS:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(color))
            painter.drawRoundedRect(QRect(x, (self.height() - side) // 2, side, side), 2, 2)
            painter.setPen(self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText))
            room = QRect(x + side + 5, 0, metrics.horizontalAdvance(words) + 4, self.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
            x = room.right() + 14


def _image(pixels: NDArray[np.generic], form: QImage.Format) -> QImage:
    """A QImage on the array, which it keeps alive."""
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, pixels.strides[0], form)
    image.ndarray = pixels  # type: ignore[attr-defined]
    return image
