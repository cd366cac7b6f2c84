"""The run that goes on, or the newest one: how far it is, its curves, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from studio.core.files import size_text
from studio.views.elided import ElidedLabel
from studio.views.named import named
from studio.views.training_curves import RunCurve

if TYPE_CHECKING:
    from studio.core.runs import EpochLine, Progress

STEPS = 1000
NUMBERS = (
    ("loss", "Loss"),
    ("accuracy", "Validated"),
    ("rate", "Rate"),
    ("speed", "Images / s"),
    ("memory", "Memory"),
    ("left", "Left"),
)
HINT = "– – training   —— validation"


class RunPanel(QWidget):
    """Shows a run.

    Attributes:
        pause_wanted: with whether the run should wait.
        cancel_wanted: end it, keeping the best weights.
        open_wanted: show all that is known of it.
        use_wanted: detect with its head.
        resume_wanted: go on with it where it was.
    """

    pause_wanted = Signal(bool)
    cancel_wanted = Signal()
    open_wanted = Signal()
    use_wanted = Signal()
    resume_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = named(ElidedLabel(), "run.title")
        self._bar = named(QProgressBar(textVisible=False), "run.progress")
        self._bar.setRange(0, STEPS)
        self._says = named(QLabel(wordWrap=True), "run.says")
        self._says.setProperty("role", "dim")
        self._pause = named(QPushButton("Pause"), "run.pause")
        self._pause.setCheckable(True)
        self._cancel = named(QPushButton("Stop"), "run.cancel")
        self._cancel.setToolTip("End the training; the best weights so far are kept")
        self._open = named(QPushButton("Show run"), "run.open")
        self._use = named(QPushButton("Use head"), "run.use")
        self._use.setToolTip("Detect with the head of this run")
        self._resume = named(QPushButton("Go on"), "run.resume")
        self._resume.setToolTip("Go on from the last checkpoint")
        self._numbers = {name: named(QLabel("–"), f"run.{name}") for name, _ in NUMBERS}
        self._legend = QLabel(HINT)
        self._legend.setProperty("role", "dim")
        self._loss, self._accuracy = RunCurve("loss"), RunCurve("accuracy")
        self._compose()
        self._pause.toggled.connect(self._on_pause)
        self._cancel.clicked.connect(self._on_cancel)
        self._open.clicked.connect(self.open_wanted)
        self._use.clicked.connect(self.use_wanted)
        self._resume.clicked.connect(self.resume_wanted)
        self.set_epochs([])
        self.hide()

    def _compose(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._title)
        column.addWidget(self._bar)
        self._grid = QWidget()
        grid = QGridLayout(self._grid)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        for place, (name, title) in enumerate(NUMBERS):
            row, column_of = divmod(place, 2)
            label = QLabel(title)
            label.setProperty("role", "dim")
            grid.addWidget(label, row, 2 * column_of)
            grid.addWidget(self._numbers[name], row, 2 * column_of + 1)
            grid.setColumnStretch(2 * column_of + 1, 1)
        column.addWidget(self._grid)
        column.addWidget(self._says)
        line = QHBoxLayout()
        line.setSpacing(6)
        for button in (self._pause, self._cancel, self._use, self._resume, self._open):
            line.addWidget(button)
        line.addStretch(1)
        column.addLayout(line)
        column.addWidget(self._loss)
        column.addWidget(self._accuracy)
        column.addWidget(self._legend)

    def set_running(self, title: str) -> None:
        """A run begins; nothing is known of it but what it is called."""
        self._title.setText(title)
        self._bar.setRange(0, 0)
        for label in self._numbers.values():
            label.setText("–")
        self.set_epochs([])
        self.set_says("")
        self._pause.setChecked(False)
        self._cancel.setEnabled(True)
        self._show_running(True)
        self.show()

    def set_ended(self, title: str, says: str, *, head: bool, resumable: bool) -> None:
        """It has ended; the curves stay. Whether a head came of it, and whether it can go on from where it was."""
        self._title.setText(title)
        self.set_says(says)
        self._show_running(False)
        self._use.setVisible(head)
        self._resume.setVisible(resumable)
        self.show()

    def set_fraction(self, fraction: float, text: str) -> None:
        """How far it is, 0…1, before and between epochs."""
        self._bar.setRange(0, STEPS)
        self._bar.setValue(round(STEPS * min(max(fraction, 0.0), 1.0)))
        if text:
            self.set_says(text[:1].upper() + text[1:])

    def set_progress(self, progress: Progress) -> None:
        """Where it is now."""
        share = (progress.epoch - 1 + progress.batch / max(progress.batches, 1)) / max(progress.epochs, 1)
        self.set_fraction(share, "")
        self.set_says(progress.says or f"Epoch {progress.epoch} of {progress.epochs}")
        numbers = {
            "loss": f"{progress.loss:.3f}",
            "rate": f"{progress.learning_rate:.2g}",
            "speed": f"{progress.images_per_second:,.0f}",
            "memory": size_text(progress.memory) if progress.memory else "–",
            "left": _clock(progress.seconds_left),
        }
        for name, text in numbers.items():
            self._numbers[name].setText(text)

    def set_epochs(self, epochs: Sequence[EpochLine]) -> None:
        """The epochs that are done."""
        known = [each.validation_accuracy for each in epochs if each.validation_accuracy is not None]
        self._numbers["accuracy"].setText(f"{known[-1]:.3f}" if known else "–")
        self._loss.set_values([each.loss for each in epochs], [each.validation_loss for each in epochs])
        self._accuracy.set_values([each.accuracy for each in epochs], [each.validation_accuracy for each in epochs])
        for widget in (self._loss, self._accuracy, self._legend):
            widget.setVisible(bool(epochs))

    def set_says(self, text: str) -> None:
        self._says.setText(text)
        self._says.setVisible(bool(text))

    def _show_running(self, running: bool) -> None:
        for widget in (self._bar, self._grid, self._pause, self._cancel):
            widget.setVisible(running)
        self._open.setVisible(not running)
        self._use.hide()
        self._resume.hide()

    def _on_pause(self, paused: bool) -> None:
        self._pause.setText("Go on" if paused else "Pause")
        self.pause_wanted.emit(paused)

    def _on_cancel(self) -> None:
        self._cancel.setEnabled(False)
        self.set_says("Stopping …")
        self.cancel_wanted.emit()


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
