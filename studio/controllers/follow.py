"""The one gesture: a box is followed; stop, loss or the last frame fits the head and switches live detection on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from studio.controllers.camera_edits import row_of
from studio.controllers.context import Context
from studio.controllers.edits import refuse_read_only
from studio.controllers.networks import LaneNetworks
from studio.controllers.wires import Wires
from studio.core.control import Control
from studio.core.follow import GONE, UNSURE, Followed, FollowReport, FollowRequest, Start
from studio.core.geometry import Box
from studio.core.project import BACKGROUND, OBJECT_STATES, Project, RegionRow, new_id
from studio.core.project.tracks import track_boxes
from studio.state.camera import CameraFrames
from studio.state.jobs import Job
from studio.state.session import FollowedWindows
from studio.views.dialogs import ask_number

if TYPE_CHECKING:
    from studio.ml.backbones.base import Backbone

SHOW_EVERY = 33  # milliseconds between frames that are shown of those followed
LOOK_EVERY = 16  # frames are stored together
NOTHING = "Nothing to follow on this frame: draw a box (W) around the thing, then press T."


def work(networks: LaneNetworks, request: FollowRequest, camera: CameraFrames | None, control: Control) -> FollowReport:
    """Follow, on the compute lane; in what comes from `camera`, where the medium is a live one."""
    from studio.ml.following import follow

    compute = networks.on("compute")
    request = replace(request, starts=tuple(map(_named, request.starts)))
    if camera is None:
        report = compute.on_device(lambda: follow(request, compute.backbone(), control))
    else:
        report = compute.on_device(lambda: _follow_camera(request, camera, compute.backbone(), control))
    return replace(report, note=compute.note)


def _named(start: Start) -> Start:
    """With the id of its track: where the GPU's memory is full, the second try replaces what the first one stored."""
    return start if start.track is not None else replace(start, track=new_id(), new=True)


def _follow_camera(request: FollowRequest, camera: CameraFrames, backbone: Backbone, control: Control) -> FollowReport:
    from studio.ml.following import Course, follow_frames

    with Project.open(request.project, write=True) as project:
        course = Course(request.backwards, request.until, request.until_unsure, request.group, camera.row)
        frames = camera.follow(request.frame, request.until, request.backwards, control)
        return follow_frames(project, camera.row(), frames, request.starts, backbone, control, course, request.tracker)


