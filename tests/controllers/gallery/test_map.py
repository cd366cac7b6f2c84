"""The map in the dock: with a real network, linked both ways, and only while somebody looks."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel

from studio.controllers.gallery import map as map_module
from studio.controllers.gallery.panel import GalleryController
from studio.core.gallery.crop_map import CropMap, read_map
from studio.core.gallery.measures import Measure
from studio.core.project import Edit, new_id
from studio.core.project.row_checks import STATES
from studio.state.session import ShownMedium
from studio.views.gallery.map import MapView
from studio.views.gallery.view import GalleryView
from tests.ml.taught_project import make_project

PLAIN = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def folder(tmp_path):
    with make_project(tmp_path) as project:
        return project.folder


@pytest.fixture
def dock(qtbot, context, monkeypatch):
    """The dock with its map shown, and the dock's state."""
    monkeypatch.setattr(map_module, "PAUSE", 20)
    view = GalleryView()
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.show()
    controller = GalleryController(context, view)
    view.side.show_part("map")
    yield view, controller.gallery
    controller.close()


def map_of(view):
    return view.findChild(MapView)


def cloud(view):
    return map_of(view).plot.cloud


def wait_whole(qtbot, context, view, count):
    """Until the map of `count` crops is finished and shown."""

    def whole():
        return len(cloud(view).dots.points) == count and not context.lanes.batch.jobs

    qtbot.waitUntil(whole, timeout=100_000)


def draw(plot, places, keys=PLAIN):
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(places) - 1)]
    for kind, place in zip(kinds, places, strict=True):
        button = left if kind == QEvent.Type.MouseButtonPress else none
        QApplication.sendEvent(plot, QMouseEvent(kind, place, plot.mapToGlobal(place), button, left, keys))
    end = QEvent.Type.MouseButtonRelease
    QApplication.sendEvent(plot, QMouseEvent(end, places[-1], plot.mapToGlobal(places[-1]), left, none, keys))


def around(plot):
    right, low = plot.width() - 1, plot.height() - 1
    return [QPointF(0, 0), QPointF(right, 0), QPointF(right, low), QPointF(0, low)]


def regions(context):
    return sorted(row.id for row in context.project.project.regions())


def test_it_is_made_linked_both_ways_kept_and_follows_edits(qtbot, context, dock):
    view, gallery = dock
    wait_whole(qtbot, context, view, 36)
    ids, plot, session = regions(context), map_of(view).plot, context.session
    assert plot.isVisible() and "cup" in map_of(view).findChild(QLabel, "map.legend").text()
    assert read_map(context.project.project).ids.tolist() == ids

    draw(plot, around(plot))
    assert session.selection == frozenset(ids)
    session.selection = frozenset(ids[5:9])
    assert np.flatnonzero(cloud(view).selected).tolist() == [5, 6, 7, 8]
    draw(plot, [cloud(view).place(20)])
    (alone,) = session.selection
    draw(plot, around(plot), Qt.KeyboardModifier.ControlModifier)
    assert session.selection == frozenset(ids) - {alone}

    gallery.query = "label:cup"
    qtbot.waitUntil(lambda: cloud(view).dots.found.sum() == 12)
    draw(plot, around(plot))
    cups = {row.id for row in context.project.project.regions() if row.label == context.project.project.label("cup").id}
    assert session.selection == cups

    points = dict(zip(ids, cloud(view).dots.points.tolist(), strict=True))
    qtbot.keyClick(plot, Qt.Key.Key_Delete)
    gallery.query = ""
    wait_whole(qtbot, context, view, 24)
    assert context.project.project.next_undo().text.startswith("remove 12 crops")
    left = regions(context)
    assert cloud(view).dots.points.tolist() == [points[region] for region in left]

    row = next(each for each in context.project.project.regions() if each.id == left[0])
    added = replace(row, id=new_id(), frame=row.frame + 1, track=None)
    context.project.apply(Edit.rows("draw", [added]))
    wait_whole(qtbot, context, view, 25)
    place = dict(zip(regions(context), cloud(view).dots.points.tolist(), strict=True))
    assert all(place[region] == points[region] for region in left)
    others = np.array([points[region] for region in left])
    beside = np.linalg.norm(others - np.array(points[left[0]]), axis=1)
    assert np.linalg.norm(np.array(place[added.id]) - points[left[0]]) <= np.sort(beside)[-2]


def test_colours_hover_and_the_way_to_the_frame(qtbot, context, dock):
    view, gallery = dock
    wait_whole(qtbot, context, view, 36)
    part, plot, ids = map_of(view), map_of(view).plot, regions(context)
    combo = part.findChild(QComboBox, "map.by")
    combo.setCurrentIndex(combo.findData("doubt"))
    assert gallery.wanted == {"doubt"}
    legend = part.findChild(QLabel, "map.legend")
    qtbot.waitUntil(lambda: "not&nbsp;measured" in legend.text())
    gallery.set_measure(Measure("doubt", np.array(ids), np.linspace(0, 1, 36, dtype=np.float32)))
    qtbot.waitUntil(lambda: "undecided" in legend.text())
    combo.setCurrentIndex(combo.findData("medium"))
    assert not gallery.wanted
    qtbot.waitUntil(lambda: "clip.mp4" in legend.text())

    row = int(np.argmax(cloud(view).places()[:, 0]))
    place = cloud(view).place(row)
    move = QEvent.Type.MouseMove
    none = Qt.MouseButton.NoButton
    QApplication.sendEvent(plot, QMouseEvent(move, place, plot.mapToGlobal(place), none, none, PLAIN))
    qtbot.waitUntil(lambda: plot._card is not None and plot._card.picture is not None)
    shown = plot._card
    crops = gallery.crops
    at = crops.rows_of([ids[row]])[0]
    assert shown.title == crops.labels[int(crops.table.labels[at])].name
    assert shown.lines == ("clip.mp4", f"frame {crops.table.frames[at]}") and not shown.picture.isNull()

    medium = next(iter(crops.media))
    context.session.medium = ShownMedium(medium, "clip", None, "video", 24, (320, 240), 25.0)
    left = Qt.MouseButton.LeftButton
    twice = QEvent.Type.MouseButtonDblClick
    QApplication.sendEvent(plot, QMouseEvent(twice, place, plot.mapToGlobal(place), left, left, PLAIN))
    assert context.session.frame == crops.table.frames[at]


