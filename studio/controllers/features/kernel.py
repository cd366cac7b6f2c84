"""The kernel bench: runs the chain on the shown frame, live; keeps own kernels; tries one with the labels."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.features.kernel_trial import KernelTrial
from studio.core.control import Control
from studio.core.errors import StudioError, said
from studio.core.kernels.chain import Chain, Convolve, Step, chain_called, shipped
from studio.core.kernels.kernel import PRESETS
from studio.core.project.kernels import delete_kernel, kernel_names, read_kernel, save_kernel
from studio.state.jobs import Job
from studio.state.session import ShownFrame
from studio.views.dialogs import decide
from studio.views.features.kernel import KernelView

if TYPE_CHECKING:
    from studio.core.kernels.compute import Filtered

FIRST = Chain(steps=(Convolve(kernels=(PRESETS["vertical"],)),))
LEAST_WIDTH = 320  # pixels of a frame that a narrow dock does not shrink


@dataclass(frozen=True, eq=False)
class Asked:
    """A frame, and what is to be done with it.

    Attributes:
        frame: that is shown.
        chain: the steps.
        step: up to which they are done, from 0.
        width: pixels there is room for; a larger frame is shrunk by a whole number.
    """

    frame: ShownFrame
    chain: Chain
    step: int
    width: int


@dataclass(frozen=True, eq=False)
class Answered:
    """What came of it.

    Attributes:
        asked: for what.
        picture: uint8 `(height, width, 3)`: the frame as it was computed on.
        sheet: uint8: the maps in tiles.
        filtered: the maps, and those before.
        factor: by which the frame was shrunk.
        seconds: of the steps.
    """

    asked: Asked
    picture: NDArray[np.uint8]
    sheet: NDArray[np.uint8]
    filtered: Filtered
    factor: int
    seconds: float


def filter_frame(asked: Asked, control: Control) -> Answered:
    """Run the steps, on the live lane; no network is needed.

    Raises:
        InputError: as `run_chain`.
    """
    import cv2

    from studio.core.kernels.compute import run_chain
    from studio.core.kernels.sheets import sheet

    picture = asked.frame.picture
    height, width = picture.shape[:2]
    factor = max(math.ceil(width / max(asked.width, LEAST_WIDTH)), 1)
    if factor > 1:
        size = max(width // factor, 1), max(height // factor, 1)
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    began = time.perf_counter()
    filtered = run_chain(asked.chain, picture, asked.step, control)
    seconds = time.perf_counter() - began
    return Answered(asked, picture, sheet(filtered.maps), filtered, factor, seconds)


class KernelController(QObject):
    """Holds the chain; asks for the newest frame whenever the last one is done: frames are left out, never queued."""

    def __init__(self, context: Context, view: KernelView) -> None:
        super().__init__()
        self._context, self._view = context, view
        self._chain, self._step = FIRST, 0
        self._busy = False
        self._asked: Asked | None = None  # newest request
        self._answered: Answered | None = None
        self._pixel = (-1, -1)
        self._trial = KernelTrial(context, view.trial, lambda: self._chain)
        context.session.shown_changed.connect(self._ask)
        context.session.medium_changed.connect(self._ask)
        view.visible_changed.connect(self._ask)
        view.picture.resized.connect(self._ask)
        view.picture.pointed.connect(self._on_pointed)
        view.step_chosen.connect(self._on_step)
        view.steps_wanted.connect(self._on_steps)
        view.color_wanted.connect(lambda color: self._take(self._chain.model_copy(update={"color": color})))
        view.arithmetic_wanted.connect(lambda kind: self._take(self._chain.model_copy(update={"arithmetic": kind})))
        view.chain_wanted.connect(self._on_chain)
        view.save_wanted.connect(self._save)
        view.delete_wanted.connect(self._delete)
        view.refused.connect(view.set_problem)
        view.set_chain(self._chain, self._step)
        self._list_own()

    def close(self) -> None:
        self._context.session.shown_changed.disconnect(self._ask)
        self._context.session.medium_changed.disconnect(self._ask)
        self._trial.close()
        self._answered = self._asked = None

    # The chain -------------------------------------------------------------------------------------------------------

    def _take(self, chain: Chain, step: int | None = None) -> None:
        changed = chain != self._chain
        self._chain, self._step = chain, self._step if step is None else step
        self._view.set_chain(chain, self._step)
        self._view.set_problem("")
        if changed:
            self._trial.forget()
        self._ask()

    def _on_step(self, step: int) -> None:
        self._take(self._chain, step)

    def _on_steps(self, steps: tuple[Step, ...], chosen: int) -> None:
        try:
            chain = self._chain.with_steps(steps)
        except StudioError as error:
            self._view.set_chain(self._chain, self._step)
            self._view.set_problem(str(error))
            return
        self._take(chain, chosen)

    def _on_chain(self, kind: str, name: str) -> None:
        try:
            chain = chain_called(name) if kind == "shipped" else read_kernel(self._context.project.project, name)
        except StudioError as error:
            self._context.board.problem(error)
            self._list_own()  # another window may have deleted it
            return
        self._take(chain, len(chain.steps) - 1)
        self._view.set_name(name if kind == "own" else "")

    # Own kernels -----------------------------------------------------------------------------------------------------

    def _list_own(self) -> None:
        try:
            own = kernel_names(self._context.project.project)
        except StudioError as error:
            self._context.board.problem(error)
            own = []
        self._view.set_own(shipped(), own)

    def _save(self, name: str) -> None:
        if refuse_read_only(self._context, "keeping the kernel"):
            return
        try:
            save_kernel(self._context.project.project, name, self._chain)
        except StudioError as error:
            self._view.set_problem(str(error))
            return
        except OSError as error:
            self._view.set_problem(f"the kernel cannot be kept: {error.strerror or error}")
            return
        self._view.set_problem("")
        self._list_own()
        self._context.board.say(f"The kernel {name} is kept in the project", "good")

    def _delete(self, name: str) -> None:
        if not refuse_read_only(self._context, "deleting the kernel"):
            decide(
                self._context.window, "kernel.delete_dialog", f"Delete the kernel {name}?",
                "Its file goes; this cannot be undone.", "", "Delete", partial(self._delete_now, name),
            )  # fmt: skip

    def _delete_now(self, name: str) -> None:
        try:
            delete_kernel(self._context.project.project, name)
        except (StudioError, OSError) as error:
            self._context.board.problem(error, "deleting the kernel")
        self._list_own()

    # The frame -------------------------------------------------------------------------------------------------------

    def _ask(self, *_: object) -> None:
        frame = self._context.session.shown
        if self._context.session.empty:
            self._answered = self._asked = None
            self._view.set_empty()
        if self._busy or frame is None or not self._view.isVisible():
            return
        asked = Asked(frame, self._chain, self._step, self._view.picture.room())
        known = self._asked
        if known is not None and (known.frame, known.chain, known.step, known.width) == (
            frame, asked.chain, asked.step, asked.width
        ):  # fmt: skip
            return
        self._asked, self._busy = asked, True
        job = Job("kernel", filter_frame, asked)
        job.succeeded.connect(self._show)
        job.failed.connect(self._fail)
        job.finished.connect(self._end)
        self._context.lanes.live.replace(job)

    def _end(self) -> None:
        self._busy = False
        self._ask()

    def _show(self, answered: Answered) -> None:
        if self._context.session.empty:  # while it was computed
            return
        self._answered = answered
        self._view.picture.set_pictures(answered.sheet, answered.picture)
        height, width = answered.picture.shape[:2]
        shrunk = f"frame ÷ {answered.factor}: " if answered.factor > 1 else ""
        count = len(answered.filtered.maps)
        maps = f" · {count} maps" if count > 1 else ""
        self._view.set_note(f"{shrunk}{width} × {height}{maps} · {1000 * answered.seconds:.1f} ms")
        self._explain()

    def _fail(self, error: Exception) -> None:
        self._view.set_note("")
        self._view.set_problem(said(error))

    def _on_pointed(self, column: int, row: int) -> None:
        self._pixel = column, row
        self._explain()

    def _explain(self) -> None:
        answered, (column, row) = self._answered, self._pixel
        if answered is None or column < 0:
            self._view.sums.set_explanations((), True)
            return
        from studio.core.kernels.explaining import Place, explain  # OpenCV is there since the first answer
        from studio.core.kernels.sheets import tile_columns

        filtered, asked = answered.filtered, answered.asked
        height, width, channels = filtered.maps[0].shape
        columns = tile_columns(len(filtered.maps))
        number = row // height * columns + column // width
        if number >= len(filtered.maps) or asked.chain is not self._chain or asked.step != self._step:
            self._view.sums.set_explanations((), True)
            return
        step, saturating = asked.chain.steps[asked.step], asked.chain.saturating
        places = [Place(number, row % height, column % width, channel) for channel in range(channels)]
        found = [explain(step, filtered, place, saturating) for place in places]
        self._view.sums.set_explanations(found, saturating)
