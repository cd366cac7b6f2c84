"""The climb to a picture: begun and stopped by the user, watched while it grows, kept as a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from studio.controllers.context import Context
from studio.controllers.features.excites_work import Climbed, Looked, imagine_channel, imagine_label, save_picture
from studio.state.jobs import Job
from studio.views.dialogs import choose_path
from studio.views.features.excites_imagined import ImaginedPane
from studio.views.features.numbers import short

if TYPE_CHECKING:
    from studio.ml.looking.maximise import Imagined


class Imagining:
    """One climb at a time; the newest picture stays until the next one begins."""

    def __init__(
        self,
        context: Context,
        pane: ImaginedPane,
        subject: Callable[[], tuple[Looked, int, str]],
        best: Callable[[Looked, int], str],
    ) -> None:
        """`subject` gives the layer, the channel and what to call the layer, `best` says what excites one so far."""
        self._context, self._pane = context, pane
        self._subject, self._best = subject, best
        self._job: Job | None = None
        self._what = ""  # is imagined
        self._newest: Imagined | None = None
        pane.wanted.connect(self._begin)
        pane.stopped.connect(self._stop)
        pane.saved.connect(self._ask_where)

    def close(self) -> None:
        self._job = None  # its end comes after the project's

    def _begin(self, label: str) -> None:
        context = self._context
        looked, channel, title = self._subject()
        head = context.session.head
        if self._job is not None:
            return
        if label and head is not None:
            self._what = label
            job = Job(f"imagining {label}", imagine_label, context.networks, head.head, label)
        elif not label and channel >= 0:
            self._what = f"channel {channel} of {title}"
            job = Job(f"imagining channel {channel}", imagine_channel, context.networks, looked, channel)
        else:
            return
        job.progressed.connect(lambda fraction, _: self._pane.set_progress(fraction))
        job.published.connect(self._grow)
        job.succeeded.connect(partial(self._arrive, looked, channel))
        job.finished.connect(self._end)
        self._newest = None
        self._pane.set_picture(None, "")
        self._pane.set_running(True)
        self._job = context.board.run(context.lanes.batch, job)

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _end(self) -> None:
        self._job = None
        self._pane.set_running(False)

    def _grow(self, imagined: Imagined) -> None:
        score, noise = short(imagined.score), short(imagined.noise)
        reached = f"{score} after {imagined.step} of {imagined.steps} steps, from noise at {noise}"
        self._keep(imagined, f"{self._what}: {reached}.")

    def _arrive(self, looked: Looked, channel: int, climbed: Climbed) -> None:
        score, noise = short(climbed.imagined.score), short(climbed.imagined.noise)
        words = f"{self._what}: {score}, from noise at {noise}."
        if climbed.strongest is not None:
            others = self._best(looked, channel)
            words = f"{self._what}: {score} on average, from noise at {noise}. Its strongest cell puts out "
            words += f"{short(climbed.strongest)}; {others}." if others else f"{short(climbed.strongest)}."
        self._keep(climbed.imagined, words)

    def _keep(self, imagined: Imagined, words: str) -> None:
        self._newest = imagined
        self._pane.set_picture(imagined.picture, words)

    # Keeping it ------------------------------------------------------------------------------------------------------

    def _ask_where(self) -> None:
        if self._newest is None:
            return
        picture = self._newest.picture
        name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in self._what)
        start = Path.home() / f"{name}.png"
        choose_path(
            self._context.window,
            "excites.file",
            "Save the picture",
            start,
            lambda path: self._save(picture, path),
            "new",
        )

    def _save(self, picture: NDArray[np.uint8], path: Path) -> None:
        path = path if path.suffix else path.with_suffix(".png")
        job = Job("saving the picture", save_picture, picture, path)
        say = self._context.board.say
        job.succeeded.connect(lambda _: say(f"The picture was saved as {path}", "good"))
        self._context.board.run(self._context.lanes.disk, job, shown=False)
