"""The record button: every frame of the camera is kept while it is on."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from studio.controllers.camera_work import CameraSource
from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.wires import Wires
from studio.core.errors import StudioError
from studio.core.project import Edit
from studio.core.project.edits import counted
from studio.state.jobs import Job

LOOK_EVERY = 250  # milliseconds


class CameraRecording(QObject):
    """Keeps the action, the recorder and the recording's row together.

    Attributes:
        changed: recording began or ended.
    """

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._source: CameraSource | None = None
        self._begun: tuple[float, int, int] | None = None  # the camera's second, the frame, the group of the history
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY)
        self._timer.timeout.connect(self._look)
        self._action = context.actions["camera.record"]
        self._wires = Wires()
        self._wires.connect(self._action.toggled, self._on_toggled)

    @property
    def seconds(self) -> float | None:
        """For how long it records; None: it does not."""
        if self._begun is None or self._source is None:
            return None
        return max(self._source.camera.newest().time - self._begun[0], 0.0)

    def use(self, source: CameraSource | None) -> None:
        """Another camera is open, or none; what was recorded is in the project then."""
        if self._begun is not None and self._source is not None:
            self._source.stop_recording()  # some milliseconds: at most a frame is being stored
            self._ended()
        self._source = source

    def close(self) -> None:
        self._wires.cut()
        self._timer.stop()
        self._action.setChecked(False)

    def _on_toggled(self, on: bool) -> None:
        if on == (self._begun is not None):
            return
        if on:
            self._begin()
        else:
            self._end()

    def _begin(self) -> None:
        source, context = self._source, self._context
        if source is None or refuse_read_only(context, "recording"):
            if source is None:
                context.board.say("No camera is open; open one with File, Open a camera.", "problem")
            self._action.setChecked(False)
            return
        shot, group = source.camera.newest(), context.project.project.new_group()
        try:
            row = source.kept.keep([shot.number])
            context.project.apply(Edit.rows(f"record {source.wish.name}", [row]), group=group)
        except (StudioError, OSError) as error:
            context.board.problem(error, "recording")
            self._action.setChecked(False)
            return
        source.kept.record(shot.number)
        self._begun = shot.time, shot.number, group
        self._timer.start()
        self.changed.emit()

    def _end(self) -> None:
        """On a worker: a frame may be being stored on a slow disk."""
        assert self._source is not None
        job = Job("ending the recording", self._source.stop_recording)
        job.finished.connect(self._ended)
        self._context.lanes.decode.submit(job)

    def _ended(self) -> None:
        source, begun = self._source, self._begun
        if source is None or begun is None:
            return
        self._timer.stop()
        self._begun = None
        self._action.setChecked(False)
        project, name = self._context.project, source.wish.name
        try:
            row = source.kept.row()
            group = None if project.project.is_undone(begun[2]) else begun[2]  # undone meanwhile: a new step
            project.apply(Edit.rows(f"record {name}", [row]), group=group)
        except (StudioError, OSError) as error:
            self._context.board.problem(error, "recording")
        else:
            self._say(source, row_frames=row.frames - begun[1])
        self.changed.emit()

    def _say(self, source: CameraSource, row_frames: int) -> None:
        kept, board = source.kept, self._context.board
        if kept.problem is not None:
            board.say(kept.problem, "problem")
        elif kept.missed:
            board.say(f"Recorded; the disk was too slow for {counted(kept.missed, 'frame')}", "problem")
        else:
            board.say(f"Recorded {counted(row_frames, 'frame')} of {source.wish.name}", "good")

    def _look(self) -> None:
        """The recorder ends by itself where the disk is full or the camera gone."""
        if self._begun is not None and self._source is not None and not self._source.kept.recording:
            self._source.stop_recording()
            self._ended()
