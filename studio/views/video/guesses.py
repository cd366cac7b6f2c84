"""What a head takes a window for: a small list with bars over the picture."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from studio.views.video.overlay import ShownGuess, ShownGuesses
from studio.views.video.viewport import Viewport

GROUND = QColor(16, 18, 22, 190)  # as dark in the light theme: it lies on a picture, not on the window
TRACK = QColor(255, 255, 255, 40)
WORDS, QUIET = QColor("#ffffff"), QColor(255, 255, 255, 170)
EDGE, PAD = 8.0, 10.0  # from the widget's border, and inside
WIDEST, SHARE = 17.0, 0.45  # of the list: in heights of a line, and of the widget
BAR = 3.0


def paint_guesses(painter: QPainter, viewport: Viewport, guesses: ShownGuesses, width: int, below: bool) -> None:
    """The list at the upper right, and a thin square around what it is about.

    Args:
        painter: of the widget.
        viewport: where the picture is.
        guesses: what is shown.
        width: of the widget.
        below: leave a line free above, where the age of detections is.
    """
    around = viewport.rect(guesses.box)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, wide in ((QColor(0, 0, 0, 110), 2.6), (QColor(255, 255, 255, 190), 1.0)):
        painter.setPen(QPen(color, wide, Qt.PenStyle.DotLine))
        painter.drawRect(around)
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    wide = min(WIDEST * line, SHARE * width)
    row = line + BAR + 7
    high = PAD + line + 4 + row * len(guesses.rows) + PAD - 4
    panel = QRectF(width - wide - EDGE, EDGE + below * (line + EDGE + 4), wide, high)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.drawRoundedRect(panel, 6, 6)
    inside = panel.adjusted(PAD, PAD - 2, -PAD, 0)
    painter.setPen(QUIET)
    title = metrics.elidedText(guesses.title, Qt.TextElideMode.ElideRight, inside.width())
    painter.drawText(QRectF(inside.left(), inside.top(), inside.width(), line), _LEFT, title)
    for number, guess in enumerate(guesses.rows):
        place = QRectF(inside.left(), inside.top() + line + 4 + number * row, inside.width(), line)
        _paint_row(painter, metrics, place, guess, first=number == 0)


def _paint_row(painter: QPainter, metrics: QFontMetricsF, place: QRectF, guess: ShownGuess, *, first: bool) -> None:
    share = f"{guess.probability:.0%}" if guess.probability >= 0.005 else "<1%"
    beside = metrics.horizontalAdvance("100%") + 8
    painter.setPen(WORDS if first else QUIET)
    name = metrics.elidedText(guess.name, Qt.TextElideMode.ElideRight, place.width() - beside)
    painter.drawText(place, _LEFT, name)
    painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, share)
    bar = QRectF(place.left(), place.bottom() + 2, place.width(), BAR)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(TRACK)
    painter.drawRoundedRect(bar, BAR / 2, BAR / 2)
    if guess.probability > 0:
        bar.setWidth(max(bar.width() * min(guess.probability, 1.0), BAR))
        painter.setBrush(QColor(guess.color))
        painter.drawRoundedRect(bar, BAR / 2, BAR / 2)


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
