"""Reasons: which pixels speak for a score, by one of three ways, and whether to believe it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSlider,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from studio.views.elided import ElidedCombo, ElidedLabel
from studio.views.empty import EmptyState
from studio.views.features.reasons_result import ReasonsResult, ShownReasons
from studio.views.named import named
from studio.views.scroll import scrolling

EMPTY = (
    "Why does it say so?",
    "Open a medium and pick a detection or select a box: a map shows which pixels speak for its score, beside the map "
    "of a network that has learned nothing.",
)
HINT = (
    "Explain shows which pixels speak for the score (orange) and against it (blue), and beside it the same map of a "
    "network with random weights: where both look alike, the map says nothing about what was learned."
)
OPACITY = 0.8
LINE = 4  # pixels


class ReasonsView(QWidget):
    """The part; empty until a frame is shown.

    Attributes:
        explain_wanted, cancel_wanted: by the button, which is the one or the other.
        way_chosen: name of a way of explaining.
        aim_chosen: number of the score that is to be explained, in the order given.
        follow_toggled: whether what is selected is to be explained without asking.
        veil_toggled: whether the map is wanted over the video.
        opacity_changed: of the map, 0…1.
        visible_changed: whether anybody can see it.
    """

    explain_wanted = Signal()
    cancel_wanted = Signal()
    way_chosen = Signal(str)
    aim_chosen = Signal(int)
    follow_toggled = Signal(bool)
    veil_toggled = Signal(bool)
    opacity_changed = Signal(float)
    visible_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._subject = named(ElidedLabel(), "reasons.subject")
        self._way, self._aim = named(ElidedCombo(), "reasons.way"), named(ElidedCombo(), "reasons.aim")
        self._button = named(QPushButton("Explain"), "reasons.explain")
        self._button.setProperty("primary", True)
        self._follow = named(QCheckBox("Follow the selection"), "reasons.follow")
        self._follow.setToolTip("Explain whatever is picked, selected or shown, as soon as it stands still.")
        self._veil = named(QCheckBox("Over the video"), "reasons.veil")
        self._opacity = named(QSlider(Qt.Orientation.Horizontal), "reasons.opacity")
        self._opacity.setRange(0, 100)
        self._opacity.setValue(round(100 * OPACITY))
        self._opacity.setToolTip("How strongly the map covers the picture")
        self._opacity.setAccessibleName("opacity of the map")
        self._note = named(QLabel(HINT, wordWrap=True), "reasons.note")
        self._note.setProperty("role", "dim")
        self.result = ReasonsResult()
        self.result.set_opacity(OPACITY)
        self.result.hide()
        self._running = False
        self._progress = named(QProgressBar(textVisible=False), "reasons.progress")
        self._progress.setFixedHeight(LINE)
        policy = self._progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing below may jump
        self._progress.setSizePolicy(policy)
        self._progress.hide()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(EmptyState("mdi6.head-question-outline", *EMPTY))
        self._stack.addWidget(self._full())
        self._connect()

    def _connect(self) -> None:
        self._way.activated.connect(lambda _: self.way_chosen.emit(self._way.currentData()))
        self._aim.activated.connect(self.aim_chosen)
        self._button.clicked.connect(self._on_clicked)
        self._follow.toggled.connect(self.follow_toggled)
        self._veil.toggled.connect(self.veil_toggled)
        self._opacity.valueChanged.connect(self._on_opacity)

    def _full(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        form = QGridLayout()
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(6)
        form.setColumnStretch(1, 1)
        for line, (words, field) in enumerate((("Of", self._subject), ("Score", self._aim), ("By", self._way))):
            form.addWidget(_dim(words), line, 0)
            form.addWidget(field, line, 1)
        column.addLayout(form)
        column.addLayout(_row(self._button, self._follow))
        column.addLayout(_row(self._veil, self._opacity))
        column.addWidget(self._progress)
        column.addWidget(self._note)
        column.addWidget(self.result)
        column.addStretch(1)
        self._area = scrolling(inside)
        return self._area

    @property
    def opacity(self) -> float:
        """Of the map, 0…1."""
        return self._opacity.value() / 100

    def set_subject(self, text: str | None) -> None:
        """What would be explained now; None: there is nothing."""
        self._subject.setText(text or "")
        self._stack.setCurrentIndex(0 if text is None else 1)

    def set_ways(self, ways: Sequence[tuple[str, str]], chosen: str) -> None:
        """The ways of explaining: name and title of each."""
        self._way.clear()
        for name, title in ways:
            self._way.addItem(title, name)
        self._way.setCurrentIndex(self._way.findData(chosen))

    def set_aims(self, texts: Sequence[str], chosen: int) -> None:
        """The scores that can be explained."""
        if [self._aim.itemText(index) for index in range(self._aim.count())] != list(texts):
            self._aim.clear()
            self._aim.addItems(texts)
        self._aim.setCurrentIndex(chosen)
        self._aim.setToolTip(self._aim.currentText())

    def set_running(self, running: bool) -> None:
        """Whether it is being computed: then the button cancels."""
        self._running = running
        self._button.setText("Cancel" if running else "Explain")
        self._button.setProperty("primary", not running)
        self._button.style().polish(self._button)
        self._progress.setVisible(running)
        self._progress.setValue(0)

    def set_progress(self, fraction: float) -> None:
        """How far it is, 0…1."""
        self._progress.setValue(round(100 * fraction))

    def set_following(self, following: bool) -> None:
        self._follow.setChecked(following)

    def set_reasons(self, shown: ShownReasons) -> None:
        """Show an explanation."""
        self.result.set_reasons(shown)
        if self.result.isHidden():
            self.result.show()
            # In a low dock it is below what can be seen; where it is, is known once it is laid out.
            QTimer.singleShot(0, self._area, lambda: self._area.ensureWidgetVisible(self.result, 0, 0))
        self._note.hide()

    def set_problem(self, text: str) -> None:
        """Say why there is none."""
        self.result.hide()
        self._note.setText(text)
        self._note.show()

    def minimumSizeHint(self) -> QSize:
        return QSize(18 * self.fontMetrics().averageCharWidth(), 5 * self.fontMetrics().height())

    def _on_clicked(self) -> None:
        (self.cancel_wanted if self._running else self.explain_wanted).emit()

    def _on_opacity(self, value: int) -> None:
        self.result.set_opacity(value / 100)
        self.opacity_changed.emit(value / 100)

    def showEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(True)

    def hideEvent(self, event: QEvent) -> None:
        self.visible_changed.emit(False)


def _dim(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "dim")
    return label


def _row(first: QWidget, second: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(10)
    row.addWidget(first)
    row.addWidget(second, 1)
    return row
