"""The video panel on clips whose frames show their number: what is seen is what was asked for."""

from __future__ import annotations

import time
from threading import Event

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from studio.controllers.transport import parse_place
from studio.controllers.video import VideoController
from studio.core.detections import Detections
from studio.core.geometry import Window
from studio.core.media import open_medium
from studio.core.project import Edit, Project, RegionRow, TrackRow, new_id
from studio.core.project.media import add_medium
from studio.state.jobs import Job
from studio.state.session import FollowedWindows, LiveShown, ShownFrame, ShownMedium
from studio.views.video import VideoView
from tests.numbered import HEIGHT, WIDTH, number_of, write_clip, write_folder


def add(folder, source):
    """The id of a new medium of the project."""
    with Project.open(folder, write=True) as project, open_medium(source) as medium:
        return add_medium(project, source, medium.kind, medium.frame_count, *medium.size).id


@pytest.fixture
def clip(tmp_path, folder):
    return add(folder, write_clip(tmp_path / "clip.mp4"))


@pytest.fixture
def video(qtbot, clip, context):
    view = VideoView()
    context.window.add_dock("video", "Video", view)
    controller = VideoController(context, view)
    context.window.resize(900, 700)
    context.window.show()
    yield view
    for lane in context.lanes.all:
        lane.end()
    controller.close()


@pytest.fixture
def opened(qtbot, video, context, clip):
    """The view with the clip at frame 0."""
    context.session.go(clip, 0)
    qtbot.waitUntil(lambda: context.session.shown is not None)
    return video


def seen(context):
    """The number that the shown picture bears, which must be the one it is said to have."""
    shown = context.session.shown
    assert shown is not None
    assert number_of(shown.picture) == shown.number
    return shown.number


def wait_for(qtbot, context, number):
    qtbot.waitUntil(lambda: context.session.shown is not None and context.session.shown.number == number)
    assert seen(context) == number


def result_of(frame, *scores, seconds=0.05, at=None):
    boxes = np.array([[10 + 50 * place, 20, 30, 24] for place in range(len(scores))], np.float32).reshape(-1, 4)
    found = Detections(boxes, np.array(scores, np.float32), np.zeros(len(scores), np.int64))
    return LiveShown(frame, found, ("cup",), "head", seconds, time.monotonic() if at is None else at)


def frame_of(medium, number):
    return ShownFrame(medium, number, number / 30, np.zeros((HEIGHT, WIDTH, 3), np.uint8))


def test_an_empty_panel_offers_the_first_step(qtbot, video, context):
    wanted = []
    context.actions["media.open"].setEnabled(True)
    context.actions["media.open"].triggered.connect(lambda: wanted.append(True))
    qtbot.mouseClick(video.findChild(object, "empty.media.open"), Qt.MouseButton.LeftButton)
    assert wanted == [True]


def test_every_frame_is_the_one_asked_for(qtbot, opened, context):
    assert context.session.medium.frame_count == 60
    assert np.allclose(context.session.medium.times, np.arange(60) / 30, atol=1e-3)
    for number in (0, 37, 36, 35, 59, 1, 58, 0):
        context.session.frame = number
        wait_for(qtbot, context, number)


def test_many_wishes_end_at_the_last(qtbot, opened, context):
    shown, go_on = [], Event()
    context.session.shown_changed.connect(lambda frame: shown.append(seen(context)))
    context.lanes.decode.submit(Job("busy", lambda control: go_on.wait(10)))
    for number in range(1, 60):
        context.session.frame = number
    go_on.set()
    wait_for(qtbot, context, 59)
    assert shown == [59], "the latest wins"


