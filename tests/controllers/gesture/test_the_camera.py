"""The one gesture on a live camera: draw, T, stop, fit, live, correct; then it is unplugged, and all is there again."""

from __future__ import annotations

import time

import cv2
import pytest

from studio.controllers.camera import CameraController
from studio.controllers.media import MediaController
from studio.controllers.video import VideoController
from studio.core.geometry import iou_matrix
from studio.core.media import open_medium
from studio.core.media.camera_list import FoundCamera
from studio.core.project import Project
from studio.core.project.media import locate
from studio.views.camera_dialog import CameraDialog
from studio.views.media import MediaView
from studio.views.video import VideoView
from tests.controllers.gesture.person import KINDS, PATIENCE
from tests.core.media.cameras import FakeCapture
from tests.moving_square import box_at, picture

RATE = 12.0
SLOW = 5  # the square moves so much less than in the clip that a busy machine can follow it live


class SquareCapture(FakeCapture):
    """A camera before which a square moves, in its own time."""

    def __init__(self):
        super().__init__(pace=0.0, rate=RATE)
        self.due = time.monotonic()

    def read(self):
        self.due += 1 / RATE
        time.sleep(max(self.due - time.monotonic(), 0))
        if self.gone:
            return False, None
        self.count += 1
        return True, cv2.cvtColor(picture((self.count - 1) / SLOW), cv2.COLOR_RGB2BGR)


class Desk:
    """A window with a video panel, a media dock and a camera."""

    def __init__(self, qtbot, context):
        self.qtbot, self.context, self.session, self.project = qtbot, context, context.session, context.project
        self.capture = SquareCapture()
        self.view, self.media = VideoView(), MediaView()
        self.devices = []
        context.board.device.connect(self.devices.append)
        for view in (self.view, self.media):
            qtbot.addWidget(view)
        self.controllers = [VideoController(context, self.view), MediaController(context, self.media)]
        self.camera = CameraController(context, lambda number: self.capture, self.look)
        self.controllers += [self.camera, *(kind(context) for kind in KINDS)]

    def look(self, found):
        found(FoundCamera("camera:0", "Desk camera"))

    def until(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE)

    def do(self, name):
        self.context.actions[name].trigger()

    def open(self):
        self.do("camera.open")
        dialog = self.context.window.findChild(CameraDialog)
        self.until(dialog._open.isEnabled)
        dialog._open.click()
        self.until(lambda: self.session.playing)

    def regions(self, state="visible"):
        label = next((row.id for row in self.project.labels.values() if row.name == "cup"), 0)
        return [row for row in self.project.project.regions(label=label) if row.state == state]

    def close(self):
        for lane in self.context.lanes.all:
            lane.end()
        for controller in reversed(self.controllers):
            controller.close()
        self.context.lanes.close()


@pytest.fixture
def folder(tmp_path):
    Project.create(tmp_path / "project").close()
    return tmp_path / "project"


@pytest.fixture
def desk(qtbot, context):
    made = Desk(qtbot, context)
    yield made
    made.close()


def test_the_gesture_on_a_live_camera(desk, folder, said):
    session, project = desk.session, desk.project
    desk.until(lambda: desk.devices)  # the network is there
    desk.open()
    desk.until(lambda: session.shown is not None and session.shown.number >= 3)

    # A box freezes the picture; T goes on from its frame.
    desk.view.drawing_begun.emit()
    begun = session.shown.number
    desk.view.box_drawn.emit(box_at(begun / SLOW))
    assert not session.playing and session.shown.number == begun
    desk.qtbot.wait(500)  # drawing takes a moment, and the square moves on
    desk.do("track.forward")
    assert session.following
    newest = desk.camera._source.camera.newest
    desk.until(lambda: session.frame > begun + 6 and newest().number - session.frame <= 6)  # it caught up
    desk.do("track.forward")
    desk.until(lambda: not session.following)

    # What was found is kept; the picture is live again, and so is the head after its fit.
    regions = project.project.regions(medium=session.medium.id)
    objects = [row for row in regions if row.track is not None and row.label != project.project.label("background").id]
    assert len(objects) >= 4 and objects[0].frame == begun
    for row in objects:
        assert iou_matrix([[row.x, row.y, row.width, row.height]], [box_at(row.frame / SLOW)])[0, 0] > 0.6
    assert session.playing and session.live
    desk.until(lambda: session.head is not None and not session.fitting)
    desk.until(lambda: session.result is not None and len(session.result.detections))
    assert any("Fitted" in text for text in said)

    # A correction freezes on the frame that was searched, and keeps it.
    result = session.result
    desk.do("detect.reject")
    rejected = [row for row in project.project.regions(medium=session.medium.id) if row.state == "rejected"]
    assert len(rejected) == 1 and not session.playing
    assert rejected[0].frame >= result.frame.number
    desk.until(lambda: session.shown.number == rejected[0].frame)
    assert rejected[0].frame in desk.camera._source.kept
    desk.do("video.play")
    assert session.playing

    # Unplugged: said, and what it gave can be gone through.
    desk.capture.gone = True
    desk.until(lambda: session.camera.problem != "")
    assert not session.playing and session.shown is not None
    desk.do("video.back")
    desk.until(lambda: session.shown.number == session.camera.last - 1)

    medium = session.medium.id
    frames = {row.frame for row in project.project.regions(medium=medium)}
    shown = [desk.camera._source.kept.picture(frame) for frame in sorted(frames)]
    desk.close()
    with Project.open(folder) as again:
        (row,) = again.media()
        assert (row.id, row.kind) == (medium, "camera") and row.frames == max(frames) + 1 and again.check() == []
        assert {region.frame for region in again.regions(medium=medium)} == frames
        with open_medium(locate(again, row)) as recording:
            assert frames <= set(recording.kept.tolist())
            for frame, seen in zip(sorted(frames), shown, strict=True):
                assert (recording.frame(frame) == seen).all()


def test_undo_takes_a_follow_on_a_camera_back(desk):
    session, project = desk.session, desk.project
    desk.open()
    desk.until(lambda: session.shown is not None and session.shown.number >= 2)
    desk.view.drawing_begun.emit()
    desk.view.box_drawn.emit(box_at(session.shown.number / SLOW))
    before = project.media[session.medium.id]
    session.learning = "frozen"
    session.head = None
    desk.do("track.forward")
    desk.until(lambda: len(project.project.tracks()) > 0 or session.frame > before.frames + 3)
    desk.do("edit.select_none")  # Esc
    desk.until(lambda: not session.following)
    assert project.media[before.id].frames > before.frames
    project.undo()
    assert project.media[before.id] == before and project.project.tracks() == []
