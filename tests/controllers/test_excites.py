"""What excites a channel: collected while somebody looks, from the gallery when asked, and imagined."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from studio.controllers.context import Context
from studio.controllers.features.excites import ExcitesController
from studio.controllers.features.excites_work import save_picture
from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.settings import Settings
from studio.state.board import Board
from studio.state.lanes import Lanes
from studio.state.project import ProjectState
from studio.state.session import SessionState, ShownFrame, ShownMedium
from studio.views.features.excites import ExcitesView
from studio.views.main_window import MainWindow
from tests.ml.taught_project import make_project, scene

PATIENCE = 60_000  # milliseconds


@pytest.fixture
def taught(tmp_path):
    with make_project(tmp_path) as project:
        return project.folder


@pytest.fixture
def opened(qtbot, taught):
    window = MainWindow({})
    qtbot.addWidget(window)
    project = ProjectState(Project.open(taught))
    lanes = Lanes()
    context = Context(
        window, project, SessionState(), lanes, Board(), window.actions_by_id, Settings(device="cpu")
    )  # fmt: skip
    (row,) = project.media.values()
    context.session.medium = ShownMedium(row.id, "clip.mp4", None, "video", 24, (320, 240), 10.0)
    view = ExcitesView()
    qtbot.addWidget(view)
    view.resize(320, 900)
    controller = ExcitesController(context, view)
    yield context, view
    lanes.close()
    controller.close()
    project.close()


def frame(context, number):
    return ShownFrame(context.session.medium.id, number, number / 10, scene(number))


def collect(qtbot, context, view, *numbers):
    """Show frames until each was looked at."""
    view.show()
    for number in numbers:
        context.session.shown = frame(context, number)
        qtbot.waitUntil(lambda: not context.lanes.live.jobs, timeout=PATIENCE)


def test_nothing_is_looked_at_for_nobody(qtbot, opened):
    context, view = opened
    context.session.shown = frame(context, 0)
    assert not context.lanes.live.jobs and view.empty.isVisibleTo(view)
    view.show()
    qtbot.waitUntil(lambda: view.channel.maximum() == 63, timeout=PATIENCE)
    assert not view.empty.isVisibleTo(view)
    assert "conv1" in view._title.text() and view.hint.isVisibleTo(view)


def test_the_channel_is_chosen_here_and_elsewhere(qtbot, opened):
    context, view = opened
    collect(qtbot, context, view, 0)
    assert view.patches.count == 0
    context.session.looking.channel = 7
    assert view.channel.value() == 7 and view.patches.count == 1 and not view.hint.isVisibleTo(view)
    view.channel.setValue(9)
    assert context.session.looking.channel == 9
    context.session.looking.channel = 512  # of a layer with more of them
    assert view.channel.value() == -1 and view.patches.count == 0


def test_frames_of_one_sight_share_an_entry_and_frames_are_left_out(qtbot, opened):
    context, view = opened
    context.session.looking.channel = 3
    collect(qtbot, context, view, 0, 1, 2)
    assert view.patches.count == 1
    collect(qtbot, context, view, 20)
    assert view.patches.count == 2
    for number in range(24):
        context.session.shown = frame(context, number)
        assert len(context.lanes.live.jobs) <= 1


def test_another_layer_begins_anew(qtbot, opened):
    context, view = opened
    context.session.looking.channel = 3
    collect(qtbot, context, view, 0, 20)
    assert view.patches.count == 2
    context.session.looking.layer = "layer2"
    assert view.patches.count == 0
    qtbot.waitUntil(lambda: view.patches.count == 1, timeout=PATIENCE)
    assert "layer2" in view._title.text() and view.channel.maximum() == 127


def test_a_layer_of_another_network_is_looked_at_no_longer(qtbot, opened):
    context, view = opened
    looking = context.session.looking
    looking.layer, looking.channel = "layer9", 3
    view.show()
    assert "Open a medium" in view.empty._text.text()
    context.session.shown = frame(context, 0)
    assert "loading" in view.empty._title.text() and not view.findChild(QPushButton, "empty.media.open")
    qtbot.waitUntil(lambda: view.channel.maximum() == 63, timeout=PATIENCE)
    assert (looking.layer, looking.channel) == ("", -1) and "conv1" in view._title.text()


def test_the_gallery_is_looked_through_and_a_double_click_goes_to_the_frame(qtbot, opened):
    context, view = opened
    context.session.looking.channel = 3
    view.show()
    collect(qtbot, context, view, 0)
    qtbot.mouseClick(view.gallery, Qt.MouseButton.LeftButton)
    assert view.gallery_stop.isVisibleTo(view)
    qtbot.waitUntil(lambda: view._gallery_words.text() == "All 36 crops", timeout=PATIENCE)
    assert view.gallery.isVisibleTo(view) and view.crops.count == 6  # three seconds of the object, and beside it
    values = [float(cell.value.replace("−", "-")) for cell in view.crops._cells]
    assert values == sorted(values, reverse=True)
    context.session.frame = 0
    wanted = int(view.crops._cells[0].tip.split("frame ")[1].split()[0])
    place = view.crops.cell(0).center()
    context.session.frame = 23 if wanted != 23 else 0
    qtbot.mouseDClick(view.crops, Qt.MouseButton.LeftButton, pos=place)
    assert context.session.frame == wanted


def test_looking_through_the_gallery_can_be_stopped(qtbot, opened):
    context, view = opened
    collect(qtbot, context, view, 0)
    qtbot.mouseClick(view.gallery, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(view.gallery_stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.gallery.isVisibleTo(view), timeout=PATIENCE)
    assert view._gallery_words.text().startswith("Stopped")


def test_a_channel_is_imagined_watched_and_stopped(qtbot, opened):
    context, view = opened
    pane = view.imagined
    collect(qtbot, context, view, 0)
    assert not pane.start.isEnabled()
    context.session.looking.channel = 3
    assert pane.start.isEnabled()
    qtbot.mouseClick(pane.start, Qt.MouseButton.LeftButton)
    assert pane.stop.isVisibleTo(view) and not pane.start.isVisibleTo(view)
    qtbot.waitUntil(lambda: not pane.picture.image.isNull(), timeout=PATIENCE)
    qtbot.mouseClick(pane.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: pane.start.isVisibleTo(view), timeout=PATIENCE)
    assert "of 256 steps" in pane.words.text() and pane.save.isVisibleTo(view)


def test_keys_move_and_open(qtbot, opened):
    context, view = opened
    context.session.looking.channel = 3
    collect(qtbot, context, view, 0, 20)
    opened_numbers = []
    view.patches.opened.connect(opened_numbers.append)
    view.patches.setFocus()
    qtbot.keyClick(view.patches, Qt.Key.Key_Right)
    qtbot.keyClick(view.patches, Qt.Key.Key_Return)
    qtbot.keyClick(view.patches, Qt.Key.Key_Right)
    qtbot.keyClick(view.patches, Qt.Key.Key_Return)
    assert opened_numbers == [1, 1]


def test_a_picture_is_saved_and_nothing_is_overwritten(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    save_picture(pixels, tmp_path / "a.png", Control())
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "a.png"))[..., ::-1], pixels)
    with pytest.raises(InputError, match="already"):
        save_picture(pixels, tmp_path / "a.png", Control())
    with pytest.raises(InputError, match="cannot write"):
        save_picture(pixels, tmp_path / "no" / "a.png", Control())
