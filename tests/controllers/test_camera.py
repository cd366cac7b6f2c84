"""A live camera in the window: opened by name, seen, frozen, gone back in, drawn on, recorded, unplugged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton

from studio.controllers.camera import CameraController
from studio.controllers.media import MediaController
from studio.controllers.video import VideoController
from studio.core.geometry import Box
from studio.core.media import open_medium
from studio.core.media.camera_list import CameraMode, FoundCamera
from studio.core.project import Edit, Project, TrackRow, new_id
from studio.core.project.marks import mark
from studio.core.project.media import add_medium, locate
from studio.state.jobs import Job
from studio.views.camera_dialog import CameraDialog
from studio.views.media import MediaView
from studio.views.video import VideoView
from tests.core.media.cameras import FakeCapture
from tests.core.media.clips import number_of
from tests.numbered import write_clip

MODES = (CameraMode(1920, 1080, (30.0,)), CameraMode(1280, 720, (60.0, 30.0)), CameraMode(640, 480, (30.0,)))
CAMERAS = [FoundCamera("camera:0", "Desk camera", MODES), FoundCamera("camera:2", "Plain camera")]
PATIENCE = 20_000


class Desk:
    """The window's panel of the video with cameras that are not there."""

    def __init__(self, qtbot, context, cameras):
        self.qtbot, self.context, self.session = qtbot, context, context.session
        self.captures = []
        self.cameras = cameras
        self.view = VideoView()
        qtbot.addWidget(self.view)
        self.video = VideoController(context, self.view)
        self.camera = CameraController(context, self.capture, self.look)
        self.closed = False

    def capture(self, number):
        self.captures.append(FakeCapture(pace=0.004, opened=number != 9))
        return self.captures[-1]

    def look(self, found):
        for camera in self.cameras:
            found(camera)

    def until(self, condition):
        self.qtbot.waitUntil(condition, timeout=PATIENCE)

    def action(self, name):
        return self.context.actions[name]

    @property
    def dialog(self):
        return self.context.window.findChild(CameraDialog, "camera.dialog")

    def widget(self, kind, name):
        return self.dialog.findChild(kind, name)

    def ask(self):
        self.action("camera.open").trigger()
        self.until(lambda: self.widget(QPushButton, "camera.look").isEnabled())

    def open(self):
        self.ask()
        self.widget(QPushButton, "camera.open_button").click()
        self.until(lambda: self.session.shown is not None and self.session.playing)

    def run_to(self, number):
        self.until(lambda: self.session.shown.number >= number)

    def close(self):
        if self.closed:
            return
        self.closed = True
        for lane in self.context.lanes.all:
            lane.end()
        self.camera.close()
        self.video.close()
        self.context.lanes.close()


@pytest.fixture
def cameras():
    return CAMERAS


@pytest.fixture
def desk(qtbot, context, cameras):
    made = Desk(qtbot, context, cameras)
    yield made
    made.close()
    for thread in threading.enumerate():
        if thread.name.startswith(("close camera", "record camera", "camera:")):
            thread.join(5)
            assert not thread.is_alive()
    assert all(capture.released for capture in made.captures if capture.opened)


def number_in(shown):
    """What the picture says."""
    return number_of(shown.picture)


def test_a_camera_is_chosen_by_name_size_and_rate(desk, said):
    desk.ask()
    device, size, rate = (desk.widget(QComboBox, f"camera.{name}") for name in ("device", "size", "rate"))
    assert [device.itemText(place) for place in range(2)] == ["Desk camera", "Plain camera"]
    assert size.currentText() == "1280 × 720" and rate.currentText() == "60 frames a second"
    size.setCurrentText("640 × 480")
    assert rate.currentText() == "30 frames a second"
    device.setCurrentText("Plain camera")
    assert size.currentText() == rate.currentText() == "as the camera gives it"
    device.setCurrentText("Desk camera")
    desk.widget(QPushButton, "camera.open_button").click()
    desk.until(lambda: desk.session.shown is not None)
    assert set(desk.captures[0].asked.values()) >= {1280, 720, 60}
    assert desk.session.medium.live and desk.session.medium.name == "Desk camera" and desk.session.medium.path is None
    assert any("gives 128 × 48 at 25 frames a second, not what was asked for" in text for text in said)
    assert desk.session.camera.name == "Desk camera" and desk.session.camera.delivers.startswith("128 × 48")
    desk.until(lambda: desk.dialog is None)


