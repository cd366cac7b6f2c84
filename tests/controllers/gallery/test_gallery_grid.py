"""The gallery dock: the right pixels, the selection both ways, edits as one step, and 100,000 crops."""

from __future__ import annotations

import time
from dataclasses import fields

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QSlider, QToolButton

from studio.controllers.edits import plan_and_apply, write_behind
from studio.controllers.gallery.acts import Relabelling
from studio.controllers.gallery.panel import GalleryController
from studio.core.crop_pictures import SIDE
from studio.core.project import Edit, MediumRow, RegionRow, TrackRow, new_id
from studio.core.project.media import add_medium
from studio.core.project.region_table import read_regions
from studio.state.session import ShownMedium
from studio.views.gallery.menu import CropMenu
from studio.views.gallery.view import GalleryView
from tests.controllers.controller_clips import BITS, HEIGHT, write_clip, write_pictures


@pytest.fixture
def clip(context, tmp_path):
    """A numbered clip in the project, from elsewhere."""
    row = add_medium(context.project.project, write_clip(tmp_path / "clip.mp4"), "video", 30, 128, HEIGHT)
    context.project.refresh()
    return row


@pytest.fixture
def view(qtbot, context):
    view = GalleryView()
    qtbot.addWidget(view)
    view.resize(640, 400)
    view.show()
    controller = GalleryController(context, view)
    view.page.gallery = controller.gallery
    yield view.page
    controller.close()


@pytest.fixture
def gallery(view):
    return view.gallery


def ids(context):
    return {row.name: row.id for row in context.project.labels.values()}


def region(context, medium, frame, label="cup", **changes):
    values = {"track": None, "x": 8.0, "y": 0.0, "width": 112.0, "height": 48.0, "author": "human", "keyframe": True,
              "score": None, "near_duplicate": False, "state": "visible"}  # fmt: skip
    values |= changes
    return RegionRow(id=new_id(), medium=medium.id, frame=frame, label=ids(context)[label], **values)


def add(context, rows, text="draw"):
    context.project.apply(Edit.rows(text, rows))
    return [row.id for row in rows]


def shown(view):
    model = view.grid.model()
    return [model.region(row) for row in range(model.rowCount())]


def loaded(qtbot, view, count):
    qtbot.waitUntil(lambda: view.grid.model().rowCount() == count, timeout=15_000)


def click(qtbot, view, row, keys=Qt.KeyboardModifier.NoModifier):
    place = view.grid.visualRect(view.grid.model().index(row)).center()
    qtbot.mouseClick(view.grid.viewport(), Qt.MouseButton.LeftButton, keys, place)


def number_of(image):
    """The number that a crop of a whole numbered frame shows: the square is 112 pixels wide, from x = 8 on."""
    scale = SIDE / 112
    return sum(1 << bit for bit in range(BITS - 1) if image.pixelColor(round((bit * 16 + 4) * scale), 60).red() > 127)


def picture(view, row):
    model, delegate = view.grid.model(), view.grid.itemDelegate()
    return delegate.picture(model.shown(row).crop)


def test_empty_says_what_it_is_for(qtbot, context, view):
    qtbot.waitUntil(lambda: view.grid.model().crops is not None)
    assert view.pages.currentIndex() == 0


def test_thumbnails_show_the_pixels_of_their_frames(qtbot, context, clip, view, folder):
    frames = [3, 29, 0, 17, 64 % 30, 21]
    add(context, [region(context, clip, frame) for frame in frames])
    loaded(qtbot, view, len(frames))
    qtbot.waitUntil(lambda: all(picture(view, row) is not None for row in range(len(frames))))
    assert [number_of(picture(view, row).toImage()) for row in range(len(frames))] == sorted(frames)
    assert (folder / "cache" / "crops.db").is_file()


def test_pictures_of_several_media_and_of_a_missing_one(qtbot, context, clip, view, tmp_path):
    garden = add_medium(context.project.project, write_pictures(tmp_path / "garden"), "stills", 3, 128, HEIGHT)
    gone = MediumRow(new_id(), "media/gone.mp4", "video", 4, "0" * 64, 100, 128, HEIGHT)
    context.project.apply(Edit.rows("add gone", [gone]))
    add(context, [region(context, clip, 5), region(context, garden, 1), region(context, gone, 7)])
    loaded(qtbot, view, 3)
    qtbot.waitUntil(lambda: all(picture(view, row) is not None for row in range(3)))
    assert number_of(picture(view, 0).toImage()) == 5
    assert number_of(picture(view, 1).toImage()) == 101
    assert picture(view, 2).isNull()
    view.grab()  # it is drawn without its pixels