class FollowController(QObject):
    """T, Shift+T, Ctrl+T; T or Esc stops and keeps what was found."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._job: Job | None = None
        self._newest: Followed | None = None
        self._since_look = 0
        self._note: str | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOW_EVERY)
        self._timer.timeout.connect(self._show)
        self._wires, actions = Wires(), context.actions
        for name, facts in (
            ("track.forward", {}),
            ("track.backward", {"backwards": True}),
            ("track.count", {"counted": True}),
            ("track.until_unsure", {"until_unsure": True}),
        ):
            self._wires.connect(actions[name].triggered, partial(self._toggle, facts))
        self._wires.connect(actions["edit.select_none"].triggered, self.stop)

    def close(self) -> None:
        self._wires.cut()
        self._timer.stop()
        self._job = None  # its end comes after the project's

    def stop(self, *_: object) -> None:
        """Stop following, where something is followed; what was found is kept."""
        if self._job is not None:
            self._job.cancel()

    def _toggle(self, facts: dict[str, bool], _: bool = False) -> None:
        if self._job is not None:
            self.stop()
        else:
            self._start(**facts)

    def _start(self, backwards: bool = False, until_unsure: bool = False, counted: bool = False) -> None:
        request = self._request(backwards, until_unsure)
        if request is not None and counted:
            ask_number(
                self._context.window, "follow.count", "Follow", "For how many frames?",
                self._context.session.follow_count, partial(self._start_counted, request),
            )  # fmt: skip
        elif request is not None:
            self._submit(request)

    def _start_counted(self, request: FollowRequest, frames: int) -> None:
        session = self._context.session
        session.follow_count = frames
        ends = [request.frame + frames, *([] if request.until is None else [request.until])]
        if session.camera is None:
            ends.append(session.last_frame)
        if self._job is None:
            self._submit(replace(request, until=min(ends)))

    def _request(self, backwards: bool, until_unsure: bool) -> FollowRequest | None:
        """What to follow; None where something is missing, which is said."""
        context = self._context
        session, project = context.session, context.project
        if session.medium is None:
            context.board.say("Open a video first, then draw a box around what to follow.", "problem")
            return None
        if refuse_read_only(context, "following"):
            return None
        frame = self._frame()
        starts = self._starts(session.medium.id, frame)
        if not starts:
            context.board.say(NOTHING, "problem")
            return None
        if row_of(context, session.medium.id, frame) is None:
            return None
        session.playing = False
        until = session.in_mark if backwards else session.out_mark
        if until is not None and (until >= frame if backwards else until <= frame):
            until = None  # the mark lies behind
        return FollowRequest(
            project.folder, session.medium.id, frame, tuple(starts), backwards, until, until_unsure,
            context.settings.tracker, project.project.new_group(),
        )  # fmt: skip

    def _submit(self, request: FollowRequest) -> None:
        context = self._context
        names = {context.project.labels[start.label].name for start in request.starts}
        self._job = job = Job(
            f"following {', '.join(sorted(names))}", work, context.networks, request, context.session.camera_frames
        )
        before = context.project.project.position
        job.published.connect(self._take)
        job.succeeded.connect(self._say)
        job.cancelled.connect(lambda: context.board.say("Stopped following; what was found is kept."))
        job.finished.connect(lambda: self._end(before))
        context.session.following = True
        context.board.run(context.lanes.compute, job)

    def _frame(self) -> int:
        """Where it begins: on the frame that is seen, or on that of the detection that is meant."""
        session = self._context.session
        if session.picked is not None:
            return session.picked.result.frame.number
        if session.playing and session.result is not None and session.camera is not None:
            return session.result.frame.number
        return session.shown.number if session.shown else session.frame

    # What to follow --------------------------------------------------------------------------------------------------

    def _starts(self, medium: int, frame: int) -> list[Start]:
        selection = self._context.session.selection
        here = [row for row in self._context.project.regions_on(medium, frame) if self._is_object(row)]
        chosen = [row for row in here if row.id in selection]
        between = [start for box in selection if box < 0 for start in self._between(medium, frame, -box)]
        if not chosen and not between:
            chosen = [row for row in here if row.keyframe or row.author == "human"]
        starts = [Start(row.label, Box(row.x, row.y, row.width, row.height), row.track) for row in chosen]
        return [*starts, *between] or self._detected(medium, frame)

    def _between(self, medium: int, frame: int, track: int) -> list[Start]:
        """The interpolated box of a track; in the selection it goes by the track's id, negative."""
        project = self._context.project.project
        row = next((row for row in project.tracks() if row.id == track), None)
        found = track_boxes(project, medium, track, frame, frame) if row else []
        return [Start(row.label, each.box, track) for each in found if row and each.region is None]

    def _is_object(self, row: RegionRow) -> bool:
        label = self._context.project.labels.get(row.label)
        return row.state in OBJECT_STATES and label is not None and label.name != BACKGROUND

    def _detected(self, medium: int, frame: int) -> list[Start]:
        """The picked detection of the frame, or its only one."""
        session = self._context.session
        result = session.picked.result if session.picked else session.result
        if result is None or (result.frame.medium, result.frame.number) != (medium, frame):
            return []
        labels = {row.name: row for row in self._context.project.labels.values()}
        found = result.detections
        rows = [labels.get(result.labels[int(label)]) for label in found.label_ids]
        if session.picked:
            indices = [session.picked.index]
        else:
            indices = [i for i, row in enumerate(rows) if row and found.scores[i] >= row.threshold]
        starts = [Start(row.id, Box(*map(float, found.boxes[i]))) for i in indices if (row := rows[i]) is not None]
        return starts if len(starts) == 1 else []

    # While and after -------------------------------------------------------------------------------------------------

    def _take(self, followed: Followed) -> None:
        self._newest = followed  # the latest wins: nothing waits for the display
        if not self._timer.isActive():
            self._timer.start()
        self._since_look += 1
        if self._since_look >= LOOK_EVERY:
            self._since_look = 0
            self._context.project.look()

    def _show(self) -> None:
        session, newest = self._context.session, self._newest
        if newest is None or session.medium is None or newest.medium != session.medium.id:
            return  # another medium was opened meanwhile: following goes on unseen
        session.followed = FollowedWindows(
            newest.medium,
            newest.frame,
            tuple((box.label, box.box) for box in newest.boxes),
            tuple(box.positive for box in newest.boxes),
            tuple(window for box in newest.boxes for window in box.negatives),
        )
        session.frame = newest.frame

    def _say(self, report: FollowReport) -> None:
        """What came of it, in a line; the playhead goes to where something was lost."""
        context = self._context
        labels = context.project.labels
        if report.note != self._note:
            self._note = report.note
            if report.note:
                context.board.say(report.note, "problem")
        lost = [track for track in report.tracks if track.stop and track.stop.reason in {*GONE, UNSURE}]
        for track in lost:
            assert track.stop is not None
            name = labels[track.label].name if track.label in labels else "it"
            context.board.say(f"{name} lost at frame {track.stop.frame}: {track.stop.reason}", "problem")
        if lost:
            self._timer.stop()
            context.session.go(report.medium, min(track.stop.frame for track in lost if track.stop))
            return
        collected = [track.collected for track in report.tracks]
        stops = {track.stop.reason for track in report.tracks if track.stop}
        positives, negatives = (sum(getattr(each, name) for each in collected) for name in ("positives", "negatives"))
        frames = max((each.frames for each in collected), default=0)
        ended = f"; ended because: {stops.pop()}" if len(stops) == 1 else ""
        context.board.say(
            f"Followed through {_many(frames, 'frame')}: {_many(positives, 'positive')}, "
            f"{_many(negatives, 'negative')}{ended}",
            "good",
        )

    def _end(self, before: int) -> None:
        if self._job is None:
            return
        context, session = self._context, self._context.session
        self._job = self._newest = None
        self._timer.stop()
        session.followed = None
        context.project.look()
        found = context.project.project.position > before
        waited_for = session.live and session.head is None  # L was pressed meanwhile
        session.following = False
        if not found and not waited_for:
            return
        if session.learning != "frozen" or session.head is None:
            context.actions["head.fit"].trigger()
        session.live = session.fitting or session.head is not None  # else what is missing was said


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
