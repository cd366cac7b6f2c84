"""Choosing and opening a camera: a dialog in front, workers behind; nothing waits for a driver."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.controllers.camera_work import CameraSource, CameraWish, Opening, list_names
from studio.controllers.context import Context
from studio.controllers.wires import Wires
from studio.core.errors import said
from studio.state.jobs import Job
from studio.views.camera_dialog import CameraDialog

if TYPE_CHECKING:
    from studio.core.media.camera import Capture
    from studio.core.media.camera_list import FoundCamera, Look


class CameraOpening(QObject):
    """Answers "camera.open".

    Attributes:
        opening: emitted with the name of the device, "camera:0", before it is opened.
        opened: emitted with a `CameraSource`, which the receiver closes.
        closing: what lets go of the camera that was open before, or None.
    """

    opening = Signal(str)
    opened = Signal(object)

    def __init__(
        self, context: Context, open_capture: Callable[[int], Capture] | None = None, look: Look | None = None
    ) -> None:
        super().__init__()
        self._context, self._open_capture, self._how = context, open_capture, look
        self.closing: Thread | None = None
        self._dialog: CameraDialog | None = None
        self._job: Job | None = None
        self._device: Opening | None = None  # that nobody has taken yet
        self._wires = Wires()
        self._wires.connect(context.actions["camera.open"].triggered, self.ask)

    def close(self) -> None:
        self._wires.cut()
        if self._dialog is not None:
            self._dialog.reject()

    def ask(self) -> None:
        """Let the user choose among the cameras of this computer."""
        if self._dialog is not None:
            self._dialog.raise_()
            return
        self._dialog = dialog = CameraDialog(self._context.window)
        dialog.look_wanted.connect(self._list)
        dialog.wanted.connect(self._open)
        dialog.finished.connect(self._forget)
        dialog.open()
        self._list()

    def _list(self) -> None:
        self._run(Job("looking for cameras", list_names, self._how), self._show_names)

    def _show_names(self, cameras: list[FoundCamera]) -> None:
        if self._dialog is not None:
            self._dialog.set_cameras(cameras)

    def _open(self, source: str, name: str, size: object, rate: object) -> None:
        wish = CameraWish(source, name, size, rate)  # type: ignore[arg-type]
        self.opening.emit(source)
        folder = self._context.project.folder
        self._device = Opening(folder, wish, self._open_capture, self.closing)
        self._run(Job(f"opening {name}", self._device.run), self._take)

    def _take(self, source: CameraSource) -> None:
        self._device = None
        if self._dialog is not None:
            self._dialog.accept()
        self.opened.emit(source)
        width, height = source.camera.size
        says = f"{source.wish.name} gives {width} × {height} at {source.camera.rate:g} frames a second"
        self._context.board.say(source.camera.note or says, "problem" if source.camera.note else "note")

    def _run(self, job: Job, take: Callable[..., None]) -> None:
        job.succeeded.connect(take)
        job.failed.connect(self._fail)
        self._job = job
        self._context.lanes.decode.submit(job)

    def _fail(self, error: BaseException) -> None:
        if self._dialog is not None:
            self._dialog.set_problem(said(error))

    def _forget(self) -> None:
        self._dialog = None
        if self._job is not None:
            self._job.cancel()
            self._job = None
        if self._device is not None:
            self._device.close()
            self._device = None
