"""A kernel tried as a feature of the head: a button, and the scores without and with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from studio.views.named import named

UNSEEN = 0.0005
SMALL = 0.005  # of an F1 that is shown with two digits
WHAT = "Adds what this kernel answers to each crop to the features of the head, and compares held-out scores."


@dataclass(frozen=True)
class TriedRow:
    """F1 of one label on held-out time blocks, without and with the kernel; frames that were held out."""

    name: str
    before: float
    after: float
    frames: int


class TrialView(QWidget):
    """The button and what came of it.

    Attributes:
        wanted: the kernel shall be tried.
    """

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.button = named(QPushButton("Try with my labels"), "kernel.try")
        self.button.setToolTip(WHAT)
        self.button.clicked.connect(self.wanted)
        self.busy = named(QProgressBar(textVisible=False), "kernel.trying")
        self.busy.setRange(0, 1000)
        self.said = named(QLabel(WHAT, wordWrap=True), "kernel.tried")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (self.button, self.busy, self.said):
            column.addWidget(widget)
        self.set_busy(False)
        self._say(WHAT, "dim")

    def set_busy(self, busy: bool, fraction: float = 0.0) -> None:
        """Whether it is being tried, and how far that is."""
        self.busy.setVisible(busy)
        self.busy.setValue(round(1000 * fraction))
        self.button.setEnabled(not busy)

    def set_trial(self, rows: Sequence[TriedRow], added: int) -> None:
        """What came of it."""
        lines = [_line(row) for row in rows]
        lines.append(f"F1 on held-out two-second blocks, {'one feature' if added == 1 else f'{added} features'} more")
        change = sum(row.after - row.before for row in rows) / max(len(rows), 1)
        self._say("\n".join(lines), "good" if change >= SMALL else "bad" if change <= -SMALL else "")

    def set_problem(self, text: str) -> None:
        """Why it cannot be tried."""
        self._say(text, "bad")

    def clear_trial(self) -> None:
        """What was said was about another kernel."""
        self._say(WHAT, "dim")

    def _say(self, text: str, role: str) -> None:
        self.said.setText(text)
        self.said.setProperty("role", role)
        self.said.style().polish(self.said)


def _line(row: TriedRow) -> str:
    change = row.after - row.before
    if abs(change) < UNSEEN:
        return f"{row.name}: {row.after:.2f}, no change ({row.frames:,} frames)"
    arrow = "▲ " if change >= SMALL else "▼ " if change <= -SMALL else ""
    return f"{arrow}{row.name}: {row.before:.2f} → {row.after:.2f} ({row.frames:,} frames)"
