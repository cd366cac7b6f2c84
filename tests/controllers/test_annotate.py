"""Drawing, moving, relabelling and marking: what is written, and that one undo takes it back."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from studio.controllers.video import VideoController
from studio.core.geometry import Box
from studio.core.project import BACKGROUND, Edit, MarkRow, MediumRow, RegionRow, TrackRow, new_id
from studio.state.session import ActiveHead, ShownFrame, ShownMedium
from studio.views.video import VideoView

LEFT = Qt.MouseButton.LeftButton
MEDIUM = MediumRow(new_id(), "clip.mp4", "video", 10, "0" * 64, 50, 160, 96)


@pytest.fixture
def video(qtbot, context):
    """The panel with a frame of a medium, decoded by nobody."""
    context.project.apply(Edit.rows("add", [MEDIUM]))
    view = VideoView()
    context.window.add_dock("video", "Video", view)
    controller = VideoController(context, view)
    context.window.resize(900, 700)
    context.window.show()
    context.session.medium = ShownMedium(
        MEDIUM.id, "clip.mp4", None, "video", 50, (160, 96), 25.0, times=np.arange(50) / 25
    )
    show(context, 0)
    QApplication.sendPostedEvents()
    yield view
    for lane in context.lanes.all:
        lane.end()
    controller.close()


def show(context, number):
    context.session.frame = number
    context.session.shown = ShownFrame(MEDIUM.id, number, number / 25, np.zeros((96, 160, 3), np.uint8))


def label(context, name):
    return context.project.project.label(name)


def region(context, name="cup", frame=0, box=(20.0, 20.0, 30.0, 24.0), track=None, author="tracker", **facts):
    values = {"keyframe": author == "human", "score": None, "near_duplicate": False, "state": "visible"} | facts
    return RegionRow(new_id(), MEDIUM.id, frame, label(context, name).id, track, *box, author, **values)


def put(context, *rows):
    context.project.apply(Edit.rows("put", rows))
    return rows


def here(context, frame=0):
    return context.project.regions_on(MEDIUM.id, frame)


def drag(qtbot, view, start, end):
    places = [view.canvas.viewport.to_widget(QPointF(*point)).toPoint() for point in (start, end)]
    qtbot.mousePress(view.canvas, LEFT, pos=places[0])
    qtbot.mouseRelease(view.canvas, LEFT, pos=places[1])


def texts(context):
    return [line.text for line in context.project.project.history()]


def test_w_and_a_drag_make_a_selected_region_in_one_step(qtbot, video, context):
    context.session.label = label(context, "hand").id
    before = here(context)
    video.canvas.setFocus()
    qtbot.keyClick(video.canvas, Qt.Key.Key_W)
    assert context.session.tool == "draw"
    drag(qtbot, video, (40, 30), (70, 60))
    [row] = here(context)
    assert (row.x, row.y, row.width, row.height) == pytest.approx((40, 30, 30, 30), abs=0.5)
    assert (row.label, row.author, row.keyframe) == (label(context, "hand").id, "human", True)
    assert context.session.selection == {row.id}, "T follows it"
    assert context.session.tool == "select"
    [box] = video.canvas.overlay.boxes
    assert (box.name, box.color, box.kind, box.selected) == ("hand", "#f0883e", "keyframe", True)
    context.project.undo()
    assert here(context) == before
    assert not video.canvas.overlay.boxes


def test_without_a_label_one_is_made_at_once(qtbot, video, context):
    own = [row for row in context.project.labels.values() if row.name != BACKGROUND]
    context.project.apply(Edit.removal("none", own))
    video.box_drawn.emit(Box(1, 2, 30, 40))
    assert [row.label for row in here(context)] == [label(context, "object").id]
    assert context.session.label == label(context, "object").id
    context.project.undo()
    assert {row.name for row in context.project.labels.values()} == {BACKGROUND}


def test_a_new_box_takes_away_what_said_the_opposite(qtbot, video, context):
    cup = label(context, "cup")
    touching = region(context, BACKGROUND, box=(25.0, 25.0, 20.0, 20.0))
    apart = region(context, BACKGROUND, box=(120.0, 60.0, 20.0, 20.0))
    mark = MarkRow(new_id(), MEDIUM.id, cup.id, 0, 9, "nothing")
    put(context, touching, apart, mark)
    assert "no cup here" in video.canvas.overlay.badges
    context.session.label = cup.id
    video.box_drawn.emit(Box(20, 20, 30, 30))
    assert {row.id for row in here(context)} - context.session.selection == {apart.id}
    assert [(row.first, row.last) for row in context.project.project.marks()] == [(1, 9)]
    assert video.canvas.overlay.badges == ()
    context.project.undo()
    assert {row.id for row in here(context)} == {touching.id, apart.id}


def test_a_box_drawn_while_live_is_a_correction(qtbot, video, context):
    context.session.label = label(context, "cup").id
    context.session.head = ActiveHead("k", "live", ("cup",), None)
    context.session.live = True
    video.box_drawn.emit(Box(20, 20, 30, 30))
    assert texts(context)[-1] == "draw missed cup"
    [row] = here(context)
    assert context.session.selection == {row.id}
    assert [mark.kind for mark in context.project.project.marks()] == ["incomplete"]


def test_dragging_a_followed_box_makes_it_a_keyframe(qtbot, video, context):
    track = TrackRow(new_id(), MEDIUM.id, label(context, "cup").id)
    _, row = put(context, track, region(context, track=track.id, score=0.8))
    drag(qtbot, video, (35, 32), (45, 42))
    [moved] = here(context)
    assert (moved.x, moved.y) == pytest.approx((30, 30), abs=0.5)
    assert (moved.author, moved.keyframe, moved.score, moved.track) == ("human", True, None, track.id)
    context.project.undo()
    assert here(context) == [row]


def test_nudges_in_a_row_are_one_step(qtbot, video, context):
    [row] = put(context, region(context, author="human"))
    context.session.selection = frozenset({row.id})
    for _ in range(5):
        qtbot.keyClick(video.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert here(context)[0].x == 25
    context.project.undo()
    assert here(context) == [row]
    qtbot.keyClick(video.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert here(context)[0].x == 21, "nothing is added to a step that was undone"


def test_delete_removes_what_is_selected_and_an_empty_track(qtbot, video, context):
    track = TrackRow(new_id(), MEDIUM.id, label(context, "cup").id)
    _, first, second = put(
        context, track, region(context, track=track.id), region(context, "hand", box=(90.0, 20.0, 20.0, 20.0))
    )
    context.session.selection = frozenset({first.id})
    video.canvas.setFocus()
    qtbot.keyClick(video.canvas, Qt.Key.Key_X)
    assert here(context) == [second]
    assert context.project.project.tracks() == []
    assert context.session.selection == frozenset()
    context.project.undo()
    assert len(here(context)) == 2
    assert context.project.project.tracks() == [track]


def test_what_is_selected_on_another_frame_is_not_removed_unseen(qtbot, video, context):
    [row] = put(context, region(context, author="human"))
    context.session.selection = frozenset({row.id})
    show(context, 3)
    video.canvas.setFocus()
    context.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is video.canvas)
    context.actions["edit.delete"].trigger()
    assert here(context) == [row]


def test_digits_label_the_selection_with_its_track_or_the_next_box(qtbot, video, context):
    cup, hand = label(context, "cup"), label(context, "hand")
    track = TrackRow(new_id(), MEDIUM.id, cup.id)
    rows = [region(context, frame=frame, track=track.id) for frame in range(3)]
    negative = region(context, BACKGROUND, track=track.id, box=(120.0, 60.0, 20.0, 20.0))
    put(context, track, *rows, negative)
    context.session.selection = frozenset({rows[1].id})
    show(context, 1)
    context.session.selection = frozenset({rows[1].id})
    context.actions["label.key_2"].trigger()
    found = context.project.project.regions(track=track.id)
    assert {row.label for row in found} == {hand.id, label(context, BACKGROUND).id}
    assert context.project.project.tracks()[0].label == hand.id
    context.project.undo()
    assert context.project.project.tracks() == [track]
    context.session.selection = frozenset()
    context.actions["label.key_1"].trigger()
    assert context.session.label == cup.id
    context.session.selection = frozenset({rows[1].id})
    context.actions["label.key_0"].trigger()
    [row] = here(context, 1)
    assert (row.label, row.track) == (label(context, BACKGROUND).id, None)


def test_nothing_here_on_the_frame_or_the_marked_range(qtbot, video, context, said):
    context.session.label = label(context, "cup").id
    context.actions["label.nothing_here"].trigger()
    assert [(row.first, row.last, row.kind) for row in context.project.project.marks()] == [(0, 0, "nothing")]
    assert video.canvas.overlay.badges == ("no cup here",)
    context.session.in_mark, context.session.out_mark = 10, 20
    context.actions["label.nothing_here"].trigger()
    assert {(row.first, row.last) for row in context.project.project.marks()} == {(0, 0), (10, 20)}
    qtbot.waitUntil(lambda: set(video.strip._data.nothing) == {(0, 0), (10, 20)})
    context.session.in_mark = context.session.out_mark = None
    context.actions["label.clear_nothing"].trigger()
    assert video.canvas.overlay.badges == ()
    put(context, region(context))
    context.actions["label.nothing_here"].trigger()
    assert "there is a cup on frame 0" in said[-1]


def test_occluded_and_outside(qtbot, video, context):
    track = TrackRow(new_id(), MEDIUM.id, label(context, "cup").id)
    rows = [region(context, frame=frame, track=track.id) for frame in range(5)]
    kept = region(context, frame=5, track=track.id, author="human")
    put(context, track, *rows, kept)
    context.session.selection = frozenset({rows[0].id})
    context.actions["track.occluded"].trigger()
    assert (here(context)[0].state, here(context)[0].keyframe) == ("occluded", True)
    assert video.canvas.overlay.boxes[0].kind == "occluded"
    context.actions["track.occluded"].trigger()
    assert here(context)[0].state == "visible"
    context.actions["track.outside"].trigger()
    left = context.project.project.regions(track=track.id)
    assert [(row.frame, row.state) for row in left] == [(0, "outside"), (5, "visible")]
    context.project.undo()
    assert len(context.project.project.regions(track=track.id)) == 6


def test_interpolated_boxes_are_kept_on_wish(qtbot, video, context):
    track = TrackRow(new_id(), MEDIUM.id, label(context, "cup").id)
    rows = [region(context, frame=frame, track=track.id, author="human") for frame in (0, 4)]
    put(context, track, *rows)
    context.session.selection = frozenset({rows[0].id})
    context.actions["track.keep_interpolated"].trigger()
    qtbot.waitUntil(lambda: len(context.project.project.regions(track=track.id)) == 5)


def test_ignore_boxes_and_search_area(qtbot, video, context):
    context.session.label = label(context, "cup").id
    context.session.tool = "ignore"
    drag(qtbot, video, (40, 30), (70, 60))
    [row] = here(context)
    assert row.state == "ignore"
    assert video.canvas.overlay.boxes[0].kind == "ignore"
    context.session.tool = "area"
    drag(qtbot, video, (10, 10), (100, 80))
    [area] = context.project.project.areas()
    assert (area.x, area.width) == pytest.approx((10, 90), abs=0.5)
    assert video.canvas.overlay.area is not None
    context.session.tool = "area"
    qtbot.mouseClick(video.canvas, LEFT, pos=video.canvas.rect().center())
    assert context.project.project.areas() == []
    assert video.canvas.overlay.area is None


def test_drawing_stops_the_video(qtbot, video, context):
    context.session.playing = True
    context.session.tool = "draw"
    qtbot.mousePress(video.canvas, LEFT, pos=video.canvas.rect().center())
    assert not context.session.playing


def test_escape_leaves_the_tool_then_the_selection_and_leaves_following_alone(qtbot, video, context):
    [row] = put(context, region(context))
    context.session.selection, context.session.tool = frozenset({row.id}), "draw"
    escape = context.actions["edit.select_none"].trigger
    context.session.following = True
    escape()
    assert (context.session.tool, context.session.selection) == ("draw", {row.id})
    context.session.following = False
    escape()
    assert (context.session.tool, context.session.selection) == ("select", {row.id})
    escape()
    assert context.session.selection == frozenset()


def test_a_frame_of_a_live_camera_is_kept_with_the_box(qtbot, video, context):
    kept = []
    grown = MediumRow(MEDIUM.id, MEDIUM.path, "camera", 99, "1" * 64, 51, 160, 96)
    context.session.medium = ShownMedium(MEDIUM.id, "camera:0", None, "camera", 0, (160, 96), 30.0, live=True)
    context.session.keep_frame = lambda number: kept.append(number) or grown
    context.session.label = label(context, "cup").id
    show(context, 50)
    video.box_drawn.emit(Box(20, 20, 30, 30))
    assert kept == [50]
    assert len(here(context, 50)) == 1
    assert context.project.media[MEDIUM.id] == grown
    context.project.undo()
    assert (here(context, 50), context.project.media[MEDIUM.id]) == ([], MEDIUM)


def test_ghosts_are_the_boxes_around(qtbot, video, context):
    put(context, *(region(context, frame=frame, box=(20.0 + frame, 20.0, 30.0, 24.0)) for frame in range(8)))
    show(context, 4)
    context.actions["view.ghosts"].trigger()
    assert [box.x for box, _ in video.canvas.overlay.ghosts] == [21, 27, 22, 26, 23, 25]
    context.session.ghosts = False
    assert video.canvas.overlay.ghosts == ()


def test_a_read_only_project_says_so(qtbot, video, context, said):
    context.project.why_read_only = "read-only: another window has it"
    video.box_drawn.emit(Box(20, 20, 30, 30))
    assert "another window" in said[-1]
    assert context.session.selection == frozenset()
