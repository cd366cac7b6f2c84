"""Work of a part of the gallery: one job at a time, with its progress where it was started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studio.controllers.context import Context
from studio.state.jobs import Job
from studio.views.gallery.run_bar import RunBar


class Run:
    """On the batch lane, behind a bar.

    Attributes:
        running: whether it does.
        stopped: whether the last one was stopped or failed.
    """

    def __init__(self, context: Context, bar: RunBar) -> None:
        self._context, self._bar = context, bar
        self._job: Job | None = None
        self.stopped = False
        bar.stop_wanted.connect(self.stop)

    @property
    def running(self) -> bool:
        return self._job is not None

    def start(
        self,
        title: str,
        function: Callable[..., Any],
        *args: Any,  # noqa: ANN401
        take: Callable[[Any], None],
        publish: Callable[[Any], None] | None = None,
        ended: Callable[[], None] | None = None,
    ) -> None:
        """`take` gets the result, `publish` what comes before it; `ended` is called however it ends."""
        if self._job is not None:
            return
        self.stopped, self._job = True, Job(title, function, *args)  # until it succeeded
        self._bar.set_running(True)
        self._bar.show()
        self._job.progressed.connect(self._bar.set_progress)
        if publish is not None:
            self._job.published.connect(publish)
        self._job.succeeded.connect(self._on_succeeded)
        self._job.succeeded.connect(take)
        self._job.finished.connect(self._on_finished)
        if ended is not None:
            self._job.finished.connect(ended)
        self._context.board.run(self._context.lanes.batch, self._job)

    def close(self) -> None:
        self._job = None  # one that was abandoned would keep all this for ever

    def stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _on_succeeded(self, _: object) -> None:
        self.stopped, self._job = False, None
        self._bar.set_running(False)

    def _on_finished(self) -> None:
        self._job = None
        self._bar.set_running(False)
