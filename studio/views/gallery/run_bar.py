"""A button that starts work, and while it runs how far it is and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.views.elided import ElidedLabel
from studio.views.icons import icon
from studio.views.named import named


class RunBar(QWidget):
    """Either the button or the progress.

    Attributes:
        run_wanted, stop_wanted: emitted by the buttons.
    """

    run_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, name: str, text: str, tip: str) -> None:
        """`name` is the part's and the section's, as "clean.detector"."""
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.button = named(QPushButton(text), f"{name}.run")
        self.button.setToolTip(tip)
        self.button.clicked.connect(lambda: self.run_wanted.emit())
        self._stop = named(QToolButton(), f"{name}.stop")
        self._stop.setIcon(icon("mdi6.close"))
        self._stop.setToolTip("Stop; what was found so far stays")
        self._stop.setAccessibleName("Stop")
        self._stop.clicked.connect(lambda: self.stop_wanted.emit())
        self._text = ElidedLabel()
        self._text.setProperty("role", "dim")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        running = QWidget()
        row = QHBoxLayout(running)
        row.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(self._text)
        column.addWidget(self._bar)
        row.addLayout(column, 1)
        row.addWidget(self._stop)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self.button)
        self._stack.addWidget(running)

    @property
    def running(self) -> bool:
        """Whether progress is shown."""
        return self._stack.currentIndex() == 1

    def set_running(self, running: bool) -> None:
        self._stack.setCurrentIndex(int(running))
        if running:
            self.set_progress(0.0, "waits for other work")

    def set_progress(self, fraction: float, text: str) -> None:
        """How far it is, 0…1, and with what."""
        self._bar.setValue(round(1000 * fraction))
        self._text.setText(text)
