"""Where two heads agree, as a line over the frames of a clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.core.comparing import AGREE, DIFFER, FIRST, SECOND
from studio.views.theme import current

FIRST_COLOR, SECOND_COLOR = "#4c9aff", "#f0883e"
# What catches the eye where a column stands for several frames.
_STRONGEST = (DIFFER, SECOND, FIRST, AGREE)


class CompareStrip(QWidget):
    """A column for each point of the widget, drawn once; the playhead moves over it.

    Attributes:
        scrubbed: emitted with the frame under the mouse while it is pressed.
    """

    scrubbed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("compare.strip")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._states: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self._start = self._frame = 0
        self._image: QImage | None = None

    def set_states(self, states: NDArray[np.uint8], start: int) -> None:
        """Show states `(n,)` of `studio.core.comparing` of the frames from `start` on."""
        self._states, self._start = states, start
        self._redraw()

    def set_frame(self, frame: int) -> None:
        """Move the playhead."""
        self._frame = frame
        self.update()

    def frame_at(self, x: float) -> int:
        """The frame under a point of the widget."""
        place = int(x * len(self._states) / max(self.width(), 1))
        return self._start + min(max(place, 0), max(len(self._states) - 1, 0))

    def sizeHint(self) -> QSize:
        return QSize(300, round(1.8 * self.fontMetrics().height()))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if len(self._states) and event.button() == Qt.MouseButton.LeftButton:
            self.scrubbed.emit(self.frame_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not len(self._states):
            return
        frame = self.frame_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.scrubbed.emit(frame)
        else:
            QToolTip.showText(event.globalPosition().toPoint(), f"frame {frame:,}", self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawImage(QPointF(), self._drawn())
        at = self._frame - self._start
        if 0 <= at < len(self._states):
            x = (at + 0.5) * self.width() / len(self._states)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().color(QPalette.ColorRole.Text))
            painter.drawRect(QRectF(x - 0.75, 0, 1.5, self.height()))
            painter.drawPolygon(QPolygonF([QPointF(x - 5, 0), QPointF(x + 5, 0), QPointF(x, 6)]))
        painter.end()

    def _redraw(self) -> None:
        self._image = None
        self.update()

    def _drawn(self) -> QImage:
        ratio = self.devicePixelRatioF()
        if self._image is None or self._image.devicePixelRatio() != ratio:
            self._image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
            self._image.setDevicePixelRatio(ratio)
            self._image.fill(self.palette().color(QPalette.ColorRole.Base))
            painter = QPainter(self._image)
            theme = current()
            colors = {AGREE: theme.good, FIRST: FIRST_COLOR, SECOND: SECOND_COLOR, DIFFER: theme.doubtful}
            for column, state in enumerate(self._columns().tolist()):
                if state in colors:
                    high = self.height() * (0.35 if state == AGREE else 0.75)
                    painter.fillRect(QRectF(column, self.height() - high, 1, high), QColor(colors[state]))
            painter.end()
        return self._image

    def _columns(self) -> NDArray[np.uint8]:
        """The state that is shown in each column of points."""
        width, count = max(self.width(), 1), len(self._states)
        if not count:
            return np.zeros(0, np.uint8)
        found = np.zeros(width, np.uint8)
        first = np.arange(width) * count // width
        last = np.maximum((np.arange(width) + 1) * count // width, first + 1)
        for state in reversed(_STRONGEST):
            known = np.concatenate([[0], np.cumsum(self._states == state)])
            found[known[last] > known[first]] = state
        return found