def test_keys_act_on_the_selection_and_not_on_the_video(qtbot, context, dock):
    view, _ = dock
    wait_whole(qtbot, context, view, 36)
    plot, session = map_of(view).plot, context.session
    cup = context.project.project.label("cup")
    context.project.apply(Edit.rows("key", [replace(cup, key="7")]))
    others = [row.id for row in context.project.project.regions() if row.label != cup.id][:3]
    session.selection = frozenset(others)
    qtbot.keyClick(plot, Qt.Key.Key_7)
    assert context.project.project.next_undo().text == "relabel 3 crops to cup"
    fitted = cloud(view).place(0)
    plot.cloud.viewport.move(QPointF(30, 20))
    qtbot.keyClick(plot, Qt.Key.Key_F)
    assert cloud(view).place(0) == fitted


def test_nothing_is_made_while_nobody_looks_and_it_goes_on_at_the_next_look(qtbot, context, dock, monkeypatch):
    view, _ = dock
    wait_whole(qtbot, context, view, 36)
    asked = []
    real = map_module.mapped

    def note(*args, **named):
        asked.append(args)
        return real(*args, **named)

    monkeypatch.setattr(map_module, "mapped", note)
    view.side.show_part("")
    row = context.project.project.regions()[0]
    context.project.apply(Edit.removal("remove", [row]))
    qtbot.wait(150)
    assert asked == [] and not context.lanes.batch.jobs
    view.side.show_part("map")
    wait_whole(qtbot, context, view, 35)
    assert len(asked) == 1
    view.side.show_part("")
    view.side.show_part("map")
    qtbot.wait(100)
    assert len(asked) == 1  # nothing changed


def test_an_edit_that_moves_nothing_makes_no_map(qtbot, context, dock, monkeypatch):
    view, _ = dock
    wait_whole(qtbot, context, view, 36)
    monkeypatch.setattr(map_module, "mapped", None)
    rows = context.project.project.regions()[:4]
    context.project.apply(Edit.rows("review", [replace(row, reviewed=True, state=STATES[0]) for row in rows]))
    qtbot.wait(200)
    assert not context.lanes.batch.jobs and len(cloud(view).dots.points) == 36


def texts(view):
    return " | ".join(label.text() for label in map_of(view).findChildren(QLabel) if label.isVisible())


def test_why_there_is_no_map_is_said(qtbot, context, dock):
    view, _ = dock
    wait_whole(qtbot, context, view, 36)
    context.project.apply(Edit.removal("remove", context.project.project.regions()[2:]))
    qtbot.waitUntil(lambda: "It takes three crops" in texts(view))


def test_a_missing_clip_is_said_where_the_map_would_be(qtbot, context, folder, dock, said):
    (folder.parent / "clip.mp4").unlink()
    view, _ = dock
    qtbot.waitUntil(lambda: "none of the crops' pictures can be read" in texts(view), timeout=100_000)
    qtbot.waitUntil(lambda: not context.lanes.batch.jobs)
    assert len([line for line in said if "can be read" in line]) == 1  # it is not tried again and again


def test_what_is_made_is_shown_on_the_way_and_ends_at_once_when_nobody_looks(qtbot, context, folder, monkeypatch):
    started, ids = [], regions(context)

    def slow(networks, folder, control):
        started.append(folder)
        control.progress(0.25, "arranging the map")
        pictures = np.zeros(36, [("region", "<i8")])
        pictures["region"] = ids
        points = np.random.default_rng(0).normal(size=(36, 2)).astype(np.float32)
        control.publish(CropMap(pictures, points, np.full(36, 9, np.uint16), ""))
        while True:
            control.checkpoint()
            time.sleep(0.005)

    monkeypatch.setattr(map_module, "mapped", slow)
    view = GalleryView()
    qtbot.addWidget(view)
    view.show()
    controller = GalleryController(context, view)
    for times in (1, 2):
        view.side.show_part("map")
        qtbot.waitUntil(lambda: len(cloud(view).dots.points) == 36 and "25% arranging" in texts(view))
        assert len(started) == times
        if times == 1:
            view.side.show_part("")
            qtbot.waitUntil(lambda: not context.lanes.batch.jobs, timeout=1000)
    context.lanes.batch.jobs[0].cancel()  # as the user may
    qtbot.waitUntil(lambda: not context.lanes.batch.jobs)
    qtbot.wait(50)
    assert len(started) == 2 and "25%" not in texts(view)
    controller.close()
