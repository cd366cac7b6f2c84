"""The networks of an open project: a set for each lane, loaded there; torch is imported on a worker, once."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from studio.core.control import Control
from studio.core.settings import Settings
from studio.state.jobs import Job, Lane
from studio.state.session import ActiveHead

if TYPE_CHECKING:
    from studio.controllers.context import Context
    from studio.ml.live import LiveDetector
    from studio.ml.networks import Networks
    from studio.ml.recent_levels import RecentLevels
    from studio.ml.teaching import Memories, Teacher

AFTER_PAINT = 200  # milliseconds: the first import of torch stops everything for a moment
AGAIN = 50  # milliseconds between looks whether a project is still read
PATIENCE = 2.0  # seconds


class LaneNetworks:
    """Networks by the lane that they belong to; made on it, when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._networks: dict[str, Networks] = {}
        self._detector: LiveDetector | None = None
        self._teachers: dict[str, Teacher] = {}
        self._memories: Memories | None = None
        self._recent: RecentLevels | None = None
        # Kept for `studio.controllers.learner`: heads of corrections, and the newest of all with its position.
        self.quick_heads: dict[str, Any] = {}
        self._newest: tuple[int, ActiveHead] | None = None
        self._lock = Lock()

    def on(self, lane: str) -> Networks:
        """Those of `lane`; only to be called there."""
        if lane not in self._networks:
            import torch

            from studio.ml.networks import Networks, leave_a_core

            leave_a_core()
            if self._settings.threads:
                torch.set_num_threads(self._settings.threads)
            self._networks[lane] = Networks(self._settings.device)
        return self._networks[lane]

    @property
    def recent(self) -> RecentLevels:
        """The feature maps of the frames searched last, for all lanes; not to be asked for in the GUI thread."""
        from studio.ml.recent_levels import RecentLevels

        with self._lock:
            self._recent = self._recent or RecentLevels()
            return self._recent

    @property
    def detector(self) -> LiveDetector:
        """That of the live lane; only to be called there."""
        if self._detector is None:
            from studio.ml.live import LiveDetector

            self._detector = LiveDetector(self.on("live"), self.recent)
        return self._detector

    def teacher(self, lane: str) -> Teacher:
        """That of `lane`; only to be called there. Corrections are learned on the live lane, fits run on another."""
        from studio.ml.teaching import Memories, Teacher

        with self._lock:
            self._memories = self._memories or Memories()
        if lane not in self._teachers:
            self._teachers[lane] = Teacher(self.on(lane), self.recent, self._memories)
        return self._teachers[lane]

    @property
    def newest(self) -> ActiveHead | None:
        """The head that knows the most of the history; corrections start from it."""
        return self._newest[1] if self._newest else None

    def offer(self, head: ActiveHead, position: int) -> None:
        """`head` knows the history up to `position`; a fit that ends late does not take back a correction."""
        with self._lock:
            if self._newest is None or position >= self._newest[0]:
                self._newest = position, head

    def forget(self) -> None:
        """Let the memory go, after the lanes ended."""
        self._networks.clear()
        self._teachers.clear()
        self.quick_heads.clear()
        self._detector = self._recent = self._memories = self._newest = None


def load(networks: LaneNetworks, lane: str, control: Control) -> str:
    """Load what `lane` computes with, and let it compute once: the first time takes many times as long.

    Returns what to call it: "cpu · resnet18-64px".
    """
    import numpy as np

    control.checkpoint()
    if lane == "live":
        networks.detector  # noqa: B018 - made now, with its modules
    networks.teacher(lane)
    own = networks.on(lane)
    control.checkpoint()
    backbone = own.backbone()
    backbone.embed(np.zeros((1, backbone.input_size, backbone.input_size, 3), np.uint8))
    return f"{own.compute.device} · {backbone.name}"


class AfterReading(QObject):
    """Calls once, when an opened project has been read: torch, while it is imported, lets no other thread work."""

    def __init__(self, context: Context, milliseconds: int, call: Callable[[], None]) -> None:
        """Not before so many milliseconds, and not much later than `PATIENCE` where the disk lane is never at rest."""
        super().__init__()
        self._context, self._call = context, call
        self._until = time.monotonic() + PATIENCE
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)
        self._timer.start(milliseconds)

    def stop(self) -> None:
        self._timer.stop()

    def _look(self) -> None:
        if self._context.lanes.disk.jobs and time.monotonic() < self._until:
            self._timer.start(AGAIN)
        else:
            self._call()


class NetworksController(QObject):
    """Loads the networks soon after the window was painted, so that the first box need not wait for them."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._opening = AfterReading(context, AFTER_PAINT, self._load)

    def close(self) -> None:
        self._opening.stop()
        QTimer.singleShot(0, self._context.networks.forget)

    def _load(self) -> None:
        lanes, board = self._context.lanes, self._context.board
        job = self._job(lanes.compute)
        job.succeeded.connect(board.device.emit)
        # The other lane's networks only after: torch is imported once, and half as long alone.
        job.succeeded.connect(partial(self._load_on, lanes.live))
        board.run(lanes.compute, job)

    def _load_on(self, lane: Lane, _: str) -> None:
        self._context.board.run(lane, self._job(lane), shown=False)

    def _job(self, lane: Lane) -> Job:
        return Job("loading the network", load, self._context.networks, lane.objectName())
