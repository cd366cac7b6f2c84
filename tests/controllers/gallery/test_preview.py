"""The large preview: the crop in its frame, what is known of it, and it follows the selection and the box."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QToolButton

from studio.controllers.gallery.panel import GalleryController
from studio.core.crop_context import around
from studio.core.gallery.measures import Measure
from studio.core.geometry import Box
from studio.core.project import Edit, MediumRow, RegionRow, new_id
from studio.core.project.media import add_medium
from studio.state.session import ShownMedium
from studio.views.gallery.preview import PreviewView
from studio.views.gallery.view import GalleryView
from tests.controllers.controller_clips import BITS, HEIGHT, write_clip


@pytest.fixture
def clip(context, tmp_path):
    row = add_medium(context.project.project, write_clip(tmp_path / "clip.mp4"), "video", 30, 128, HEIGHT)
    context.project.refresh()
    return row


@pytest.fixture
def dock(qtbot, context):
    """The dock with its preview shown, and the dock's state."""
    view = GalleryView()
    qtbot.addWidget(view)
    view.resize(900, 500)
    view.show()
    controller = GalleryController(context, view)
    context.actions["gallery.preview"].trigger()
    yield view, controller.gallery
    controller.close()


def add(context, medium, frames, **changes):
    label = next(row.id for row in context.project.labels.values() if row.name == "cup")
    values = {"label": label, "track": None, "x": 8.0, "y": 0.0, "width": 112.0, "height": 48.0, "author": "human",
              "keyframe": True, "score": None, "near_duplicate": False, "state": "visible"} | changes  # fmt: skip
    rows = [RegionRow(id=new_id(), medium=medium.id, frame=frame, **values) for frame in frames]
    context.project.apply(Edit.rows("draw", rows))
    return rows


def preview(view):
    return view.findChild(PreviewView)


def facts(view):
    texts = [label.text() for label in preview(view).findChildren(QLabel) if label.isVisible()]
    return " | ".join(texts)


def number_of(image):
    """What a picture of a whole numbered frame shows: bits from x = 8 on, 16 pixels each."""
    return sum(1 << bit for bit in range(BITS - 1) if image.pixelColor(8 + bit * 16 + 4, 24).red() > 127)


def test_the_augmentation_is_shown_from_elsewhere(context, dock):
    view, _ = dock
    context.actions["gallery.batch"].trigger()
    assert view.side.part == "batch"


def test_the_cut_is_around_the_box_and_never_leaves_the_frame():
    frame = np.arange(200 * 300 * 3, dtype=np.uint32).astype(np.uint8).reshape(200, 300, 3)
    part, box = around(frame, Box(100.0, 60.0, 40.0, 20.0))
    assert part.shape == (96, 97, 3) or part.shape == (96, 96, 3)
    left, top = round(100 - box.x), round(60 - box.y)
    assert np.array_equal(part, frame[top : top + part.shape[0], left : left + part.shape[1]])
    assert (box.width, box.height) == (40.0, 20.0)
    for far in (Box(-500.0, -500.0, 5.0, 5.0), Box(900.0, 900.0, 5.0, 5.0), Box(-1e6, -1e6, 3e6, 3e6)):
        part, _ = around(frame, far)
        assert 1 <= part.shape[0] <= 200 and 1 <= part.shape[1] <= 300
    large, box = around(np.zeros((3000, 4000, 3), np.uint8), Box(0.0, 0.0, 4000.0, 3000.0))
    assert max(large.shape) == 1024 and box.width == pytest.approx(1024)


def test_it_follows_the_selection_and_shows_the_frame(qtbot, context, clip, dock):
    view, gallery = dock
    rows = add(context, clip, [5, 9, 21], score=0.25)
    qtbot.waitUntil(lambda: view.page.grid.model().rowCount() == 3)
    assert preview(view).isVisible() and "Nothing is selected" in facts(view)
    context.session.selection = frozenset({rows[1].id})
    qtbot.waitUntil(lambda: not preview(view).picture._image.isNull())
    qtbot.waitUntil(lambda: number_of(preview(view).picture._image) == 9)
    assert "cup" in facts(view) and "clip.mp4" in facts(view) and "9 · 00:00.36" in facts(view)
    assert "drawn by hand" in facts(view) and "0.25" in facts(view)
    view.page.grid.setFocus()
    qtbot.keyClick(view.page.grid, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: number_of(preview(view).picture._image) == 21)
    gallery.set_measure(Measure("doubt", np.array([rows[2].id]), np.array([0.875], np.float32)))
    assert "Doubt | 0.88" in facts(view)
    qtbot.keyClick(view.page.grid, Qt.Key.Key_Space)
    assert not preview(view).isVisible()


def test_it_follows_a_box_that_is_changed_in_its_frame(qtbot, context, clip, dock):
    view, _ = dock
    (row,) = add(context, clip, [7])
    context.session.selection = frozenset({row.id})
    qtbot.waitUntil(lambda: preview(view).picture._box.width() == 112)
    qtbot.waitUntil(lambda: view.page.grid.itemDelegate().picture(view.page.grid.model().shown(0).crop) is not None)
    context.project.apply(Edit.rows("resize", [replace(row, width=50.0)]))
    qtbot.waitUntil(lambda: preview(view).picture._box.width() == 50)
    assert "50 × 48 px" in facts(view)
    shown = view.page.grid.model().shown(0).crop
    assert shown.box.width == 50
    qtbot.waitUntil(lambda: view.page.grid.itemDelegate().picture(shown) is not None)


def test_several_are_counted_and_a_missing_medium_is_said(qtbot, context, clip, dock):
    view, _ = dock
    rows = add(context, clip, range(4)) + add(context, clip, range(3), author="tracker", reviewed=True)
    gone = MediumRow(new_id(), "media/gone.mp4", "video", 4, "0" * 64, 100, 128, HEIGHT)
    context.project.apply(Edit.rows("add gone", [gone]))
    (lost,) = add(context, gone, [1])
    qtbot.waitUntil(lambda: view.page.grid.model().rowCount() == 8)
    context.session.selection = frozenset(row.id for row in rows)
    for text in ("7 crops", "cup: 7", "drawn by hand: 4", "followed: 3", "no split: 7", "Reviewed | 3"):
        assert text in facts(view), text
    assert not preview(view).picture.isVisible() and not preview(view).open.isEnabled()
    context.session.selection = frozenset({lost.id})
    qtbot.waitUntil(lambda: "gone.mp4" in preview(view).picture._problem)


def test_its_buttons_act_on_the_selection(qtbot, context, clip, dock):
    view, _ = dock
    rows = add(context, clip, range(4))
    qtbot.waitUntil(lambda: view.page.grid.model().rowCount() == 4)
    context.session.medium = ShownMedium(clip.id, "clip", None, "video", 30, (128, HEIGHT), 25.0)
    context.session.selection = frozenset({rows[2].id})
    preview(view).open.click()
    assert context.session.frame == 2
    preview(view).relabel.menu().actions()[1].trigger()
    assert context.project.project.next_undo().text == "relabel 1 crop to hand"
    preview(view).findChild(QToolButton, "preview.review").click()
    assert context.project.project.next_undo().text == "review 1 crop"
    preview(view).remove.click()
    assert context.project.project.next_undo().text == "remove 1 crop"
    assert context.session.selection == {rows[3].id}
