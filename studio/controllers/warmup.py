"""Torch is imported on a worker as soon as the window was painted; what computes is said."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from studio.controllers.program import Program
from studio.core.control import Control
from studio.core.errors import StudioError
from studio.state.jobs import Job
from studio.views.actions import Actions

AFTER_PAINT = 50  # milliseconds


def find_device(name: str, control: Control) -> tuple[str, str]:
    """Import torch and choose a device; returns what to call it, and why it is this one.

    Raises:
        InputError: an unknown device, or one that this machine does not have.
    """
    from studio.ml.device import choose
    from studio.ml.networks import leave_a_core

    control.checkpoint()
    leave_a_core()
    compute = choose(name)
    return str(compute.device), compute.reason


class WarmUp(QObject):
    """Starts by itself, and again where the settings name another device."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.window)
        self._program = program
        self._name = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(AFTER_PAINT)
        self._timer.timeout.connect(self._start)
        program.window.painted.connect(self._timer.start)
        program.settings_changed.connect(self._follow_settings)

    def connect_actions(self, actions: Actions) -> None:
        """It has none."""

    def close(self) -> None:
        self._timer.stop()

    def _follow_settings(self) -> None:
        if self._program.settings.device != self._name:
            self._start()

    def _start(self) -> None:
        self._name = self._program.settings.device
        self._program.board.device.emit("starting …")
        job = Job("loading torch", find_device, self._name)
        job.succeeded.connect(self._found)
        job.failed.connect(self._failed)
        self._program.board.job_added.emit(job)
        self._program.lane.submit(job)

    def _found(self, found: tuple[str, str]) -> None:
        device, reason = found
        self._program.garbage.set_aside()  # torch and all that comes with it
        if self._program.context is None:  # the networks of an open project say more
            self._program.board.device.emit(device)
        self._program.board.say(f"computing on {reason}")

    def _failed(self, error: Exception) -> None:
        self._program.board.device.emit("no device")
        text = str(error) if isinstance(error, StudioError) else f"torch cannot be loaded: {error}"
        self._program.board.say(f"{text}; choose another device in the settings", "problem", repr(error))
