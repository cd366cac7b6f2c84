"""Two heads on the same clip side by side: the same frame twice, with what each found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.views.compare_strip import FIRST_COLOR, SECOND_COLOR, CompareStrip
from studio.views.elided import ElidedCombo, ElidedLabel
from studio.views.icons import icon
from studio.views.named import named
from studio.views.video.overlay import Overlay
from studio.views.video.painting import paint_overlay
from studio.views.video.picture import PictureWidget

HINT = "Choose two heads and a medium: both run over it, and what they find differently is marked below."


@dataclass(frozen=True)
class CompareWish:
    """What is to be compared: names of heads, and the id of a medium."""

    first: str
    second: str
    medium: int


class CompareDialog(QDialog):
    """A window of its own beside the main one, whose playhead it follows.

    Attributes:
        compare_wanted: emitted with a `CompareWish`.
        cancel_wanted: what runs should stop.
        frame_wanted: emitted with the number of a frame.
        stepped: emitted with −1 or 1: a frame back or on.
        jumped: emitted with −1 or 1: the frame before or after on which they differ.
        changed: something else was chosen than what is shown.
    """

    compare_wanted = Signal(object)
    cancel_wanted = Signal()
    frame_wanted = Signal(int)
    stepped = Signal(int)
    jumped = Signal(int)
    changed = Signal()

    def __init__(
        self, parent: QWidget, heads: Sequence[str], media: Sequence[tuple[int, str]], medium: int
    ) -> None:  # fmt: skip
        """Offer `heads` by name and `media` by id and name, `medium` first."""
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("compare")
        self.setWindowTitle("Compare two heads")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._running = False
        self.panes = (ComparePane(FIRST_COLOR), ComparePane(SECOND_COLOR))
        self.strip = CompareStrip()
        self._combos = [named(ElidedCombo(), f"compare.{name}") for name in ("first", "second", "medium")]
        self._button = named(QPushButton("Compare"), "compare.run")
        self._button.setProperty("primary", True)
        self._progress = _thin_bar("compare.progress")
        self._summary = named(QLabel(HINT, wordWrap=True), "compare.summary")
        self._summary.setProperty("role", "dim")
        self._jumps = [
            _jump("compare.previous", "mdi6.chevron-left", "The frame before on which they differ (Shift+E)"),
            _jump("compare.next", "mdi6.chevron-right", "The next frame on which they differ (E)"),
        ]
        self._offer(heads, media, medium)
        self._compose()
        self._connect()
        self._on_chosen()
        self.resize(920, 520)

    def _offer(self, heads: Sequence[str], media: Sequence[tuple[int, str]], medium: int) -> None:
        first, second, where = self._combos
        first.addItems(list(heads))
        second.addItems(list(heads))
        second.setCurrentIndex(1)
        for number, name in media:
            where.addItem(name, number)
        where.setCurrentIndex(max(where.findData(medium), 0))

    def _connect(self) -> None:
        for combo in self._combos:
            combo.currentIndexChanged.connect(self._on_chosen)
            combo.currentIndexChanged.connect(self._on_changed)
        self._button.clicked.connect(self._on_clicked)
        self.strip.scrubbed.connect(self.frame_wanted)
        for step, button in zip((-1, 1), self._jumps, strict=True):
            button.clicked.connect(lambda _, step=step: self.jumped.emit(step))
        for pane in self.panes:
            pane.picture.stepped.connect(self.stepped)

    def set_running(self, fraction: float | None) -> None:
        """How much of the work is done; None: nothing runs."""
        self._running = fraction is not None
        self._progress.setVisible(self._running)
        self._progress.setValue(round(1000 * (fraction or 0.0)))
        self._button.setText("Cancel" if self._running else "Compare")
        for combo in self._combos:
            combo.setEnabled(not self._running)
        self._on_chosen()

    def set_result(self, states: NDArray[np.uint8], start: int, summary: str, scores: Sequence[str]) -> None:
        """Show where they agree, in words what was counted, and what is known of each head."""
        self.strip.set_states(states, start)
        self._summary.setText(summary)
        for pane, text in zip(self.panes, scores, strict=True):
            pane.set_score(text)
        differ = bool((states > 1).any())
        for button in self._jumps:
            button.setEnabled(differ)

    def set_problem(self, text: str) -> None:
        self._summary.setText(text)

    def set_frame(self, frame: int, picture: NDArray[np.uint8] | None, overlays: Sequence[Overlay]) -> None:
        """Show a frame `(height, width, 3)` of the medium and what each head found on it; None: it is of another."""
        self.strip.set_frame(frame)
        for pane, overlay in zip(self.panes, overlays, strict=True):
            pane.picture.set_picture(picture)
            pane.picture.set_overlay(overlay)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_A:
                self.stepped.emit(-1)
            case Qt.Key.Key_Right | Qt.Key.Key_D:
                self.stepped.emit(1)
            case Qt.Key.Key_E:
                self.jumped.emit(-1 if shift else 1)
            case _:
                super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = self.width() > self.height()
        self._splitter.setOrientation(Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical)

    def _compose(self) -> None:
        above = QGridLayout()
        above.setHorizontalSpacing(8)
        for at, (words, combo) in enumerate(zip(("Head", "against", "in"), self._combos, strict=True)):
            label = QLabel(words)
            label.setProperty("role", "dim")
            above.addWidget(label, 0, 2 * at)
            above.addWidget(combo, 0, 2 * at + 1)
            above.setColumnStretch(2 * at + 1, 1)
        above.addWidget(self._button, 0, 6)
        self._splitter = named(QSplitter(Qt.Orientation.Horizontal), "compare.splitter")
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(12)
        for pane in self.panes:
            self._splitter.addWidget(pane)
        below = QHBoxLayout()
        below.setSpacing(6)
        below.addWidget(self._summary, 1)
        for button in self._jumps:
            below.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addLayout(above)
        column.addWidget(self._progress)
        column.addWidget(self._splitter, 1)
        column.addWidget(self.strip)
        column.addLayout(below)

    def _on_chosen(self) -> None:
        first, second, _ = self._combos
        for pane, combo in zip(self.panes, (first, second), strict=True):
            pane.set_name(combo.currentText())
        different = first.currentText() != second.currentText()
        self._button.setEnabled(self._running or (different and self._combos[2].count() > 0))
        self._button.setToolTip("" if different else "Choose two different heads")

    def _on_changed(self) -> None:
        self.set_result(np.zeros(0, np.uint8), 0, HINT, ("", ""))
        self.changed.emit()

    def _on_clicked(self) -> None:
        if self._running:
            self.cancel_wanted.emit()
        else:
            first, second, medium = self._combos
            self.compare_wanted.emit(CompareWish(first.currentText(), second.currentText(), medium.currentData()))


class ComparePane(QWidget):
    """A frame under the name of a head."""

    def __init__(self, color: str) -> None:
        super().__init__()
        self._swatch = QLabel()
        self._swatch.setFixedSize(10, 10)
        self._swatch.setAutoFillBackground(True)
        palette = self._swatch.palette()
        palette.setColor(self._swatch.backgroundRole(), QColor(color))
        self._swatch.setPalette(palette)
        self._name, self._score = ElidedLabel(), ElidedLabel()
        self._score.setProperty("role", "dim")
        self._score.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.picture = ComparedPicture()
        above = QHBoxLayout()
        above.setSpacing(6)
        above.addWidget(self._swatch)
        above.addWidget(self._name, 1)
        above.addWidget(self._score, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(above)
        column.addWidget(self.picture, 1)

    def set_name(self, name: str) -> None:
        self._name.setText(name)

    def set_score(self, text: str) -> None:
        self._score.setText(text)


class ComparedPicture(PictureWidget):
    """A frame with an overlay, to be looked at."""

    def __init__(self) -> None:
        super().__init__()
        self._overlay = Overlay()

    @property
    def overlay(self) -> Overlay:
        return self._overlay

    def set_overlay(self, overlay: Overlay) -> None:
        self._overlay = overlay
        self.update()

    def paint_over(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_overlay(painter, self._viewport, self._overlay)


def _thin_bar(name: str) -> QProgressBar:
    """A line that keeps its place while it is hidden: nothing below may jump."""
    bar = named(QProgressBar(textVisible=False), name)
    bar.setRange(0, 1000)
    bar.setFixedHeight(4)
    policy = bar.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    bar.setSizePolicy(policy)
    bar.hide()
    return bar


def _jump(name: str, picture: str, tip: str) -> QToolButton:
    button = named(QToolButton(), name)
    button.setIcon(icon(picture))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setAutoRaise(True)
    button.setEnabled(False)
    return button