def test_keys_step_and_the_bar_says_where(qtbot, opened, context):
    opened.canvas.setFocus()
    for key, number in ((Qt.Key.Key_D, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_A, 1), (Qt.Key.Key_End, 59)):
        qtbot.keyClick(opened.canvas, key)
        wait_for(qtbot, context, number)
    qtbot.keyClick(opened.canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    wait_for(qtbot, context, 49)
    assert opened.findChild(object, "video.frame").text() == "49"
    assert opened.findChild(object, "video.time").text() == "00:01.63"
    assert opened.findChild(object, "video.frame_count").text() == "/ 60"


def test_a_frame_or_a_time_can_be_typed(qtbot, opened, context):
    field = opened.findChild(object, "video.frame")
    context.actions["video.go"].trigger()
    qtbot.keyClicks(field, "31")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    wait_for(qtbot, context, 31)
    field.setFocus()
    field.setText("0.5s")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    wait_for(qtbot, context, 15)
    field.setFocus()
    field.setText("7")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "15"


@pytest.mark.parametrize(
    ("text", "place"), [("312", 312), (" frame 7 ", 7), ("12.5", 12.5), ("12s", 12.0), ("1:02.5", 62.5),
                        ("1:00:00", 3600.0), ("x", None), ("-3", None), ("1:2:3:4", None)],
)  # fmt: skip
def test_what_can_be_typed(text, place):
    assert parse_place(text) == place


def test_it_plays_at_its_own_rate_every_frame_in_turn(qtbot, opened, context):
    shown = []
    context.session.shown_changed.connect(lambda frame: shown.append((time.monotonic(), seen(context))))
    context.actions["video.play"].trigger()
    assert context.session.playing
    qtbot.waitUntil(lambda: not context.session.playing, timeout=8000)
    wait_for(qtbot, context, 59)
    numbers = [number for _, number in shown]
    assert numbers == sorted(set(numbers)), "none comes twice, none comes late"
    assert 1.6 < shown[-1][0] - shown[0][0] < 3.0
    assert not context.actions["video.play"].isChecked()


def test_scrubbing_shows_the_frame_under_the_thumb_and_goes_on_playing_after(qtbot, opened, context):
    strip = opened.strip
    context.session.playing = True
    place = QPoint(strip.width() // 2 + 1, 5)
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=place)
    wait_for(qtbot, context, 30)
    assert not context.session.playing
    qtbot.mouseMove(strip, QPoint(strip.width() - 1, 5))
    strip.scrubbed.emit(59)
    wait_for(qtbot, context, 59)
    qtbot.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(strip.width() - 1, 5))
    assert context.session.playing


def test_marks_speed_mode_loop_and_tool_are_bound_both_ways(qtbot, opened, context):
    session, actions = context.session, context.actions
    session.frame = 10
    actions["video.in_mark"].trigger()
    session.frame = 20
    actions["video.out_mark"].trigger()
    assert (session.in_mark, session.out_mark) == (10, 20)
    assert opened.strip._marks == (10, 20)
    session.frame = 5
    actions["video.out_mark"].trigger()
    assert (session.in_mark, session.out_mark) == (None, 5)
    actions["video.clear_marks"].trigger()
    assert opened.strip._marks == (None, None)
    actions["video.faster"].trigger()
    assert session.speed == 2.0
    speed, mode = opened.findChild(object, "video.speed"), opened.findChild(object, "video.mode")
    assert speed.currentText() == "2×"
    speed.activated.emit(0)
    assert session.speed == 0.1
    session.mode = "search"
    assert mode.currentText() == "search"
    mode.activated.emit(2)
    assert session.mode == "track"
    actions["video.loop"].trigger()
    assert session.looping
    session.looping = False
    assert not actions["video.loop"].isChecked()
    for tool, name in (("draw", "label.draw_box"), ("pan", "tool.pan"), ("select", "tool.select")):
        actions[name].trigger()
        assert session.tool == tool
    session.tool = "ignore"
    assert actions["tool.ignore"].isChecked()
    assert not actions["tool.select"].isChecked()
    session.ghosts = True
    assert actions["view.ghosts"].isChecked()
    session.rate = 24.2
    rate = opened.findChild(object, "video.rate")
    assert rate.toolTip() == "detector 24 / s"
    assert rate.text() in ("detector 24 / s", "24/s")


def test_a_folder_of_pictures_is_stepped_through(qtbot, video, context, tmp_path, folder):
    stills = add(folder, write_folder(tmp_path / "garden"))
    context.project.look()
    context.session.go(stills, 2)
    wait_for(qtbot, context, 2)
    context.actions["video.on"].trigger()
    wait_for(qtbot, context, 3)
    assert context.session.medium.kind == "stills"


def test_what_cannot_be_opened_says_why_and_others_still_work(qtbot, video, context, clip, tmp_path, folder):
    gone = write_clip(tmp_path / "gone.mp4", frames=5)
    missing = add(folder, gone)
    gone.unlink()
    context.project.look()
    context.session.go(missing, 0)
    qtbot.waitUntil(lambda: "missing" in video._empty._text.text())
    assert video.findChild(object, "empty.media.relink") is not None
    assert context.session.medium is None
    context.session.go(clip, 4)
    wait_for(qtbot, context, 4)
    assert video._stack.currentWidget() is video.canvas


