"""Plain functions on worker threads; every signal belongs to an object of the GUI thread."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from studio.core.control import Cancelled, Control

log = logging.getLogger(__name__)


class Job(QObject):
    """One call of `function(*args, control=…)` on a worker thread.

    Emits exactly one of `succeeded`, `failed`, `cancelled`, then `finished`; after `cancel()` has returned, no
    progress, partial result or result arrives any more. An abandoned job emits only `over`, which is the last of all,
    and before it `lost`, with the exception, where it was `kept` and failed.

    Attributes:
        title: what the status bar calls it.
        latest: how far it was when it last said so, fraction and text; None before.
        began: `time.monotonic()` when it started to run; 0 while it waits.
        kept: whether it is done also where its lane ends first: it saves what a person did already.
    """

    progressed = Signal(float, str)
    published = Signal(object)
    succeeded = Signal(object)
    failed = Signal(object)  # the exception
    cancelled = Signal()
    finished = Signal()
    lost = Signal(object)
    over = Signal()

    # Emitted by the worker. The job itself lives in the GUI thread, so its slots run there.
    _progressed = Signal(float, str)
    _published = Signal(object)
    _ended = Signal(object, object)

    def __init__(self, title: str, function: Callable[..., Any], *args: Any, kept: bool = False) -> None:  # noqa: ANN401
        super().__init__()
        self.title, self.kept = title, kept
        self.latest: tuple[float, str] | None = None
        self.began = 0.0
        self._abandoned = False
        self.started = False  # set by the worker; a job that only waits may be replaced
        self._function, self._args = function, args
        self._control = Control(self._progressed.emit, self._published.emit)
        self._progressed.connect(self._progress)
        self._published.connect(self._publish)
        self._ended.connect(self._end)

    @property
    def dropped(self) -> bool:
        """Whether it was cancelled; it may still have to leave its lane."""
        return self._control.cancelled

    def cancel(self) -> None:
        """Ask the function to stop at its next checkpoint; returns at once."""
        self._control.cancel()

    @property
    def paused(self) -> bool:
        """Whether it was told to wait."""
        return self._control.paused

    def pause(self) -> None:
        """Let the function wait at its next checkpoint, until `resume` or `cancel`; returns at once."""
        self._control.pause()

    def resume(self) -> None:
        self._control.resume()

    def abandon(self) -> None:
        """`cancel` unless it is `kept`, and tell nobody how it ended: who would hear is closing."""
        self._abandoned = True
        self.resume()
        if not self.kept:
            self.cancel()

    def run(self) -> None:
        """Called by the worker thread."""
        result: Any = None
        error: BaseException | None = None
        self.started, self.began = True, time.monotonic()
        try:
            self._control.checkpoint()
            result = self._function(*self._args, control=self._control)
        except Cancelled:
            self._control.cancel()
        except BaseException as caught:
            log.info("job %r failed", self.title, exc_info=True)
            error = caught.with_traceback(None)  # its frames would keep arrays alive
        self._ended.emit(result, error)

    @Slot(float, str)
    def _progress(self, fraction: float, text: str) -> None:
        if not self._control.cancelled:
            self.latest = fraction, text
            self.progressed.emit(fraction, text)

    @Slot(object)
    def _publish(self, value: Any) -> None:  # noqa: ANN401
        if not self._control.cancelled:
            self.published.emit(value)

    @Slot(object, object)
    def _end(self, result: Any, error: BaseException | None) -> None:  # noqa: ANN401
        self._function, self._args = _nothing, ()  # what it captured may be large
        if not self._abandoned:
            self._tell(result, error)
        elif self.kept and error is not None:
            self.lost.emit(error)
        self.over.emit()

    def _tell(self, result: Any, error: BaseException | None) -> None:  # noqa: ANN401
        if self._control.cancelled:
            self.cancelled.emit()
        elif error is not None:
            self.failed.emit(error)
        else:
            self.succeeded.emit(result)
        self.finished.emit()


def _nothing(control: Control) -> None:
    """What an ended job would run."""


class Lane(QObject):
    """A worker thread that runs its jobs one after another.

    Attributes:
        busy: emitted with whether it has jobs.
    """

    busy = Signal(bool)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._jobs: list[Job] = []  # their owner until they ended: QObjects must die in the GUI thread
        self._ended = False
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = _Loop(self._queue)
        self._thread.setObjectName(name)
        self._thread.start()

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Those that wait or run."""
        return tuple(self._jobs)

    @property
    def running(self) -> bool:
        """Whether its thread is there: until some time after `end`."""
        return self._thread.isRunning()

    def submit(self, job: Job) -> Job:
        """Queue `job` behind the others; a lane that was ended does nothing any more."""
        if self._ended:
            job.abandon()
            return job
        job.over.connect(self._drop_finished)
        self._jobs.append(job)
        if len(self._jobs) == 1:
            self.busy.emit(True)
        self._queue.put(job)
        return job

    def replace(self, job: Job) -> Job:
        """Drop what waits under the same title, then submit: the latest request wins.

        The running job finishes and is delivered: were it cancelled too, requests that come faster than they are
        served (a playing video) would never see a result.
        """
        for waiting in self._jobs:
            if not waiting.started and waiting.title == job.title:
                waiting.cancel()
        return self.submit(job)

    def cancel(self) -> None:
        for job in self._jobs:
            job.cancel()

    def abandon(self) -> None:
        """Let the running job stop at its next checkpoint, and of the others do those that are kept.

        Nothing is heard of the jobs any more but what could not be saved: their receivers may be closed.
        """
        for job in self._jobs:
            job.abandon()

    def end(self) -> None:
        """`abandon` the jobs there are, and end the thread behind them; returns at once."""
        self.abandon()
        self._ended = True
        self._queue.put(None)

    def close(self, until: float = math.inf) -> None:
        """`end`, and wait for it: as long as a job is kept, and else until `time.monotonic()` is `until`."""
        self.end()
        if until == math.inf or any(job.kept and not job.dropped for job in self._jobs):
            self._thread.wait()
        else:
            self._thread.wait(max(round(1000 * (until - time.monotonic())), 0))

    @Slot()
    def _drop_finished(self) -> None:
        job = self.sender()
        self._jobs = [each for each in self._jobs if each is not job]
        if not self._jobs:
            self.busy.emit(False)


class _Loop(QThread):
    def __init__(self, queue: SimpleQueue[Job | None]) -> None:
        super().__init__()
        self._queue = queue

    def run(self) -> None:
        while (job := self._queue.get()) is not None:
            job.run()
            del job