@pytest.mark.parametrize("cameras", [[]])
def test_no_camera_says_so_and_how(desk):
    desk.ask()
    assert "No camera was found. Plug one in" in desk.widget(QLabel, "camera.say").text()
    assert not desk.widget(QPushButton, "camera.open_button").isEnabled()
    desk.cameras = CAMERAS
    desk.widget(QPushButton, "camera.look").click()
    desk.until(lambda: desk.widget(QPushButton, "camera.open_button").isEnabled())
    desk.dialog.reject()
    desk.until(lambda: desk.dialog is None)


@pytest.mark.parametrize("cameras", [[FoundCamera("camera:9", "Busy camera")]])
def test_a_camera_that_cannot_be_opened_is_said_in_the_dialog(desk):
    desk.ask()
    desk.widget(QPushButton, "camera.open_button").click()
    desk.until(lambda: "there is no camera:9" in desk.widget(QLabel, "camera.say").text())
    assert desk.widget(QPushButton, "camera.open_button").isEnabled() and desk.session.medium is None
    desk.dialog.reject()


def test_the_picture_is_the_newest_and_its_number_and_time_are_right(desk):
    desk.open()
    seen = []
    desk.session.shown_changed.connect(lambda shown: seen.append((shown, shown.number)))
    desk.run_to(30)
    numbers = [number for _, number in seen]
    assert numbers == sorted(set(numbers))
    for shown, number in seen:
        assert number_in(shown) == number % 256
    assert desk.session.frame == desk.session.shown.number
    assert desk.action("video.play").isChecked() and not desk.action("camera.freeze").isChecked()


def test_freezing_stops_it_and_one_goes_back_through_the_buffer(desk):
    desk.open()
    desk.run_to(20)
    desk.action("camera.freeze").trigger()
    assert not desk.session.playing
    frozen = desk.session.shown.number
    desk.qtbot.wait(100)
    assert desk.session.shown.number == frozen
    desk.action("video.back").trigger()
    desk.until(lambda: desk.session.shown.number == frozen - 1)
    assert number_in(desk.session.shown) == (frozen - 1) % 256
    desk.action("video.first").trigger()
    desk.until(lambda: desk.session.shown.number == desk.session.camera.first == 0)
    assert desk.session.camera.behind > 0
    desk.view.strip.resize(400, 40)
    assert desk.view.strip.frame_at(399) == pytest.approx(desk.session.camera.last, abs=1)
    desk.action("video.play").trigger()  # Space
    assert desk.session.playing and not desk.action("camera.freeze").isChecked()
    desk.run_to(frozen + 10)


def test_what_is_frozen_stays_while_the_buffer_rolls_on(desk):
    desk.open()
    desk.run_to(20)
    desk.camera._source.camera._seconds = 0.05  # a short buffer instead of a long test
    desk.action("camera.freeze").trigger()
    number, picture = desk.session.shown.number, desk.session.shown.picture
    first = desk.session.camera.first
    camera = desk.camera._source.camera
    desk.until(lambda: camera.buffered[0] > number)
    desk.view.box_drawn.emit(Box(4, 4, 30, 20))
    (region,) = desk.context.project.project.regions()
    assert region.frame == number
    with open_medium(locate(desk.context.project.project, desk.context.project.media[region.medium])) as medium:
        np.testing.assert_array_equal(medium.frame(number), picture)
    desk.session.frame = first
    desk.until(lambda: desk.session.shown.number == first)


def test_a_box_on_the_live_picture_freezes_and_keeps_its_frame_only(desk):
    desk.open()
    desk.run_to(10)
    desk.view.drawing_begun.emit()
    assert not desk.session.playing and desk.action("camera.freeze").isChecked()
    number, medium = desk.session.shown.number, desk.session.medium
    desk.view.box_drawn.emit(Box(4, 4, 30, 20))
    (region,) = desk.context.project.project.regions()
    assert (region.frame, region.medium) == (number, medium.id)
    assert desk.session.medium is medium and desk.session.selection == {region.id}
    row = desk.context.project.media[medium.id]
    assert row.kind == "camera" and row.frames == number + 1
    assert desk.context.project.project.check() == []
    desk.action("edit.undo")
    desk.action("video.play").trigger()
    desk.run_to(number + 5)
    desk.action("camera.close").trigger()  # what was kept is shown instead
    desk.until(lambda: desk.session.shown is not None and desk.session.medium.path is not None)
    assert not desk.session.medium.live and desk.session.camera is None and desk.session.keep_frame is None
    with open_medium(desk.session.medium.path) as recording:
        assert recording.kept.tolist() == [number]


