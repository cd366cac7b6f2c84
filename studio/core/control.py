"""What a long-running function may ask of whoever runs it."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Any


class Cancelled(Exception):
    """Raised inside a job when its caller no longer wants the result."""


class Control:
    """Handed to every long function: report progress, publish partial results, notice cancellation and pauses.

    Thread-safe: `cancel`, `pause` and `resume` may be called from any thread.

    Attributes:
        rested: seconds that the function has spent paused.
    """

    def __init__(
        self,
        on_progress: Callable[[float, str], None] = lambda fraction, text: None,
        on_partial: Callable[[Any], None] = lambda value: None,
    ) -> None:
        self._cancelled = Event()
        self._going = Event()
        self._going.set()
        self.rested = 0.0
        self._on_progress = on_progress
        self._on_partial = on_partial

    def cancel(self) -> None:
        self._cancelled.set()
        self._going.set()

    def pause(self) -> None:
        """Let the function wait at its next checkpoint, until `resume` or `cancel`."""
        self._going.clear()
        if self.cancelled:
            self._going.set()

    def resume(self) -> None:
        self._going.set()

    @property
    def paused(self) -> bool:
        return not self._going.is_set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def progress(self, fraction: float, text: str = "") -> None:
        """Report `fraction` (0…1) of the work as done; also a checkpoint."""
        self.checkpoint()
        self._on_progress(fraction, text)

    def publish(self, value: Any) -> None:  # noqa: ANN401 - each job publishes its own type
        """Hand over a partial result; also a checkpoint."""
        self.checkpoint()
        self._on_partial(value)

    def checkpoint(self) -> None:
        """Wait while paused, and raise `Cancelled` if the job was cancelled; call it wherever stopping is safe."""
        if self.paused:
            began = time.monotonic()
            self._going.wait()
            self.rested += time.monotonic() - began
        if self.cancelled:
            raise Cancelled
