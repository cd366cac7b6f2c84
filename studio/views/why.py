"""Why did it fire: the training crops nearest to a detection, each with its pull on the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import qimage2ndarray
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.views.empty import EmptyState
from studio.views.scroll import scrolling
from studio.views.theme import Theme, current

EMPTY = (
    "Why did it fire?",
    "Pick a detection (click it, or Tab): the examples that it looks most like come here, each with its pull on "
    "the score.",
)
NO_PULL = 0.005  # of a margin that is shown with two digits


@dataclass(frozen=True, eq=False)
class ShownExample:
    """A training crop.

    Attributes:
        picture: uint8 `(s, s, 3)` RGB.
        label: what it is an example of, in words.
        color: of the label, "#rrggbb".
        place: where it is, in words.
        similarity: −1…1.
        pull: on the margin; above zero where it speaks for the label. None: nothing pulls.
    """

    picture: NDArray[np.uint8]
    label: str
    color: str
    place: str
    similarity: float
    pull: float | None


class WhyView(QWidget):
    """The panel.

    Attributes:
        example_clicked: the number of the clicked example.
        back_clicked: the detection itself is wanted again.
        visible_changed: whether anybody can see it: nothing is computed for nobody.
    """

    example_clicked = Signal(int)
    back_clicked = Signal()
    visible_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._title = QLabel(wordWrap=True)
        self._title.setObjectName("why.title")
        self._sum = QLabel(wordWrap=True)
        self._sum.setObjectName("why.sum")
        self._sum.setProperty("role", "dim")
        self._back = QToolButton()
        self._back.setObjectName("why.back")
        self._back.setText("Show it")
        self._back.setToolTip("Go to the frame of the detection.")
        self._back.clicked.connect(self.back_clicked)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self._back, 0, Qt.AlignmentFlag.AlignTop)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self._sum)
        column.addLayout(self._rows)
        column.addStretch(1)
        scroll = scrolling(inside)
        self._empty = EmptyState("mdi6.help-circle-outline", *EMPTY)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(scroll)

    def set_reasons(self, title: str, summary: str, examples: Sequence[ShownExample]) -> None:
        """Show the examples of a detection, nearest first."""
        self._title.setText(title)
        self._sum.setText(summary)
        self._drop_rows()
        most = max((abs(example.pull or 0.0) for example in examples), default=0.0) or 1.0
        for number, example in enumerate(examples):
            row = ExampleRow(number, example, most)
            row.clicked.connect(lambda _=False, number=number: self.example_clicked.emit(number))
            self._rows.addWidget(row)
        self._stack.setCurrentIndex(1)

    def set_problem(self, text: str) -> None:
        """Say why there is nothing."""
        self._drop_rows()
        self._title.setText(text)
        self._sum.setText("")
        self._stack.setCurrentIndex(1)

    def clear(self) -> None:
        """Show nothing."""
        self._drop_rows()
        self._stack.setCurrentIndex(0)

    def minimumSizeHint(self) -> QSize:
        return QSize(18 * self.fontMetrics().averageCharWidth(), 5 * self.fontMetrics().height())

    def showEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(True)

    def hideEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(False)

    def _drop_rows(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (row := item.widget()) is not None:
                row.setParent(None)
                row.deleteLater()


class ExampleRow(QAbstractButton):
    """A crop, what it is, and its pull: a bar to the right and a plus, or to the left and a minus."""

    def __init__(self, number: int, example: ShownExample, most: float) -> None:
        """`most` is the pull that fills half of the bar's room."""
        super().__init__()
        self.setObjectName(f"why.example_{number}")
        self._example, self._most = example, most
        self._picture: QImage = qimage2ndarray.array2qimage(example.picture)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setToolTip("Go to this example and select it; a wrong one can be given another label there.")
        pull = f", pull {pull_text(example.pull)}" if example.pull is not None else ""
        self.setAccessibleName(f"{example.label}, {example.place}{pull}")

    def sizeHint(self) -> QSize:
        return QSize(24 * self.fontMetrics().averageCharWidth(), self._side() + 8)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._side() + 60, self._side() + 8)

    def _side(self) -> int:
        return round(3.2 * self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        theme, side = current(), self._side()
        if self.underMouse() or self.hasFocus():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(self.rect(), 5, 5)
        picture = QRect(4, 4, side, side)
        painter.drawImage(picture, self._picture)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(theme.accent))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 5, 5)
        room = self.rect().adjusted(side + 14, 4, -8, -4)
        self._paint_words(painter, QRect(room.left(), room.top(), room.width(), room.height() * 3 // 5), theme)
        pull = self._example.pull
        if pull is not None:
            below = QRect(room.left(), room.bottom() - room.height() // 4, room.width(), 6)
            self._paint_bar(painter, below, pull, theme)

    def _paint_words(self, painter: QPainter, room: QRect, theme: Theme) -> None:
        example, metrics, line = self._example, self.fontMetrics(), self.fontMetrics().height()
        pull = "" if example.pull is None else pull_text(example.pull)
        painter.setPen(QColor(_color(example.pull or 0.0, theme)))
        right = QRect(room.left(), room.top(), room.width(), line)
        painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, pull)
        swatch = line // 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(example.color))
        painter.drawRoundedRect(QRect(room.left(), room.top() + (line - swatch) // 2, swatch, swatch), 2, 2)
        words = right.adjusted(swatch + 6, 0, -metrics.horizontalAdvance(pull) - 8, 0)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(words, _LEFT, metrics.elidedText(example.label, Qt.TextElideMode.ElideRight, words.width()))
        below = QRect(room.left(), room.top() + line, room.width(), line)
        painter.setPen(QColor(theme.dim))
        text = f"{example.place} · {example.similarity:.2f} alike"
        painter.drawText(below, _LEFT, metrics.elidedText(text, Qt.TextElideMode.ElideRight, below.width()))

    def _paint_bar(self, painter: QPainter, room: QRect, pull: float, theme: Theme) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.line))
        painter.drawRoundedRect(room, 3, 3)
        half = room.width() // 2
        length = round(half * min(abs(pull) / self._most, 1.0))
        left = room.left() + half - (0 if pull >= 0 else length)
        painter.setBrush(QColor(_color(pull, theme)))
        painter.drawRoundedRect(QRect(left, room.top(), length, room.height()), 3, 3)
        painter.setBrush(QColor(theme.dim))
        painter.drawRect(QRect(room.left() + half, room.top() - 2, 1, room.height() + 4))


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def pull_text(pull: float) -> str:
    """A signed number; what lies beyond the margin pulls by nothing."""
    return "no pull" if abs(pull) < NO_PULL else f"{pull:+.2f}".replace("-", "−")


def _color(pull: float, theme: Theme) -> str:
    return theme.dim if abs(pull) < NO_PULL else theme.good if pull > 0 else theme.bad
