"""The time line under the video: score and doubt, tracks, marks, and the playhead to scrub with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.views.theme import BAD, DOUBTFUL, GOOD, SPLIT_COLORS
from studio.views.video.bars import StripData, StripTrack, bars, column_of, frame_of, packed, runs

_BAR, _LANE, _GAP, _EDGE = 1.5, 0.45, 0.2, 3  # in heights of a line of text; points
_WORTH_A_LOOK = 0.5  # doubt
_BAND = 3  # points: the colours of splits along the lower edge
_NONE: NDArray[np.int32] = np.zeros(0, np.int32)


class Strip(QWidget):
    """Draws what is known once, into an image; moving the playhead repaints two thin lines of it.

    Attributes:
        scrubbed: emitted with the frame under the mouse while it is dragged.
        held: emitted with whether the mouse holds the playhead.
    """

    scrubbed = Signal(int)
    held = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("video.strip")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._data = StripData()
        self._lanes: list[list[StripTrack]] = []
        self._found = self._chosen = _NONE
        self._marks: tuple[int | None, int | None] = (None, None)
        self._frame = 0
        self._image: QImage | None = None
        self._dragging = False

    def set_data(self, data: StripData) -> None:
        """Show what is known about another medium, or more about this one."""
        self._data = data
        self._lanes = packed(data.tracks)
        self.updateGeometry()
        self._redraw()

    def set_found(self, frames: NDArray[np.int32], chosen: NDArray[np.int32] = _NONE) -> None:
        """Frames `(m,)`, ascending, with detections of a run over the whole clip: a lane of their own.

        Args:
            frames: all of them.
            chosen: those that stand out, `(c,)`, ascending.
        """
        grew = bool(len(self._found)) != bool(len(frames))
        self._found, self._chosen = frames, chosen
        if grew:
            self.updateGeometry()
        self._redraw()

    def set_frame(self, frame: int) -> None:
        """Move the playhead."""
        if frame != self._frame:
            self.update(self._playhead())
            self._frame = frame
            self.update(self._playhead())

    def set_marks(self, first: int | None, last: int | None) -> None:
        """Show the in and out marks."""
        self._marks = (first, last)
        self._redraw()

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        lanes = min(max(len(self._lanes), 2), 6) + bool(len(self._found))
        return QSize(40 * line, round(line * (_BAR + lanes * (_LANE + _GAP) + _GAP)) + 2 * _EDGE + self._band)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    # Events ----------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._data.frame_count:
            self._dragging = True
            self.held.emit(True)
            self.scrubbed.emit(self.frame_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self.scrubbed.emit(self.frame_at(event.position().x()))
        elif self._data.frame_count:
            place = event.globalPosition().toPoint()
            QToolTip.showText(place, f"frame {self.frame_at(event.position().x())}", self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging and event.button() == Qt.MouseButton.LeftButton:
            self._dragging = False
            self.held.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawImage(QPointF(), self._drawn())
        if self._data.frame_count:
            x = min(self._x(self._frame - self._data.first), self.width() - 1.0)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().color(QPalette.ColorRole.Text))
            painter.drawRect(QRectF(x - 0.75, 0, 1.5, self.height()))
            painter.drawPolygon(QPolygonF([QPointF(x - 5, 0), QPointF(x + 5, 0), QPointF(x, 6)]))

    def frame_at(self, x: float) -> int:
        """The frame under a point of the widget."""
        return self._data.first + int(frame_of(np.array([int(x)]), self._data.frame_count, self.width())[0])

    # Inside ----------------------------------------------------------------------------------------------------------

    def _x(self, frame: int) -> float:
        """The middle of a frame."""
        return (frame + 0.5) * self.width() / max(self._data.frame_count, 1)

    def _playhead(self) -> QRect:
        return QRect(int(min(self._x(self._frame - self._data.first), self.width())) - 8, 0, 16, self.height())

    def _redraw(self) -> None:
        self._image = None
        self.update()

    def _drawn(self) -> QImage:
        ratio = self.devicePixelRatioF()
        if self._image is None or self._image.devicePixelRatio() != ratio:
            self._image = QImage(self.size() * ratio, QImage.Format.Format_RGB32)
            self._image.setDevicePixelRatio(ratio)
            self._image.fill(self.palette().color(QPalette.ColorRole.Base))
            if self._data.frame_count:
                painter = QPainter(self._image)
                self._draw(painter)
                painter.end()
        return self._image

    def _draw(self, painter: QPainter) -> None:
        line = self.fontMetrics().height()
        high = _BAR * line
        painter.setPen(Qt.PenStyle.NoPen)
        self._draw_nothing(painter, _EDGE + high)
        self._draw_bars(painter, _EDGE + high, high)
        y, step = _EDGE + high + _GAP * line, (_LANE + _GAP) * line
        if len(self._found):
            for frames, color in ((self._found, QColor(GOOD)), (self._chosen, self._accent)):
                for start, end in runs(frames, self._data.frame_count, self.width()):
                    painter.fillRect(QRectF(start, y, end - start + 1, _LANE * line), color)
            y += step
        for lane in self._lanes:
            if y + _LANE * line > self.height() - self._band:
                break
            for track in lane:
                self._draw_track(painter, track, y, _LANE * line)
            y += step
        for split, frames in self._data.splits.items():
            for start, end in runs(frames, self._data.frame_count, self.width()):
                painter.fillRect(
                    QRectF(start, self.height() - _BAND, end - start + 1, _BAND), QColor(SPLIT_COLORS[split])
                )
        self._draw_marks(painter)

    @property
    def _band(self) -> int:
        return _BAND + 1 if self._data.splits else 0

    @property
    def _accent(self) -> QColor:
        return self.palette().color(QPalette.ColorRole.Accent)

    def _draw_bars(self, painter: QPainter, base: float, high: float) -> None:
        width = self.width()
        scores, doubts = bars(self._data, width)
        split = self._data.frame_count * 4 < width  # frames are wide enough for a line between them
        edges = (
            set(column_of(np.arange(self._data.frame_count), self._data.frame_count, width).tolist()) if split else ()
        )
        colors = tuple(QColor(color).darker(125) for color in (GOOD, DOUBTFUL, BAD))
        for column in np.flatnonzero(np.isfinite(scores)).tolist():
            if column not in edges:
                doubt = doubts[column]
                color = colors[2 if doubt >= 1 else 1 if doubt >= _WORTH_A_LOOK else 0]
                bar = max(high * float(scores[column]), 2.0)
                painter.fillRect(QRectF(column, base - bar, 1, bar), color)

    def _draw_track(self, painter: QPainter, track: StripTrack, y: float, high: float) -> None:
        count, width = self._data.frame_count, self.width()
        faint = QColor(track.color)
        faint.setAlpha(80)
        for first, last in track.gaps.tolist():
            left, right = first * width / count, (last + 1) * width / count
            painter.fillRect(QRectF(left, y + high / 3, right - left, high / 3), faint)
        for start, end in runs(track.frames, count, width):
            painter.fillRect(QRectF(start, y, end - start + 1, high), QColor(track.color))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor("#ffffff"))
        painter.setPen(QPen(QColor(0, 0, 0, 110), 0.6))
        places = column_of(track.keyframes, count, width)
        for place in np.unique(places // max(int(high / 2), 1), return_index=True)[1].tolist():
            x = self._x(int(track.keyframes[place]))
            painter.drawEllipse(QPointF(x, y + high / 2), high * 0.32, high * 0.32)
        painter.restore()

    def _draw_nothing(self, painter: QPainter, base: float) -> None:
        """Frames that hold nothing: a hatched ground."""
        color = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
        scale = self.width() / self._data.frame_count
        for first, last in self._data.nothing:
            rect = QRectF(first * scale, _EDGE, max((last + 1 - first) * scale, 2), base - _EDGE)
            painter.fillRect(rect, QBrush(color, Qt.BrushStyle.BDiagPattern))

    def _draw_marks(self, painter: QPainter) -> None:
        """What lies outside of the in and out marks is dimmed; the marks are brackets."""
        first, last = (None if mark is None else mark - self._data.first for mark in self._marks)
        accent = self._accent
        shade = self.palette().color(QPalette.ColorRole.Base)
        shade.setAlpha(170)
        width, count = self.width(), self._data.frame_count
        if first is not None:
            x = first * width / count
            painter.fillRect(QRectF(0, 0, x, self.height()), shade)
            painter.fillRect(QRectF(x, 0, 2, self.height()), accent)
            painter.fillRect(QRectF(x, 0, 7, 2), accent)
        if last is not None:
            x = (last + 1) * width / count
            painter.fillRect(QRectF(x, 0, width - x, self.height()), shade)
            painter.fillRect(QRectF(x - 2, 0, 2, self.height()), accent)
            painter.fillRect(QRectF(x - 7, 0, 7, 2), accent)
