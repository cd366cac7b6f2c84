"""What goes on and what was said: jobs and messages for the status bar."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from studio.core.errors import StudioError
from studio.state.jobs import Job, Lane
from studio.state.window_words import in_the_window


@dataclass(frozen=True)
class Message:
    """A line for the user.

    Attributes:
        text: one sentence.
        level: "note", "good" or "problem"; a problem stays until the next message or a click.
        details: what else is known, shown on request; "" for nothing.
    """

    text: str
    level: str = "note"
    details: str = ""


class Board(QObject):
    """Where controllers put jobs and messages, and the status bar finds them.

    Attributes:
        job_added: a `Job` to be shown with its progress and a way to cancel it.
        said: a `Message`.
        device: the line about the device networks run on, e.g. "cpu · bundled".
        lost: what a person did in a project that is closed by now, and why it could not be saved; it was said too.
    """

    job_added = Signal(object)
    said = Signal(object)
    device = Signal(str)
    lost = Signal(str)

    def say(self, text: str, level: str = "note", details: str = "") -> None:
        self.said.emit(Message(in_the_window(text), level, details))

    def problem(self, error: object, doing: str = "") -> str:
        """Say what went wrong in one line: a user's error as it is, anything else with its type and Details.

        Returns:
            The line.
        """
        if isinstance(error, StudioError):
            text, details = str(error), ""
        elif isinstance(error, OSError):
            text, details = f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}", repr(error)
        else:
            text, details = (
                f"unexpected {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
                repr(error),
            )
        line = f"{doing}: {text}" if doing else text
        self.say(line, "problem", details)
        return line

    def run(self, lane: Lane, job: Job, shown: bool = True) -> Job:
        """Submit `job`; its failure is said, and it is in the status bar where `shown`."""
        title = job.title  # a receiver that knew the job would keep it alive, and all that it holds
        job.failed.connect(lambda error: self.problem(error, title))
        job.lost.connect(lambda error: self.lost.emit(self.problem(error, f"not saved: {title}")))
        if shown:
            self.job_added.emit(job)
        return lane.submit(job)
