"""A job as a line: its title, how far it is, how long it will take, and a way to stop it."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QToolButton, QVBoxLayout, QWidget

from studio.state.jobs import Job
from studio.views.elided import ElidedLabel
from studio.views.icons import icon

STEPS = 1000
SURE_AFTER = 1.0  # seconds of work until a time left is said


def time_left(spent: float, fraction: float) -> str:
    """How long the rest of the work takes, as "0:07"; "" while nobody can know.

    Args:
        spent: seconds.
        fraction: of the work, 0…1.
    """
    if spent < SURE_AFTER or fraction <= 0:
        return ""
    minutes, seconds = divmod(round(spent / fraction - spent), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class JobRow(QWidget):
    """Shows one job at a time; None shows nothing.

    Attributes:
        job: that is shown.
    """

    def __init__(self) -> None:
        super().__init__()
        self.job: Job | None = None
        self._title = ElidedLabel()
        self._title.setObjectName("job.title")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setObjectName("job.progress")
        self._bar.setMinimumWidth(8 * self.fontMetrics().averageCharWidth())
        self._left = QLabel()
        self._left.setObjectName("job.left")
        self._left.setProperty("role", "dim")
        self._stop = QToolButton()
        self._stop.setObjectName("job.cancel")
        self._stop.setIcon(icon("mdi6.close"))
        self._stop.setToolTip("Stop it; what was finished is kept")
        self._stop.clicked.connect(self._cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._title, 2, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._bar, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._left)
        row.addWidget(self._stop)

    def set_job(self, job: Job | None) -> None:
        """Show `job` from now on."""
        if self.job is not None:
            self.job.progressed.disconnect(self._progress)
        self.job = job
        if job is None:
            return
        self._title.setText(job.title)
        self._left.setText("")
        self._bar.setRange(0, 0)  # busy, until it says how far it is
        self._stop.setEnabled(True)
        job.progressed.connect(self._progress)
        if job.latest is not None:
            self._progress(*job.latest)

    @Slot(float, str)
    def _progress(self, fraction: float, text: str) -> None:
        assert self.job is not None
        self._bar.setRange(0, STEPS)
        self._bar.setValue(round(STEPS * min(max(fraction, 0.0), 1.0)))
        self._left.setText(time_left(time.monotonic() - self.job.began, fraction))
        self._title.setText(f"{self.job.title} · {text}" if text else self.job.title)

    @Slot()
    def _cancel(self) -> None:
        if self.job is not None:
            self._stop.setEnabled(False)
            self._title.setText(f"{self.job.title} · stopping …")
            self.job.cancel()


class JobList(QFrame):
    """A pop-up with a row for each job."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("status.all_jobs")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._rows: list[JobRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 8, 12, 8)

    def add(self, job: Job) -> None:
        row = JobRow()
        row.set_job(job)
        self._rows.append(row)
        self._column.addWidget(row)

    def remove(self, job: QObject) -> None:
        """Take the row of `job` away."""
        for row in self._rows:
            if row.job is job:
                row.set_job(None)
                self._column.removeWidget(row)
                row.setParent(None)
                row.deleteLater()
        self._rows = [row for row in self._rows if row.job is not None]
        self.adjustSize()

    def open_above(self, corner: QPoint) -> None:
        """Show it with its lower right corner at `corner` of the screen."""
        self.resize(60 * self.fontMetrics().averageCharWidth(), self.sizeHint().height())
        self.move(corner.x() - self.width(), corner.y() - self.height())
        self.show()
