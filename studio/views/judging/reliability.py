"""Whether probabilities keep what they promise: a point for each bin of crops, and the line where all should lie."""

from __future__ import annotations

from math import sqrt

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.core.judging import Calibration
from studio.views.named import named
from studio.views.theme import current

MOST = 260  # pixels of the square
SMALLEST, LARGEST = 2.5, 5.0  # pixels of a point's radius


class ReliabilityDiagram(QWidget):
    """Confidence to the right, accuracy upwards; a point is as large as its bin has crops."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "runs.reliability")
        self._calibration = Calibration(0.0, ())
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_calibration(self, calibration: Calibration) -> None:
        """Show this one."""
        self._calibration = calibration
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return min(width, MOST)

    def sizeHint(self) -> QSize:
        return QSize(220, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 120)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._says(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, plot = current(), self._plot()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(plot, QColor(theme.base))
        self._paint_axes(painter, plot)
        painter.setPen(QPen(QColor(theme.dim), 1, Qt.PenStyle.DashLine))
        painter.drawLine(plot.bottomLeft(), plot.topRight())
        places = [self._place(each.confidence, each.accuracy) for each in self._calibration.bins]
        painter.setPen(QPen(QColor(theme.accent), 1.5))
        painter.drawPolyline(places)
        painter.setBrush(QColor(theme.accent))
        for place, radius in zip(places, self._radii(), strict=True):
            painter.drawEllipse(place, radius, radius)

    def _paint_axes(self, painter: QPainter, plot: QRectF) -> None:
        theme, metrics = current(), painter.fontMetrics()
        painter.setPen(QColor(theme.line))
        for tenth in (0.0, 0.5, 1.0):
            painter.drawLine(self._place(tenth, 0), self._place(tenth, 1))
            painter.drawLine(self._place(0, tenth), self._place(1, tenth))
        painter.setPen(QColor(theme.dim))
        for tenth in (0.0, 0.5, 1.0):
            below, beside = self._place(tenth, 0), self._place(0, tenth)
            width = metrics.horizontalAdvance("0.5")
            x = min(max(below.x() - width / 2, 0), self.width() - width)
            painter.drawText(QPointF(x, plot.bottom() + metrics.ascent() + 2), f"{tenth:g}")
            y = beside.y() + metrics.ascent() / 2 - 1
            if tenth:
                painter.drawText(QPointF(plot.left() - metrics.horizontalAdvance(f"{tenth:g}") - 6, y), f"{tenth:g}")
        under = QRectF(plot.left(), plot.bottom() + metrics.height(), plot.width(), metrics.height() + 2)
        painter.drawText(under, int(Qt.AlignmentFlag.AlignCenter), "said")
        painter.save()
        painter.translate(0, plot.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, plot.height(), metrics.height()), int(Qt.AlignmentFlag.AlignCenter), "right")
        painter.restore()

    def _plot(self) -> QRectF:
        metrics = self.fontMetrics()
        left, below = metrics.height() + metrics.horizontalAdvance("0.5") + 8, 2 * metrics.height() + 4
        side = min(self.width() - left - 10, self.height() - below - 10)
        return QRectF(left, 8, max(side, 10), max(side, 10))

    def _place(self, confidence: float, accuracy: float) -> QPointF:
        plot = self._plot()
        return QPointF(plot.left() + confidence * plot.width(), plot.bottom() - accuracy * plot.height())

    def _radii(self) -> list[float]:
        most = max((each.crops for each in self._calibration.bins), default=1)
        return [max(LARGEST * sqrt(each.crops / most), SMALLEST) for each in self._calibration.bins]

    def _says(self, place: QPointF) -> str:
        for each in self._calibration.bins:
            away = self._place(each.confidence, each.accuracy) - place
            if away.manhattanLength() < 3 * LARGEST:
                return f"{each.crops:,} crops: sure by {each.confidence:.2f}, right in {each.accuracy:.2f} of them"
        return ""