def test_a_frame_that_cannot_be_read_is_said_and_others_still_are(qtbot, video, context, tmp_path, folder):
    stills = add(folder, write_folder(tmp_path / "garden"))
    context.project.look()
    context.session.go(stills, 0)
    wait_for(qtbot, context, 0)
    (tmp_path / "garden" / "img3.png").write_bytes(b"no picture any more")
    context.session.playing = True
    qtbot.waitUntil(lambda: "img3.png" in video._problem.text())
    assert not context.session.playing
    assert seen(context) == 2
    context.session.frame = 4
    wait_for(qtbot, context, 4)
    assert not video._problem.isVisible()


def test_a_video_that_is_cut_off_while_it_is_open_breaks_nothing(qtbot, opened, context, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(path.read_bytes()[:2000])
    for number in (59, 3, 58, 40):
        context.session.frame = number
        qtbot.waitUntil(lambda: not context.lanes.decode.jobs)
    assert opened._stack.currentWidget() is opened.canvas


def test_far_out_the_picture_comes_smaller_and_stays_the_same_frame(qtbot, opened, context):
    context.session.frame = 9
    wait_for(qtbot, context, 9)
    opened.canvas.zoom_to(0.3)
    qtbot.waitUntil(lambda: context.session.shown.small is not None)
    assert context.session.shown.small.shape == (HEIGHT // 2, WIDTH // 2, 3)
    assert seen(context) == 9
    opened.canvas.fit()
    qtbot.waitUntil(lambda: context.session.shown.small is None)


def test_the_keys_are_the_pictures_once_a_medium_is_open(qtbot, opened, context):
    context.window.activateWindow()
    qtbot.waitUntil(lambda: context.window.focusWidget() is opened.canvas)


def test_going_to_another_medium_shows_only_its_frames(qtbot, opened, context, tmp_path, folder, clip):
    other = add(folder, write_clip(tmp_path / "other.mp4", frames=20))
    context.project.look()
    context.session.frame = 50
    context.session.go(other, 7)
    assert context.session.shown is None
    wait_for(qtbot, context, 7)
    assert context.session.shown.medium == other
    context.session.go(clip, 3)
    context.session.go(other, 2)
    wait_for(qtbot, context, 2)
    assert context.session.medium.id == other


def test_a_removed_medium_goes_from_the_picture(qtbot, opened, context, clip):
    row = context.project.media[clip]
    context.project.apply(Edit.removal("remove", [row]))
    assert context.session.medium is None
    assert context.session.shown is None
    assert video_text(opened) == "No video yet"


def video_text(view):
    return view._empty._title.text()


# Detections ----------------------------------------------------------------------------------------------------------


def test_a_paused_frame_shows_only_its_own_result(qtbot, opened, context, clip):
    overlay = lambda: opened.canvas.overlay  # noqa: E731
    context.session.result = result_of(frame_of(clip, 7), 0.9)
    assert not overlay().detections
    context.session.frame = 7
    wait_for(qtbot, context, 7)
    assert [found.text for found in overlay().detections] == ["cup 0.90"]
    assert overlay().age == ""
    context.session.frame = 8
    wait_for(qtbot, context, 8)
    assert not overlay().detections


def test_while_playing_the_newest_stays_half_a_second_with_its_age(qtbot, opened, context, clip):
    context.session.speed = 0.1
    context.session.playing = True
    context.session.result = result_of(frame_of(clip, 40), 0.9, seconds=0.08)
    assert opened.canvas.overlay.detections
    assert opened.canvas.overlay.age.endswith("ms ago")
    qtbot.waitUntil(lambda: not opened.canvas.overlay.detections, timeout=2000)
    assert opened.canvas.overlay.age == ""


def test_picking_freezes_on_the_frame_it_came_from(qtbot, opened, context, clip):
    context.session.speed = 0.5
    context.session.playing = True
    result = result_of(frame_of(clip, 40), 0.9, 0.8)
    context.session.result = result
    box = opened.canvas.overlay.detections[1].box
    place = opened.canvas.viewport.rect(box).center().toPoint()
    qtbot.mouseClick(opened.canvas, Qt.MouseButton.LeftButton, pos=place)
    assert not context.session.playing
    assert (context.session.picked.result, context.session.picked.index) == (result, 1)
    wait_for(qtbot, context, 40)
    assert [found.picked for found in opened.canvas.overlay.detections] == [False, True]
    context.session.result = None
    assert opened.canvas.overlay.detections, "the picked one stays, with those beside it"
    context.session.frame = 41
    assert context.session.picked is None


def test_thresholds_hide_and_doubt_is_marked(qtbot, opened, context, clip):
    cup = context.project.project.label("cup")
    context.session.result = result_of(context.session.shown, 0.9, 0.55, 0.45)
    assert [found.text for found in opened.canvas.overlay.detections] == ["cup 0.90", "cup 0.55 ?"]
    from dataclasses import replace

    context.project.apply(Edit.rows("threshold", [replace(cup, threshold=0.7)]))
    assert [found.text for found in opened.canvas.overlay.detections] == ["cup 0.90"]


def test_x_rejects_the_picked_one_and_tab_goes_round(qtbot, opened, context):
    rejected = []
    context.actions["detect.reject"].triggered.connect(lambda: rejected.append(context.session.picked.index))
    context.session.result = result_of(context.session.shown, 0.9, 0.8)
    for _ in range(3):
        context.actions["detect.next"].trigger()
    assert context.session.picked.index == 0
    context.actions["edit.delete"].trigger()
    assert rejected == [0]


def test_followed_windows_wait_for_their_frame(qtbot, opened, context, clip):
    context.session.following = True
    context.session.followed = FollowedWindows(clip, 9, (), (Window(1, 2, 30),), (Window(50, 40, 30),))
    assert not opened.canvas.overlay.positives
    context.session.frame = 9
    wait_for(qtbot, context, 9)
    assert opened.canvas.overlay.positives == (Window(1, 2, 30),)
    assert opened.canvas.overlay.negatives == (Window(50, 40, 30),)
    context.session.followed = None
    assert not opened.canvas.overlay.positives


def test_a_live_camera_is_just_shown(qtbot, opened, context):
    context.session.medium = ShownMedium(0, "camera:0", None, "camera", 0, (WIDTH, HEIGHT), 30.0, live=True)
    context.session.shown = frame_of(0, 12)
    assert opened.canvas.frame_size == (WIDTH, HEIGHT)
    context.session.result = result_of(frame_of(0, 10), 0.9)
    assert opened.canvas.overlay.detections
    assert opened.findChild(object, "video.frame_count").text() == "live"


# The time line -------------------------------------------------------------------------------------------------------


def region(medium, frame, label, track, x, author, keyframe, score):
    return RegionRow(
        new_id(), medium, frame, label, track, x, 10.0, 20.0, 20.0, author, keyframe, score, False, "visible"
    )


def test_the_strip_shows_tracks_and_doubtful_frames_are_found(qtbot, opened, context, clip):
    cup = context.project.project.label("cup")
    track = TrackRow(new_id(), clip, cup.id)
    rows = [region(clip, n, cup.id, track.id, 10.0, "tracker", False, 0.4 if n == 7 else 0.95) for n in range(12)]
    context.project.apply(Edit.rows("follow", [track, *rows]), who="tracker")
    qtbot.waitUntil(lambda: len(opened.strip._data.tracks) == 1)
    assert opened.strip._data.tracks[0].frames.tolist() == list(range(12))
    assert opened.canvas.overlay.boxes[0].name == "cup · 1"
    context.actions["video.next_doubtful"].trigger()
    wait_for(qtbot, context, 7)
    context.actions["video.next_doubtful"].trigger()
    assert context.session.frame == 7
    context.project.undo()
    qtbot.waitUntil(lambda: not opened.strip._data.tracks)


def test_the_selection_stays_with_its_object_from_frame_to_frame(qtbot, opened, context, clip):
    cup = context.project.project.label("cup")
    track = TrackRow(new_id(), clip, cup.id)
    rows = [
        RegionRow(
            new_id(), clip, n, cup.id, track.id, 10.0 + n, 10.0, 20.0, 20.0, "human", True, None, False, "visible"
        )
        for n in (0, 1, 5)
    ]
    context.project.apply(Edit.rows("boxes", [track, *rows]))
    qtbot.waitUntil(lambda: len(opened.strip._data.tracks) == 1)
    context.session.selection = frozenset({rows[0].id})
    context.session.frame = 1
    wait_for(qtbot, context, 1)
    assert context.session.selection == {rows[1].id}
    context.session.frame = 3
    wait_for(qtbot, context, 3)
    [box] = opened.canvas.overlay.boxes
    assert (box.kind, box.selected, box.box.x) == ("interpolated", True, 13.0)
    opened.box_changed.emit(box.id, box.box._replace(x=20.0))
    [row] = context.project.regions_on(clip, 3)
    assert (row.x, row.track, row.keyframe, row.author) == (20.0, track.id, True, "human")
    assert context.session.selection == {row.id}
