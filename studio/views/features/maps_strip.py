"""All stages of a network beside each other, from pixels to scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.views.theme import current

GAP = 14  # pixels between stages: an arrow goes there
EDGE = 4


@dataclass(frozen=True, eq=False)
class ShownStage:
    """A stage.

    Attributes:
        layer: its name; "" for the picture.
        size: of its output, in words.
        picture: uint8 `(height, width, 3)` RGB.
    """

    layer: str
    size: str
    picture: NDArray[np.uint8]


class StageStrip(QWidget):
    """The stages from left to right, then the best scores as bars.

    Attributes:
        picked: emitted with the name of the layer whose stage was clicked.
    """

    picked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("maps.strip")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._stages: Sequence[ShownStage] = ()
        self._images: list[QImage] = []
        self._scores: Sequence[tuple[str, float]] = ()
        self._sizes: tuple[QSize, ...] = ()

    def set_stages(self, stages: Sequence[ShownStage], scores: Sequence[tuple[str, float]]) -> None:
        """Show them; `scores` are names and probabilities, best first."""
        self._stages, self._scores = stages, scores
        self._images = [_image(stage.picture) for stage in stages]
        sizes = tuple(image.size() for image in self._images)
        if sizes != self._sizes:
            self._sizes = sizes
            self.updateGeometry()
            self.adjustSize()
        self.update()

    def cell(self, place: int) -> QRect:
        """Where the picture of the `place`-th stage is."""
        x = EDGE + sum(self._wide(before) + GAP for before in range(place))
        size = self._sizes[place]
        top = self._captions() + (self._high() - size.height()) // 2
        return QRect(QPoint(x + (self._wide(place) - size.width()) // 2, top), size)

    def sizeHint(self) -> QSize:
        wide = sum(self._wide(place) + GAP for place in range(len(self._sizes)))
        return QSize(2 * EDGE + wide + self._room_for_scores(), self._captions() + self._high() + EDGE)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _wide(self, place: int) -> int:
        texts = self._texts(place)
        return max(self._sizes[place].width(), *(self.fontMetrics().horizontalAdvance(text) for text in texts))

    def _texts(self, place: int) -> tuple[str, str]:
        stage = self._stages[place]
        return short_name(stage.layer) if stage.layer else "frame", stage.size

    def _high(self) -> int:
        return max((size.height() for size in self._sizes), default=0)

    def _captions(self) -> int:
        return 2 * self.fontMetrics().height() + 4

    def _room_for_scores(self) -> int:
        return 16 * self.fontMetrics().averageCharWidth() if self._scores else 0

    # Painting and mouse ----------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, line = current(), self.fontMetrics().height()
        x = EDGE
        for place, image in enumerate(self._images):
            wide = self._wide(place)
            for row, (text, color) in enumerate(zip(self._texts(place), (theme.text, theme.dim), strict=True)):
                painter.setPen(QColor(color))
                painter.drawText(QRect(x, row * line, wide, line), Qt.AlignmentFlag.AlignCenter, text)
            painter.drawImage(self.cell(place).topLeft(), image)
            x += wide + GAP
            if place + 1 < len(self._images) or self._scores:
                painter.setPen(QColor(theme.dim))
                middle = self._captions() + self._high() // 2
                painter.drawText(QRect(x - GAP, middle - line, GAP, 2 * line), Qt.AlignmentFlag.AlignCenter, "›")
        self._paint_scores(painter, x)

    def _paint_scores(self, painter: QPainter, x: int) -> None:
        theme, metrics = current(), self.fontMetrics()
        wide, line = self._room_for_scores(), metrics.height()
        top = self._captions() + (self._high() - len(self._scores) * (line + 12)) // 2
        for row, (name, score) in enumerate(self._scores):
            y = top + row * (line + 12)
            number = f"{score:.2f}"
            room = wide - metrics.horizontalAdvance(number) - 6
            painter.setPen(QColor(theme.text))
            painter.drawText(
                QRect(x, y, room, line), _LEFT, metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
            )
            painter.drawText(QRect(x, y, wide, line), Qt.AlignmentFlag.AlignRight, number)
            painter.fillRect(QRect(x, y + line + 2, wide, 4), QColor(theme.line))
            painter.fillRect(QRect(x, y + line + 2, max(round(wide * score), 1), 4), QColor(theme.accent))

    def _at(self, point: QPoint) -> ShownStage | None:
        places = range(len(self._stages))
        return next((self._stages[place] for place in places if self.cell(place).contains(point)), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        stage = self._at(event.position().toPoint())
        if stage is not None and stage.layer:
            self.picked.emit(stage.layer)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        stage = self._at(event.position().toPoint())
        if stage is not None:
            text = f"{stage.layer}: {stage.size}, its strongest channels" if stage.layer else f"the frame, {stage.size}"
            QToolTip.showText(event.globalPosition().toPoint(), text, self)


def short_name(layer: str) -> str:
    """What holds a layer that lies deep in a network: "layer2" for "layer2.1.relu#2"."""
    parts = layer.split(".")
    return parts[-3] if len(parts) > 2 else layer


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def _image(picture: NDArray[np.uint8]) -> QImage:
    ready = np.ascontiguousarray(picture)
    height, width = ready.shape[:2]
    image = QImage(ready.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    image.ndarray = ready  # type: ignore[attr-defined]
    return image