def test_pictures_are_kept_and_damage_in_the_cache_costs_time_only(qtbot, context, clip, view, folder):
    add(context, [region(context, clip, 9)])
    loaded(qtbot, view, 1)
    qtbot.waitUntil(lambda: picture(view, 0) is not None and not context.lanes.disk.jobs)
    (folder / "cache" / "crops.db").write_bytes(b"no database" * 100)
    again = GalleryView()
    qtbot.addWidget(again)
    again.show()
    controller = GalleryController(context, again)
    loaded(qtbot, again.page, 1)
    qtbot.waitUntil(lambda: picture(again.page, 0) is not None)
    assert number_of(picture(again.page, 0).toImage()) == 9
    controller.close()


def choose(view, button, name):
    """Open a button's menu and trigger one of its lines."""
    menu = view.window().findChild(QToolButton, button).menu()
    menu.aboutToShow.emit()
    menu.findChild(QAction, name).trigger()


def test_filter_by_label_by_hand_and_by_following(qtbot, context, clip, view):
    cup, hand = (add(context, [region(context, clip, 1, name)])[0] for name in ("cup", "hand"))
    loaded(qtbot, view, 2)
    choose(view, "gallery.label", "gallery.label_hand")
    qtbot.waitUntil(lambda: shown(view) == [hand])
    context.session.label = ids(context)["cup"]
    assert shown(view) == [hand]
    view.window().findChild(QToolButton, "gallery.follow").click()
    assert shown(view) == [cup] and view.window().findChild(QLineEdit, "gallery.filter").text() == "label:cup"
    context.session.label = ids(context)["background"]
    assert shown(view) == [] and view.pages.currentIndex() == 0
    context.session.label = ids(context)["hand"]
    assert shown(view) == [hand] and view.pages.currentIndex() == 1


def test_orders(qtbot, context, clip, view):
    rows = [(12, 0.4), (3, 0.9), (7, None), (1, 0.6)]
    late, first, unscored, early = add(context, [region(context, clip, f, score=s) for f, s in rows])
    loaded(qtbot, view, 4)
    assert shown(view) == [early, first, unscored, late]
    choose(view, "gallery.order", "gallery.order_newest")
    assert shown(view) == [early, unscored, first, late]
    choose(view, "gallery.order", "gallery.order_score")
    assert shown(view) == [first, early, late, unscored]
    view.window().findChild(QToolButton, "gallery.backwards").click()
    assert shown(view) == [late, early, first, unscored]
    choose(view, "gallery.order", "gallery.order_newest")
    assert shown(view) == [early, unscored, first, late]


def test_the_selection_is_the_sessions_both_ways(qtbot, context, clip, view):
    regions = add(context, [region(context, clip, frame) for frame in range(10)])
    loaded(qtbot, view, 10)
    click(qtbot, view, 2)
    assert context.session.selection == {regions[2]}
    click(qtbot, view, 5, Qt.KeyboardModifier.ShiftModifier)
    assert context.session.selection == set(regions[2:6])
    click(qtbot, view, 8, Qt.KeyboardModifier.ControlModifier)
    assert context.session.selection == {*regions[2:6], regions[8]}
    context.session.selection = frozenset({regions[0], regions[9], 12345})
    chosen = {index.row() for index in view.grid.selectionModel().selectedIndexes()}
    assert chosen == {0, 9} and "2 selected" in view.count.text()
    assert context.session.selection == {regions[0], regions[9], 12345}
    context.session.selection = frozenset()
    assert not view.grid.selectionModel().hasSelection()


