"""The status bar: what was saved, what was said, what goes on, and what computes."""

from __future__ import annotations

from PySide6.QtCore import QSize, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStatusBar, QToolButton, QWidget

from studio.state.board import Board, Message
from studio.state.jobs import Job
from studio.views.elided import ElidedLabel
from studio.views.icons import icon
from studio.views.job_list import JobList, JobRow
from studio.views.theme import current

NOTE_STAYS = 8000  # milliseconds; a problem stays until the next message or a click
PROBLEM_STAYS = 5000  # milliseconds, at least: a note that comes earlier waits
JOB_SHOWN_AFTER = 250  # milliseconds, so that short ones do not flicker
LEVELS = {"note": "", "good": "mdi6.check-circle-outline", "problem": "mdi6.alert-circle-outline"}


class StatusView(QStatusBar):
    """See the module.

    Attributes:
        details_wanted: the message whose details the user asks for.
    """

    details_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setSizeGripEnabled(False)
        self.saved = QLabel()
        self.saved.setObjectName("status.saved")
        self.message = _MessageLine()
        self.jobs = _Jobs()
        self.device = QLabel()
        self.device.setObjectName("status.device")
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(16)
        line.addWidget(self.saved)
        line.addWidget(self.message, 1)
        line.addWidget(self.jobs, 1)
        line.addWidget(self.device)
        self.addWidget(row, 1)
        self.message.details.clicked.connect(self._want_details)
        self.set_saved(None)
        self.set_device("starting …")
        self.setFixedHeight(2 * self.fontMetrics().height())

    def watch(self, board: Board) -> None:
        """Show what is put on `board`."""
        board.said.connect(self.message.set_message)
        board.device.connect(self.set_device)
        board.job_added.connect(self.jobs.add)

    def set_saved(self, edits: int | None, read_only: bool = False) -> None:
        """How long the history is; None where no project is open."""
        self.saved.setVisible(edits is not None)
        if read_only:
            self.saved.setText("read-only")
            self.saved.setToolTip("The project is not changed by this window; it follows what others write.")
        else:
            self.saved.setText(f"✓ saved · {edits or 0:,} {'edit' if edits == 1 else 'edits'}")
            self.saved.setToolTip("Every edit is on the disk when it is shown.")

    def set_device(self, text: str) -> None:
        """`text` as `Board.device` carries it."""
        self.device.setText(f"● {text}")
        self.device.setProperty("role", "good" if text and not text.endswith("…") else "dim")
        self.device.style().polish(self.device)

    @Slot()
    def _want_details(self) -> None:
        self.details_wanted.emit(self.message.shown)


class _MessageLine(QWidget):
    """The newest message with an icon for its level, and a button where more is known.

    Attributes:
        shown: the message.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status.message")
        self.shown = Message("")
        self._icon = QLabel()
        self.text = ElidedLabel()
        self.text.setObjectName("status.text")
        self.details = QToolButton()
        self.details.setText("Details")
        self.details.setObjectName("status.details")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (self._icon, self.text, self.details):
            row.addWidget(widget)
        row.addStretch(1)
        self._next = Message("")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)
        self._fresh = QTimer(self)  # runs while a problem is too new to make room for a note
        self._fresh.setSingleShot(True)
        self._fresh.timeout.connect(self._show_next)
        self._show(self.shown)

    @Slot(object)
    def set_message(self, message: Message) -> None:
        if message.level == "note" and self._fresh.isActive():
            self._next = message
        else:
            self._show(message)

    def _show(self, message: Message) -> None:
        self.shown, self._next = message, Message("")
        self.text.setText(message.text)
        self.details.setVisible(bool(message.details))
        name = LEVELS[message.level]
        self._icon.setVisible(bool(name))
        if name:
            theme, side = current(), self.fontMetrics().height()
            color = theme.bad if message.level == "problem" else theme.good
            self._icon.setPixmap(icon(name, color).pixmap(QSize(side, side), self.devicePixelRatioF()))
        self._timer.stop()
        self._fresh.stop()
        if message.level == "problem":
            self._fresh.start(PROBLEM_STAYS)
        elif message.text:
            self._timer.start(NOTE_STAYS)

    @Slot()
    def _show_next(self) -> None:
        if self._next.text:
            self._show(self._next)

    @Slot()
    def clear(self) -> None:
        self._show(self._next)

    def mousePressEvent(self, event: object) -> None:
        self.clear()


class _Jobs(QWidget):
    """The oldest job that goes on, and how many others do; a click on that number lists all."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status.jobs")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._jobs: list[Job] = []
        self._row = JobRow()
        self.more = QToolButton()
        self.more.setObjectName("status.more_jobs")
        self.more.setToolTip("All that goes on")
        self.more.clicked.connect(self._list)
        self._all = JobList(self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        line.addWidget(self._row, 1)
        line.addWidget(self.more)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(JOB_SHOWN_AFTER)
        self._timer.timeout.connect(self._show)
        self._show()

    @Slot(object)
    def add(self, job: Job) -> None:
        self._jobs.append(job)
        self._all.add(job)
        job.over.connect(self._drop_finished)  # also where its project was closed
        if not self._row.isVisible() or len(self._jobs) > 1:
            self._timer.start()

    @Slot()
    def _drop_finished(self) -> None:
        job = self.sender()
        self._jobs = [each for each in self._jobs if each is not job]
        self._all.remove(job)
        self._show()

    @Slot()
    def _show(self) -> None:
        first = self._jobs[0] if self._jobs else None
        if first is not self._row.job:
            self._row.set_job(first)
        self._row.setVisible(first is not None)
        self.setVisible(first is not None)  # else what is said gets all the room
        others = len(self._jobs) - 1
        self.more.setVisible(others > 0)
        self.more.setText(f"+{others}")
        if others < 1:
            self._all.hide()

    @Slot()
    def _list(self) -> None:
        self._all.open_above(self.mapToGlobal(self.rect().topRight()))