def test_boxes_between_keyframes_are_about_kept_frames_only(desk):
    desk.open()
    desk.run_to(30)
    desk.session.playing = False
    project, medium = desk.context.project, desk.session.medium.id
    track = new_id()

    def show(number):
        desk.session.frame = number
        desk.until(lambda: desk.session.shown.number == number)

    for number in (5, 25):
        show(number)
        desk.view.box_drawn.emit(Box(number, 4, 30, 20))
        (row,) = project.regions_on(medium, number)
        project.apply(Edit.rows("track", [TrackRow(track, medium, row.label), replace(row, track=track)]))
    show(15)
    desk.until(lambda: any(box.id == -track for box in desk.view.canvas.overlay.boxes))
    seen = desk.session.shown.picture
    desk.view.box_changed.emit(-track, Box(16, 4, 30, 20))
    (fixed,) = project.regions_on(medium, 15)
    assert desk.session.selection == {fixed.id}
    with open_medium(locate(project.project, project.media[medium])) as recording:
        np.testing.assert_array_equal(recording.frame(15), seen)
    desk.camera._source.kept.keep([20])
    desk.action("track.keep_interpolated").trigger()
    desk.until(lambda: len(project.project.regions(medium=medium)) == 4)
    assert [row.frame for row in project.project.regions(medium=medium)] == [5, 15, 20, 25]


def marked(desk, first, last):
    """The frames between the marks, after the camera was frozen."""
    desk.session.playing = False
    desk.session.in_mark, desk.session.out_mark = first, last
    desk.context.session.label = desk.context.project.project.label("cup").id


def test_nothing_here_on_a_range_of_a_live_camera_keeps_its_frames(desk, said):
    desk.open()
    desk.run_to(40)
    marked(desk, 5, 30)
    pictures = {number: desk.camera._source.camera.frame(number) for number in (5, 30)}
    desk.action("label.nothing_here").trigger()
    project = desk.context.project
    desk.until(lambda: len(project.project.marks()) == 1)
    ((medium, row),) = project.media.items()
    (mark,) = project.project.marks()
    assert (mark.medium, mark.first, mark.last, mark.kind, row.frames) == (medium, 5, 30, "nothing", 31)
    with open_medium(locate(project.project, row)) as recording:
        assert recording.kept.tolist() == list(range(5, 31))
        for number, picture in pictures.items():
            np.testing.assert_array_equal(recording.frame(number), picture)
    desk.until(lambda: said[-1] == "Kept 26 frames. no cup here, frames 5 to 30")
    project.undo()
    assert not project.project.marks() and not project.media


def test_frames_that_left_the_buffer_are_left_out_and_said(desk, said):
    desk.open()
    desk.run_to(40)
    desk.camera._source.camera._seconds = 0.1  # of the buffer
    desk.run_to(60)
    marked(desk, 0, 2)
    desk.action("label.nothing_here").trigger()
    assert said[-1] == "Frames 0 to 2 have left the camera's buffer; nothing is kept"
    last = desk.camera._source.past[-1]
    first = desk.camera._source.past[0]
    marked(desk, 0, last)
    desk.view.ignore_drawn.emit(Box(4, 4, 30, 20))
    project = desk.context.project
    desk.until(lambda: said[-1].startswith("Kept "))
    count = last - first + 1
    assert said[-1].startswith(f"Kept {count} frames of {last + 1}: the others were not in the camera's buffer. ")
    assert [row.frame for row in project.project.regions()] == list(range(first, last + 1))


def test_a_range_with_an_object_is_refused_and_nothing_more_is_kept(desk, said):
    desk.open()
    desk.run_to(20)
    marked(desk, 2, 15)
    desk.session.frame = 10
    desk.until(lambda: desk.session.shown.number == 10)
    desk.view.box_drawn.emit(Box(4, 4, 30, 20))
    desk.action("label.nothing_here").trigger()
    desk.until(lambda: "there is a cup on frame 10" in said[-1])
    (row,) = desk.context.project.media.values()
    with open_medium(locate(desk.context.project.project, row)) as recording:
        assert recording.kept.tolist() == [10]


def test_the_frames_of_a_range_are_kept_though_project_and_camera_are_closed_meanwhile(desk, folder):
    desk.open()
    desk.run_to(20)
    marked(desk, 2, 15)
    go = threading.Event()
    desk.context.lanes.disk.submit(Job("slow", lambda control: go.wait(20)))
    desk.action("label.nothing_here").trigger()
    threading.Timer(0.3, go.set).start()
    desk.close()
    with Project.open(folder) as project:
        (row,), (mark,) = project.media(), project.marks()
        assert (mark.first, mark.last) == (2, 15)
        with open_medium(locate(project, row)) as recording:
            assert recording.kept.tolist() == list(range(2, 16))