def test_a_drawn_rectangle_selects_what_it_meets(qtbot, context, clip, view):
    regions = add(context, [region(context, clip, frame) for frame in range(10)])
    loaded(qtbot, view, 10)
    columns, port = view.grid.cells().columns, view.grid.viewport()
    start = view.grid.visualRect(view.grid.model().index(0)).topLeft() - QPoint(3, 3)
    end = view.grid.visualRect(view.grid.model().index(columns + 1)).center()
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(port, (start + end) / 2)
    qtbot.mouseMove(port, end)
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=end)
    assert context.session.selection == {regions[n] for n in (0, 1, columns, columns + 1)}


def test_arrows_move_in_the_grid_and_enter_goes_to_the_frame(qtbot, context, clip, view):
    regions = add(context, [region(context, clip, frame) for frame in range(20)])
    loaded(qtbot, view, 20)
    context.session.medium = ShownMedium(clip.id, "clip", None, "video", 30, (128, HEIGHT), 25.0)
    click(qtbot, view, 0)
    view.grid.setFocus()
    columns = view.grid.cells().columns
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left):
        qtbot.keyClick(view.grid, key)
    assert context.session.selection == {regions[columns]} and context.session.frame == 0
    qtbot.keyClick(view.grid, Qt.Key.Key_Return)
    assert context.session.frame == columns
    place = view.grid.visualRect(view.grid.model().index(3)).center()
    qtbot.mouseClick(view.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(view.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert context.session.frame == 3


def test_digits_relabel_the_selection_as_one_step(qtbot, context, clip, view):
    track = TrackRow(new_id(), clip.id, ids(context)["cup"])
    rows = [region(context, clip, frame, track=track.id) for frame in range(6)]
    add(context, [track, *rows])
    loaded(qtbot, view, 6)
    context.session.selection = frozenset(row.id for row in rows[:2])
    view.grid.setFocus()
    qtbot.keyClick(view.grid, Qt.Key.Key_2)
    now = {row.id: row for row in context.project.project.regions()}
    assert [now[row.id].label == ids(context)["hand"] for row in rows] == [True] * 2 + [False] * 4
    assert [now[row.id].track for row in rows] == [None] * 2 + [track.id] * 4  # the rest is the cup it was
    assert context.project.project.next_undo().text == "relabel 2 crops to hand"
    context.project.undo()
    context.session.selection = frozenset(row.id for row in rows)
    qtbot.keyClick(view.grid, Qt.Key.Key_2)
    assert context.project.project.tracks()[0].label == ids(context)["hand"]
    assert {row.track for row in context.project.project.regions()} == {track.id}
    qtbot.keyClick(view.grid, Qt.Key.Key_0)
    assert {row.track for row in context.project.project.regions()} == {None}


def test_x_removes_the_selection_as_one_step(qtbot, context, clip, view):
    regions = add(context, [region(context, clip, frame) for frame in range(6)])
    loaded(qtbot, view, 6)
    context.session.selection = frozenset(regions[1:4])
    view.grid.setFocus()
    qtbot.keyClick(view.grid, Qt.Key.Key_X)
    loaded(qtbot, view, 3)
    assert shown(view) == [regions[0], *regions[4:]] and context.session.selection == {regions[4]}
    for _ in range(3):  # the key again and again: the next crop is always selected, after the last one that before it
        qtbot.keyClick(view.grid, Qt.Key.Key_X)
    loaded(qtbot, view, 0)
    assert not context.session.selection
    for _ in range(4):
        context.project.undo()
    loaded(qtbot, view, 6)


def test_r_marks_the_selection_reviewed_and_takes_it_back(qtbot, context, clip, view):
    regions = add(context, [region(context, clip, frame) for frame in range(4)])
    loaded(qtbot, view, 4)
    context.session.selection = frozenset(regions[:3])
    view.grid.setFocus()
    qtbot.keyClick(view.grid, Qt.Key.Key_R)
    assert [row.reviewed for row in context.project.project.regions()] == [True] * 3 + [False]
    assert context.project.project.next_undo().text == "review 3 crops"
    qtbot.waitUntil(lambda: [view.grid.model().shown(row).reviewed for row in range(4)] == [True] * 3 + [False])
    context.session.selection = frozenset(regions)
    qtbot.keyClick(view.grid, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: all(view.grid.model().shown(row).reviewed for row in range(4)))
    qtbot.keyClick(view.grid, Qt.Key.Key_R)
    assert not any(row.reviewed for row in context.project.project.regions())


def test_what_leaves_the_filter_by_a_key_hands_the_selection_on(qtbot, context, clip, view, gallery):
    regions = add(context, [region(context, clip, frame) for frame in range(5)])
    loaded(qtbot, view, 5)
    gallery.query = "label:cup"
    context.session.selection = frozenset({regions[1]})
    view.grid.setFocus()
    for left in (4, 3):
        qtbot.keyClick(view.grid, Qt.Key.Key_2)
        loaded(qtbot, view, left)
    assert context.session.selection == {regions[3]} and view.grid.currentIndex().row() == 1
    assert shown(view) == [regions[0], *regions[3:]]


def test_the_menu_of_the_selection(qtbot, context, clip, view):
    regions = add(context, [region(context, clip, frame) for frame in range(4)])
    loaded(qtbot, view, 4)
    context.session.medium = ShownMedium(clip.id, "clip", None, "video", 30, (128, HEIGHT), 25.0)

    def menu(row):
        place = view.grid.visualRect(view.grid.model().index(row)).center()
        reason = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(view.grid.viewport(), QContextMenuEvent(reason, place, view.grid.mapToGlobal(place)))
        return next(each for each in view.grid.findChildren(CropMenu) if each.isVisible())

    shown_menu = menu(2)
    assert context.session.selection == {regions[2]}
    assert [action.text().split("\t")[0] for action in shown_menu.labels.actions()] == ["cup", "hand", "background"]
    shown_menu.findChild(QAction, "gallery.open").trigger()
    assert context.session.frame == 2
    shown_menu.labels.actions()[1].trigger()
    assert context.project.project.next_undo().text == "relabel 1 crop to hand"
    shown_menu.close()
    context.session.selection = frozenset(regions[2:])
    shown_menu = menu(3)  # of both that are selected
    assert not shown_menu.findChild(QAction, "gallery.open").isEnabled()
    shown_menu.findChild(QAction, "gallery.remove").trigger()
    assert context.project.project.next_undo().text == "remove 2 crops"
    shown_menu.close()


def test_a_large_selection_is_changed_behind_the_window(qtbot, context, clip, view, gallery):
    regions = add(context, [region(context, clip, n % 30) for n in range(2500)])
    loaded(qtbot, view, 2500)
    view.grid.setFocus()
    qtbot.keyClick(view.grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert context.session.selection == set(regions)
    qtbot.keyClick(view.grid, Qt.Key.Key_2)
    hand = ids(context)["hand"]
    qtbot.waitUntil(lambda: {row.label for row in context.project.project.regions()} == {hand}, timeout=15_000)
    context.session.selection = frozenset(regions[:1500])
    qtbot.waitUntil(lambda: not context.lanes.disk.jobs)
    assert {row.label for row in map(view.grid.model().shown, range(2500))} == {context.project.labels[hand]}
    for key in (Qt.Key.Key_R, Qt.Key.Key_0, Qt.Key.Key_X):  # what the grid shows is what the database holds
        context.session.selection = frozenset(regions[:2100])
        qtbot.keyClick(view.grid, key)
        qtbot.waitUntil(lambda: not context.lanes.disk.jobs, timeout=15_000)
        ours, theirs = gallery.crops.table, read_regions(context.project.project)
        for column in fields(ours):
            assert np.array_equal(getattr(ours, column.name), getattr(theirs, column.name), column.name == "scores")
    assert len(ours) == 400
    assert context.project.undo() == ["remove 2,100 crops"]
    for _ in range(2):
        context.project.undo()
    assert context.project.undo() == ["relabel 2,500 crops to hand"]


def test_the_place_stays_when_crops_come_and_when_the_size_changes(qtbot, context, clip, view):
    add(context, [region(context, clip, 10 + n % 20) for n in range(300)])
    loaded(qtbot, view, 300)
    view.grid.verticalScrollBar().setValue(900)
    first = view.grid.visible_rows().start
    before = view.grid.model().region(first), view.grid.visualRect(view.grid.model().index(first)).top()
    add(context, [region(context, clip, 0) for _ in range(50)])
    loaded(qtbot, view, 350)
    row = int(view.grid.model().rows_of([before[0]])[0])
    assert row == first + 50 and view.grid.visualRect(view.grid.model().index(row)).top() == before[1]
    view.window().findChild(QSlider, "gallery.size").setValue(150)
    assert row in view.grid.visible_rows()


def test_only_what_is_in_view_is_asked_for(qtbot, context, clip, view):
    add(context, [region(context, clip, n % 30, x=float(n % 60)) for n in range(2000)])
    wanted = []
    view.wanted.connect(lambda seen, near: wanted.append((seen, near)))
    loaded(qtbot, view, 2000)
    qtbot.waitUntil(lambda: any(seen for seen, _ in wanted))
    seen, near = wanted[-1]
    assert 0 < len(seen) < 60 and len(near) == len(seen)  # and a screen below
    assert view.grid.model().crop(0) in seen and view.grid.model().crop(len(seen)) in near
    view.grid.verticalScrollBar().setValue(view.grid.verticalScrollBar().maximum())
    qtbot.waitUntil(lambda: view.grid.model().crop(1999) in wanted[-1][0])
    picture_of = view.grid.itemDelegate().picture
    qtbot.waitUntil(lambda: all(picture_of(crop) is not None for crop in wanted[-1][0]), timeout=15_000)


def test_a_hundred_thousand_crops(qtbot, context, clip, view):
    many = 100_000
    generator = np.random.default_rng(0)
    cup, box = ids(context)["cup"], (1.0, 2.0, 10.0, 12.0)
    cells = [
        (1, new_id(), clip.id, int(frame), cup, None, *box, "tracker", 0, 0.5, 0, "visible")
        for frame in generator.integers(0, 30, many)
    ]
    connection = context.project.project.connection
    with connection:
        connection.execute("BEGIN")
        marks = ", ".join("?" * len(cells[0]))
        connection.executemany(
            "INSERT INTO regions (since, id, medium, frame, label, track, x, y, width, height, author, keyframe, score,"
            f" near_duplicate, state) VALUES ({marks})",
            cells,
        )
    again = GalleryView()
    qtbot.addWidget(again)
    again.resize(640, 400)
    again.show()
    controller = GalleryController(context, again)
    loaded(qtbot, again.page, many)
    for value in range(
        0, again.page.grid.verticalScrollBar().maximum(), again.page.grid.verticalScrollBar().maximum() // 50
    ):
        again.page.grid.verticalScrollBar().setValue(value)
        again.page.grid.viewport().repaint()
    context.session.selection = frozenset(again.page.grid.model().regions([(0, many - 1)]))
    assert f"{many:,} selected" in again.page.count.text()
    started = time.monotonic()
    again.page.grid.grab()
    assert time.monotonic() - started < 5.0
    controller.close()


def test_an_undo_of_much_shows_what_was_there_and_reads_nothing(qtbot, context, clip, view, gallery, monkeypatch):
    add(context, [region(context, clip, number % 30) for number in range(2100)])
    loaded(qtbot, view, 2100)
    qtbot.waitUntil(lambda: not context.lanes.disk.jobs)
    view.grid.selectAll()
    jobs, submit = [], context.lanes.disk.submit
    monkeypatch.setattr(context.lanes.disk, "submit", lambda job: (jobs.append(job.title), submit(job))[1])
    before = gallery.crops.table.labels.copy()
    plan = Relabelling(context.session.selection, context.project.labels[ids(context)["hand"]])
    plan_and_apply(context, "relabel", plan, None)
    qtbot.waitUntil(lambda: set(gallery.crops.table.labels.tolist()) == {ids(context)["hand"]})
    for kind, wanted in (("undo", before.tolist()), ("redo", [ids(context)["hand"]] * 2100), ("undo", before.tolist())):
        step = getattr(context.project.project, f"next_{kind}")()
        write_behind(context, kind, lambda project, kind=kind, step=step: project.take(kind, step))
        qtbot.waitUntil(lambda wanted=wanted: gallery.crops.table.labels.tolist() == wanted)
    assert "undo" in jobs and "read regions" not in jobs
    now = read_regions(context.project.project)
    for column in fields(now):
        np.testing.assert_array_equal(getattr(gallery.crops.table, column.name), getattr(now, column.name))
