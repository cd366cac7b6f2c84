"""The parts of splits and of augmentation: what is chosen is planned, assigned as one step, checked and shown."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSlider, QSpinBox

from studio.controllers.gallery.batch import BatchController
from studio.controllers.gallery.reading import CropsReader
from studio.controllers.gallery.splits import AS_IT_IS, NOTHING_ASKED, STALE, SplitsController
from studio.controllers.time_line import read_lines
from studio.core.control import Control
from studio.core.gallery.crops import SPLITS
from studio.core.project import Edit, RegionRow, SplitRow, TrackRow, new_id
from studio.core.project.media import add_medium
from studio.state.gallery import GalleryState
from studio.state.session import ShownMedium
from studio.views.gallery.batch import BatchView
from studio.views.gallery.splits import SplitsView
from tests.controllers.controller_clips import HEIGHT, write_clip


@pytest.fixture
def clip(context, tmp_path):
    """200 frames of a numbered clip, a cup on every other one."""
    row = add_medium(context.project.project, write_clip(tmp_path / "clip.mp4", 200), "video", 200, 128, HEIGHT)
    context.project.refresh()
    cup = next(label.id for label in context.project.labels.values() if label.name == "cup")
    track = TrackRow(new_id(), row.id, cup)
    regions = [
        RegionRow(new_id(), row.id, frame, cup, track.id, 8.0, 0.0, 112.0, 48.0, "human", True, None, False, "visible")
        for frame in range(0, 200, 2)
    ]
    context.project.apply(Edit.rows("draw", [track, *regions]))
    return row


@pytest.fixture
def gallery(context):
    state = GalleryState()
    reader = CropsReader(context, state)
    yield state
    reader.close()


@pytest.fixture
def splits(qtbot, context, gallery):
    view = SplitsView()
    qtbot.addWidget(view)
    view.resize(300, 700)
    view.show()
    controller = SplitsController(context, gallery, view)
    view.set_looked_at(True)
    yield view
    controller.close()


@pytest.fixture
def batch(qtbot, context, gallery):
    view = BatchView()
    qtbot.addWidget(view)
    view.resize(300, 700)
    view.show()
    controller = BatchController(context, gallery, view)
    yield view, controller
    controller.close()


def button(view, name):
    return view.findChild(QPushButton, name)


def planned(qtbot, view):
    qtbot.waitUntil(lambda: button(view, "splits.assign").isEnabled(), timeout=15_000)
    return view.findChild(QLabel, "splits.plan").text()


def click(qtbot, view, name):
    qtbot.mouseClick(button(view, name), Qt.MouseButton.LeftButton)


def test_without_crops_it_says_what_it_is_for(qtbot, context, splits, gallery):
    qtbot.waitUntil(lambda: gallery.crops is not None)
    assert splits._stack.currentIndex() == 0


def test_assigned_as_one_step_and_taken_back(qtbot, context, clip, splits, gallery):
    assert planned(qtbot, splits).startswith("By blocks of time:")
    click(qtbot, splits, "splits.assign")
    qtbot.waitUntil(lambda: gallery.crops is not None and gallery.crops.splits.any(), timeout=15_000)
    ((name, _, numbers),) = splits.table.rows
    assert name == "cup" and sum(numbers) == 100 and all(numbers)
    counts = np.bincount(gallery.crops.splits, minlength=len(SPLITS))
    assert tuple(counts.tolist()) == numbers
    assert context.project.project.next_undo().text == "split by blocks of time"
    said = splits.findChild(QLabel, "splits.plan")
    qtbot.waitUntil(lambda: said.text().endswith(AS_IT_IS), timeout=15_000)
    assert not button(splits, "splits.assign").isEnabled()
    click(qtbot, splits, "splits.clear")
    qtbot.waitUntil(lambda: not gallery.crops.splits.any())
    context.project.undo()
    qtbot.waitUntil(lambda: gallery.crops.splits.any())
    context.project.undo()
    qtbot.waitUntil(lambda: not gallery.crops.splits.any())
    assert not button(splits, "splits.clear").isEnabled() and not button(splits, "splits.check").isEnabled()


def test_the_choices_change_the_plan(qtbot, context, clip, splits):
    planned(qtbot, splits)
    box, val, test = (
        splits.findChild(QComboBox, "splits.by"),
        *(splits.findChild(QSlider, f"splits.{name}") for name in ("val", "test")),
    )
    said = splits.findChild(QLabel, "splits.plan")
    box.setCurrentIndex(box.findData("clip"))
    qtbot.waitUntil(lambda: "too little for val and test" in said.text(), timeout=15_000)
    val.setValue(0)
    test.setValue(0)
    qtbot.waitUntil(lambda: said.text() == NOTHING_ASKED)
    assert not button(splits, "splits.assign").isEnabled()
    val.setValue(50)
    test.setValue(50)
    assert val.value() + test.value() <= 90  # something is left to learn from


def test_leaks_are_shown_as_pairs_and_lead_to_the_grid_and_the_video(qtbot, context, clip, splits, gallery):
    cuts = [SplitRow(new_id(), clip.id, None, 0, 99, "train"), SplitRow(new_id(), clip.id, None, 100, 199, "val")]
    context.project.apply(Edit.rows("cut", cuts))
    qtbot.waitUntil(lambda: button(splits, "splits.check").isEnabled(), timeout=15_000)
    click(qtbot, splits, "splits.check")
    qtbot.waitUntil(lambda: bool(splits.leaks.lines), timeout=30_000)
    line = splits.leaks.lines[0]
    assert line.splits == ("train", "val") and [crop.frame for crop in line.crops] == [98, 100]
    assert "neighbouring frames" in splits.findChild(QLabel, "splits.found").text()
    qtbot.waitUntil(lambda: splits.leaks._picture_of(line.crops[0]) is not None, timeout=15_000)
    context.session.medium = ShownMedium(clip.id, "clip", None, "video", 200, (128, HEIGHT), 25.0)
    splits.leaks.setFocus()
    qtbot.keyClick(splits.leaks, Qt.Key.Key_Down)
    assert gallery.listed.regions == line.regions and context.session.selection == set(line.regions)
    qtbot.keyClick(splits.leaks, Qt.Key.Key_Return)
    assert context.session.frame == 98
    context.project.undo()
    qtbot.waitUntil(lambda: splits.findChild(QLabel, "splits.found").text() == STALE)
    assert not splits.leaks.lines


def test_it_is_narrow(qtbot, context, clip, splits, batch):
    planned(qtbot, splits)
    batch[0].set_looked_at(True)
    assert splits.minimumSizeHint().width() <= 300 and batch[0].minimumSizeHint().width() <= 300


def made(qtbot, view, count):
    qtbot.waitUntil(lambda: len(view.pairs.pairs) == count, timeout=60_000)
    return view.pairs.pairs


def picture(image):
    return np.frombuffer(image.constBits(), np.uint8).copy()


def test_a_batch_is_shown_beside_its_originals_and_seeded(qtbot, context, clip, batch):
    view, _ = batch
    view.set_looked_at(True)
    first = made(qtbot, view, 16)
    assert {pair.label for pair in first} == {"cup"}
    seed = view.findChild(QSpinBox, "batch.seed")
    seed.setValue(1)
    qtbot.waitUntil(lambda: [p.region for p in view.pairs.pairs] != [p.region for p in first], timeout=15_000)
    seed.setValue(0)
    qtbot.waitUntil(lambda: [p.region for p in view.pairs.pairs] == [p.region for p in first], timeout=15_000)
    assert all((picture(a.varied) == picture(b.varied)).all() for a, b in zip(first, view.pairs.pairs, strict=True))
    click(qtbot, view, "batch.off")
    qtbot.waitUntil(
        lambda: all((picture(p.varied) == picture(p.original)).all() for p in view.pairs.pairs), timeout=15_000
    )
    chosen = first[3].region
    context.session.selection = frozenset({chosen})
    assert [pair.region for pair in made(qtbot, view, 1)] == [chosen]


def test_a_batch_leaves_out_what_training_skips_and_says_what_cannot_be_read(qtbot, context, clip, batch, tmp_path):
    view, _ = batch
    rows = context.project.project.regions()
    context.project.apply(Edit.rows("skip", [replace(row, near_duplicate=True) for row in rows[5:]]))
    view.set_looked_at(True)
    assert {pair.region for pair in made(qtbot, view, 5)} == {row.id for row in rows[:5]}
    (tmp_path / "clip.mp4").unlink()
    context.session.selection = frozenset({row.id for row in rows[7:9]})
    title = view.findChild(QLabel, "batch.title")
    qtbot.waitUntil(lambda: title.text() == "0 crops selected, 2 cannot be read", timeout=20_000)


def test_a_click_on_a_pair_selects_it_and_leaves_the_batch(qtbot, context, clip, batch):
    view, _ = batch
    view.set_looked_at(True)
    pairs = made(qtbot, view, 16)
    qtbot.mouseClick(view.pairs, Qt.MouseButton.LeftButton, pos=view.pairs.cell(2).center())
    assert context.session.selection == {pairs[2].region}
    qtbot.wait(200)
    assert len(view.pairs.pairs) == 16


def test_what_is_set_is_kept_with_the_project(qtbot, context, clip, batch, folder):
    view, controller = batch
    view.set_looked_at(True)
    view.findChild(QSlider, "batch.rotation").setValue(33)
    controller.close()
    assert json.loads((folder / "augmentation.json").read_text())["rotation"] == 33
    again = BatchView()
    qtbot.addWidget(again)
    other = BatchController(context, GalleryState(), again)
    again.set_looked_at(True)
    assert again.numbers["rotation"] == 33 and again.numbers["mirror"] == 0.5
    other.close()


def test_the_time_line_knows_the_frames_of_each_split(context, clip, folder):
    track = context.project.project.tracks()[0].id
    rows = [SplitRow(new_id(), clip.id, None, 100, 119, "train"), SplitRow(new_id(), clip.id, track, 0, 9, "val")]
    context.project.apply(Edit.rows("assign", rows))
    splits = read_lines(folder, clip.id, Control()).splits
    assert splits["train"].tolist() == list(range(100, 120))
    assert splits["val"].tolist() == [0, 2, 4, 6, 8]  # where the track is seen
    assert "test" not in splits