def test_recording_keeps_all_frames_while_it_is_on(desk, said):
    desk.open()
    desk.action("camera.record").trigger()
    begun = desk.session.shown.number
    desk.until(lambda: desk.session.camera.recorded is not None and desk.session.camera.recorded > 0.2)
    desk.action("camera.freeze").trigger()  # a frozen picture is recorded on
    desk.qtbot.wait(100)
    desk.action("camera.record").trigger()
    desk.until(lambda: desk.session.camera.recorded is None)
    (row,) = desk.context.project.media.values()
    with open_medium(locate(desk.context.project.project, row)) as recording:
        kept = recording.kept.tolist()
    assert kept[0] >= begun and kept == list(range(kept[0], kept[-1] + 1)) and row.frames == kept[-1] + 1
    assert said[-1] == f"Recorded {len(kept)} frames of Desk camera"
    assert not desk.action("camera.record").isChecked()
    desk.context.project.undo()
    assert not desk.context.project.media


@pytest.fixture
def media(qtbot, context):
    """The media dock, which opens another medium where the shown one goes."""
    view = MediaView()
    qtbot.addWidget(view)
    made = MediaController(context, view)
    yield made
    made.close()


def test_undoing_the_first_box_leaves_the_camera_live(desk, media):
    desk.open()
    desk.run_to(10)
    medium = desk.session.medium
    for _ in range(2):
        desk.session.playing = False
        desk.view.box_drawn.emit(Box(4, 4, 30, 20))
        assert medium.id in desk.context.project.media
        desk.context.project.undo()
        assert desk.session.medium is medium and not desk.context.project.media
        desk.session.playing = True
        desk.run_to(desk.session.shown.number + 3)


def test_recording_that_is_undone_goes_on_and_is_there_at_its_end(desk, media, said):
    desk.open()
    desk.action("camera.record").trigger()
    desk.run_to(10)
    desk.context.project.undo()
    assert not desk.context.project.media and desk.session.medium.live
    desk.run_to(20)
    desk.action("camera.record").trigger()
    desk.until(lambda: desk.session.camera.recorded is None)
    (row,) = desk.context.project.media.values()
    assert row.frames >= 20 and [text for text in said if "undone" in text] == []
    assert said[-1].startswith("Recorded ")
    desk.context.project.undo()
    assert not desk.context.project.media and desk.session.medium.live


def test_without_a_camera_the_actions_say_so(desk, said):
    for name in ("camera.record", "camera.freeze", "camera.close"):
        desk.action(name).trigger()
        assert said.pop().startswith("No camera is open") and not desk.action(name).isChecked()


def test_unplugged_while_live_is_said_and_the_buffer_stays(desk, said):
    desk.open()
    desk.run_to(10)
    desk.action("camera.record").trigger()
    desk.captures[0].gone = True
    desk.until(lambda: not desk.session.playing)
    assert desk.session.camera.problem == "Desk camera gives no more pictures; was it unplugged?"
    assert any("was it unplugged?" in text for text in said)
    assert desk.view.canvas.overlay.badges[0] == desk.session.camera.problem
    desk.until(lambda: not desk.action("camera.record").isChecked())
    last = desk.session.camera.last
    desk.action("video.first").trigger()
    desk.until(lambda: desk.session.shown.number == 0)
    desk.session.frame = last
    desk.until(lambda: desk.session.shown.number == last)
    desk.action("video.play").trigger()
    assert not desk.session.playing and not desk.action("video.play").isChecked()
    desk.view.box_drawn.emit(Box(4, 4, 30, 20))
    assert [region.frame for region in desk.context.project.project.regions()] == [last]


def test_opening_the_same_camera_again_closes_it_first(desk):
    desk.open()
    first = desk.session.medium.id
    desk.run_to(5)
    desk.open()
    desk.until(lambda: desk.session.medium is not None and desk.session.medium.id != first)
    assert desk.captures[0].released and len(desk.captures) == 2


def test_giving_up_while_it_opens_leaves_nothing_open(desk):
    desk.ask()
    desk.widget(QPushButton, "camera.open_button").click()
    desk.dialog.reject()
    desk.until(lambda: not desk.context.lanes.decode.jobs)
    assert desk.session.medium is None and desk.session.camera is None


