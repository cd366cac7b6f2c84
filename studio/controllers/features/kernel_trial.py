"""Tries the kernel as a feature of the head, on the compute lane."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.networks import LaneNetworks
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.core.kernels.chain import Chain
from studio.core.project import Project
from studio.core.project.chosen_backbone import chosen_backbone
from studio.state.jobs import Job
from studio.state.window_words import in_the_window
from studio.views.features.kernel_trial import TrialView, TriedRow

if TYPE_CHECKING:
    from studio.ml.kernel_trial import Trial


def try_it(
    networks: LaneNetworks, folder: Path, chain: Chain, backbone: str | None, kernel: str, control: Control
) -> Trial:
    """See `studio.ml.kernel_trial.try_kernel`."""
    from studio.ml.kernel_trial import try_kernel

    own = networks.on("compute")

    def trial() -> Trial:
        with Project.open(folder) as project:
            return try_kernel(project, chain, own.backbone(backbone), kernel, control)

    return own.on_device(trial)


class KernelTrial(QObject):
    """One trial at a time; what it says is forgotten with the kernel that it was about."""

    def __init__(self, context: Context, view: TrialView, chain: Callable[[], Chain]) -> None:
        super().__init__()
        self._context, self._view, self._chain = context, view, chain
        self._job: Job | None = None
        view.wanted.connect(self._try)

    def close(self) -> None:
        self._job = None

    def forget(self) -> None:
        """Another kernel is there: stop, and say nothing of the old one."""
        if self._job is not None:
            self._job.cancel()
        self._view.clear_trial()

    def _try(self) -> None:
        context = self._context
        if self._job is not None or refuse_read_only(context, "trying the kernel"):
            return
        head = context.session.head
        project = context.project.project
        known = None if head is None else head.head.card
        backbone = chosen_backbone(project) if known is None or known.network is not None else str(known.backbone)
        where = context.networks, context.project.folder
        job = self._job = Job("trying the kernel", try_it, *where, self._chain(), backbone, context.session.kernel)
        job.progressed.connect(lambda fraction, _: self._view.set_busy(True, fraction))
        job.succeeded.connect(self._show)
        job.failed.connect(self._fail)
        job.finished.connect(self._end)
        self._view.clear_trial()
        self._view.set_busy(True)
        context.board.job_added.emit(job)
        context.lanes.compute.submit(job)

    def _end(self) -> None:
        self._job = None
        self._view.set_busy(False)

    def _show(self, trial: Trial) -> None:
        rows = [TriedRow(each.name, each.before["f1"], each.after["f1"], each.frames) for each in trial.labels]
        self._view.set_trial(rows, trial.added)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, StudioError):
            self._view.set_problem(in_the_window(str(error)))
        else:
            self._context.board.problem(error, "trying the kernel")