@pytest.mark.parametrize("closes", ["project", "dialog", "both"])
def test_what_opens_while_its_dialog_or_project_closes_is_let_go(desk, closes):
    asked, go_on = threading.Event(), threading.Event()

    def capture(number):
        asked.set()
        go_on.wait(10)
        return desk.capture(number)

    desk.camera._opening._open_capture = capture
    desk.ask()
    desk.widget(QPushButton, "camera.open_button").click()
    assert asked.wait(10)
    if closes != "project":
        desk.dialog.reject()
    if closes != "dialog":
        for lane in desk.context.lanes.all:
            lane.end()
        desk.camera.close()
    go_on.set()
    desk.until(lambda: [each.released for each in desk.captures] == [True])
    assert desk.session.medium is None


def test_following_takes_what_came_meanwhile_quickly_and_then_the_newest(desk):
    from studio.core.control import Cancelled, Control

    desk.open()
    desk.run_to(40)
    source, control = desk.camera._source, Control()
    frames = source.follow(10, None, False, control)
    assert next(frames)[0] == 10
    numbers = []
    while not numbers or numbers[-1] < source.camera.newest().number - 2:
        number, picture = next(frames)
        assert number_of(picture) == number % 256
        numbers.append(number)
        assert len(numbers) < 500
    assert numbers == sorted(set(numbers)) and 10 < numbers[0] < 40
    assert all(number in source.kept for number in numbers)
    control.cancel()
    with pytest.raises(Cancelled):
        next(frames)
    back = [number for number, _ in source.follow(10, 6, True, Control())]
    assert back == [10, 9, 8, 7, 6]


def test_closing_the_project_while_it_records_keeps_what_came_and_ends_at_once(desk, folder):
    desk.open()
    desk.action("camera.record").trigger()
    desk.run_to(30)
    source, began = desk.camera._source, time.monotonic()
    desk.close()
    assert time.monotonic() - began < 1
    (row,) = desk.context.project.project.media()
    with open_medium(folder / row.path) as recording:
        assert recording.frame_count == row.frames >= 29
    assert not source.kept.recording and desk.session.camera is None
    assert not desk.action("camera.record").isChecked()


def test_a_recording_that_was_killed_is_as_long_as_its_frames(desk, media):
    desk.open()
    desk.run_to(12)
    source, project = desk.camera._source, desk.context.project
    project.apply(Edit.rows("record", [source.kept.keep([0])]))  # all that a kill leaves of the row
    source.kept.keep(range(1, 10))
    (row,) = project.media.values()
    desk.action("camera.close").trigger()
    desk.until(lambda: desk.session.medium is not None and not desk.session.medium.live)
    assert project.media == {row.id: replace(row, frames=10)}
    desk.until(lambda: desk.session.shown is not None)
    desk.session.frame = 9
    desk.until(lambda: desk.session.shown.number == 9)
    project.apply(mark(project.project, project.media[row.id], project.project.label("cup"), 9, 9, "nothing"))


def test_a_clip_opened_meanwhile_closes_the_camera(desk, tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", frames=5)
    medium = add_medium(desk.context.project.project, clip, "video", 5, 160, 96)
    desk.context.project.refresh()
    desk.open()
    desk.run_to(5)
    desk.session.go(medium.id, 3)
    desk.until(lambda: desk.session.shown is not None and desk.session.shown.medium == medium.id)
    assert desk.session.camera is None and not desk.session.playing and desk.session.frame == 3
    desk.until(lambda: desk.captures[0].released)
    assert not desk.context.project.project.media()[1:]  # nothing of it was kept


KILLED = """
import sys
from pathlib import Path
from studio.controllers.camera_work import CameraWish, Opening
from studio.core.control import Control
from studio.core.geometry import Box
from studio.core.project import Project
from studio.controllers import box_edits
from studio.core.project import Edit
from tests.core.media.cameras import FakeCapture
folder = Path(sys.argv[1])
source = Opening(folder, CameraWish("camera:0", "Desk"), lambda number: FakeCapture(pace=0.002)).run(Control())
with Project.open(folder, write=True) as project:
    label = next(row for row in project.labels() if row.name == "cup")
    for frame, _ in source.follow(0, None, False, Control()):
        row = source.row()
        edit, _ = box_edits.draw(project, row.id, frame, label, False, Box(1, 2, 30, 20))
        project.apply(Edit(edit.text, {**Edit.rows("", [row]).changes, **edit.changes}))
        print(frame, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="has no kill -9")
def test_a_kill_leaves_every_region_its_frame(folder):
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        while (last := int(process.stdout.readline())) < 40:
            pass
        process.kill()
    with Project.open(folder) as project:
        (row,) = project.media()
        frames = {region.frame for region in project.regions()}
        assert last in frames and row.frames >= last + 1 and project.check() == []
        with open_medium(locate(project, row)) as recording:
            assert frames <= set(recording.kept.tolist())
