"""The maps part answers to the shown frame, only while it is seen; what is chosen is shared both ways."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton, QToolButton

from studio.controllers.context import Context
from studio.controllers.features.maps import MapsController
from studio.controllers.features.maps_work import PAGE
from studio.core.geometry import Box
from studio.core.project import Project
from studio.core.settings import Settings
from studio.state.board import Board
from studio.state.lanes import Lanes
from studio.state.project import ProjectState
from studio.state.session import SessionState, ShownFrame, ShownMedium
from studio.state.veil import Veil
from studio.views.empty import EmptyState
from studio.views.features.maps import MapsView
from studio.views.main_window import MainWindow

PATIENCE = 60_000  # milliseconds
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def opened(qtbot, tmp_path):
    window = MainWindow({})
    qtbot.addWidget(window)
    project = ProjectState(Project.create(tmp_path / "project"))
    lanes = Lanes()
    context = Context(window, project, SessionState(), lanes, Board(), window.actions_by_id, Settings(device="cpu"))
    context.session.medium = ShownMedium(1, "clip.mp4", None, "video", 99, (64, 48), 25.0)
    view = MapsView()
    qtbot.addWidget(view)
    view.resize(320, 800)
    controller = MapsController(context, view)
    yield context, view
    lanes.close()
    controller.close()
    project.close()


def frame(number, width=64, height=48):
    rng = np.random.default_rng(number)
    return ShownFrame(1, number, 0.0, rng.integers(0, 256, (height, width, 3), np.uint8))


def settled(qtbot, context, view, ready=lambda: True):
    qtbot.waitUntil(lambda: view.grid.page is not None and not context.lanes.live.jobs and ready(), timeout=PATIENCE)


def test_nothing_is_computed_for_nobody(qtbot, opened):
    context, view = opened
    context.session.shown = frame(0)
    assert not context.lanes.live.jobs
    view.show()
    settled(qtbot, context, view)
    assert view.grid.page.values.shape == (64, 84, 112)  # the first convolution
    assert view.grid.page.filters.shape[0] == 64


def test_the_newest_frame_is_answered_and_others_are_left_out(qtbot, opened):
    context, view = opened
    view.show()
    for number in range(30):
        context.session.shown = frame(number)
        assert len(context.lanes.live.jobs) <= 1
    context.session.shown = frame(30, width=96)
    settled(qtbot, context, view, lambda: view.grid.page.values.shape == (64, 56, 112))


def test_layer_and_channel_are_shared_both_ways(qtbot, opened):
    context, view = opened
    looking = context.session.looking
    view.show()
    context.session.shown = frame(0)
    settled(qtbot, context, view)
    looking.layer = "layer4.1.relu#2"
    looking.channel = 400  # elsewhere: its page comes forward
    settled(qtbot, context, view, lambda: 400 in view.grid.page.numbers)
    combo = view.findChild(QComboBox, "maps.layer")
    assert combo.currentText() == "layer4.1.relu#2" and view.large.isVisible()
    assert len(view.grid.page.numbers) == PAGE
    qtbot.mouseClick(view.grid, LEFT, pos=view.grid.cell(3).center())
    assert looking.channel == view.grid.page.numbers[3]
    settled(qtbot, context, view)
    qtbot.mouseClick(view.grid, LEFT, pos=view.grid.cell(3).center())
    assert looking.channel == -1
    settled(qtbot, context, view, lambda: not view.large.isVisible())
    combo.activated.emit(combo.findData("fc"))
    assert looking.layer == "fc"
    settled(qtbot, context, view, lambda: view.grid.page.values.shape == (64, 1, 1))


def test_pages_hold_all_channels_of_a_large_layer_once(qtbot, opened):
    context, view = opened
    view.show()
    context.session.looking.layer = "fc"  # 200 values
    context.session.shown = frame(0)
    settled(qtbot, context, view)
    seen = list(view.grid.page.numbers)
    for _ in range(3):
        before = view.grid.page
        qtbot.mouseClick(view.findChild(QToolButton, "maps.on"), LEFT)
        settled(qtbot, context, view, lambda before=before: view.grid.page is not before)
        seen += view.grid.page.numbers
    assert sorted(seen) == list(range(200))
    assert not view.findChild(QToolButton, "maps.on").isEnabled()


def test_a_channel_lies_over_the_video_while_it_is_wanted(qtbot, opened):
    context, view = opened
    looking = context.session.looking
    view.show()
    looking.layer = "layer2.1.relu#2"
    looking.channel = 7
    context.session.shown = frame(5)
    settled(qtbot, context, view, lambda: looking.veil is not None)
    veil = looking.veil
    assert (veil.owner, veil.medium, veil.number, veil.pixels) == ("maps", 1, 5, None)
    assert 0 < veil.mark.width <= 64  # the receptive field of the strongest cell
    qtbot.mouseClick(view.findChild(QToolButton, "maps.over"), LEFT)
    settled(qtbot, context, view, lambda: looking.veil.pixels is not None)
    assert looking.veil.pixels.shape == (21, 28)
    assert looking.veil.box.width == pytest.approx(64) and looking.veil.box.height == pytest.approx(48)
    view.hide()
    assert looking.veil is None


def test_the_cell_under_the_cursor_is_told_and_its_field_marked(qtbot, opened):
    context, view = opened
    looking = context.session.looking
    view.show()
    looking.layer, looking.channel = "layer1.0.conv1", 3
    context.session.shown = frame(1)
    settled(qtbot, context, view, lambda: looking.veil is not None)
    view.large.hovered.emit(20, 30)
    value = view.grid.page.values[list(view.grid.page.numbers).index(3)][20, 30]
    text = view.findChild(QLabel, "maps.value").text()
    assert f"{value:.4g}" in text and "Row 20, column 30" in text
    centre = looking.veil.mark.centre
    assert centre == pytest.approx((30.5 * 4 * 64 / 224, 20.5 * 4 * 48 / 168), abs=1.5)


def test_another_parts_veil_is_left_alone(qtbot, opened):
    context, view = opened
    view.show()
    context.session.shown = frame(0)
    settled(qtbot, context, view)
    theirs = Veil("reasons", 1, 0, None, Box(0, 0, 1, 1))
    context.session.looking.veil = theirs
    view.hide()
    assert context.session.looking.veil is theirs


def test_all_stages_are_shown_and_gone_to(qtbot, opened):
    context, view = opened
    view.show()
    context.session.shown = frame(0)
    settled(qtbot, context, view)
    qtbot.mouseClick(view.findChild(QToolButton, "maps.stages"), LEFT)
    settled(qtbot, context, view, view.strip.isVisible)
    view.strip.picked.emit("layer3.1.relu#2")
    settled(qtbot, context, view, lambda: view.grid.page.values.shape[1:] == (11, 14))
    assert context.session.looking.layer == "layer3.1.relu#2"


def test_the_order_stays_while_the_video_plays(qtbot, opened):
    context, view = opened
    view.show()
    context.session.looking.layer = "layer2.1.relu#2"
    context.session.shown = frame(0)
    settled(qtbot, context, view)
    view.findChild(QComboBox, "maps.order").activated.emit(2)
    settled(qtbot, context, view, lambda: list(view.grid.page.numbers) != list(range(64)))
    values = view.grid.page.values
    assert (np.diff(values.reshape(64, -1).max(1)) <= 1e-6).all()
    numbers = list(view.grid.page.numbers)
    context.session.playing = True
    before = view.grid.page
    context.session.shown = frame(9)
    settled(qtbot, context, view, lambda: view.grid.page is not before)
    assert list(view.grid.page.numbers) == numbers
    context.session.playing = False
    settled(qtbot, context, view, lambda: list(view.grid.page.numbers) != numbers)


def test_a_fixed_scale_begins_where_the_layer_is(qtbot, opened):
    context, view = opened
    view.show()
    context.session.shown = frame(0)
    settled(qtbot, context, view)
    largest = np.abs(view.grid.page.values).max()
    combo = view.findChild(QComboBox, "maps.scale")
    combo.activated.emit(combo.findData("fixed"))
    assert view.bar._fixed.value() == pytest.approx(largest, rel=0.06)


def test_what_cannot_be_shown_is_said_and_another_layer_can_be_chosen(qtbot, opened):
    context, view = opened
    view.show()
    context.session.shown = frame(0)
    settled(qtbot, context, view)
    context.session.looking.layer = "nothing"
    note = view.findChild(QLabel, "maps.note")
    qtbot.waitUntil(lambda: "no layer 'nothing'" in note.text(), timeout=PATIENCE)
    combo = view.findChild(QComboBox, "maps.layer")
    combo.activated.emit(combo.findData("layer1.1.relu#2"))
    settled(qtbot, context, view, lambda: not note.isVisible())


def test_while_the_network_loads_that_is_said_and_not_to_open_a_medium(qtbot, opened):
    context, view = opened
    view.show()
    assert "Open a medium" in view._empty._text.text() and view.findChild(QPushButton, "empty.media.open")
    context.session.shown = frame(0)
    assert view._stack.currentIndex() == 0 and "loading" in view._empty._title.text()
    assert "Open" not in view._empty._text.text()
    settled(qtbot, context, view)
    context.session.looking.network = "tiny-cnn"
    assert "loading" in view.findChild(QLabel, "maps.note").text()
    settled(qtbot, context, view, lambda: view.grid.page.values.shape[0] == 16)
    assert "random" in view.findChild(QLabel, "maps.note").text()


def test_of_a_network_that_cannot_be_looked_into_nothing_old_is_shown(qtbot, opened):
    context, view = opened
    view.show()
    context.session.shown = frame(0)
    settled(qtbot, context, view)
    context.session.looking.network = "nonsense"
    qtbot.waitUntil(lambda: "unknown network" in view._empty._text.text(), timeout=PATIENCE)
    assert view._stack.currentIndex() == 0
    context.session.shown = frame(1)  # while a video plays it stays said, and nothing flickers
    assert "unknown network" in view._empty._text.text()
    context.session.looking.network = ""
    qtbot.waitUntil(lambda: view._stack.currentIndex() == 1, timeout=PATIENCE)


def test_another_network_shows_its_own_layers(qtbot, opened):
    context, view = opened
    view.show()
    context.session.looking.layer = "layer2.1.relu#2"
    context.session.shown = frame(0)
    settled(qtbot, context, view)
    context.session.looking.network = "lenet5"
    settled(qtbot, context, view, lambda: view.grid.page.values.shape == (6, 28, 28))
    assert view.findChild(QComboBox, "maps.layer").currentText() == "c1"
    note = view.findChild(QLabel, "maps.note")
    assert context.session.looking.layer == ""  # for the other parts, too
    settled(qtbot, context, view)
    assert "lenet5 has no layer 'layer2.1.relu#2': its first convolution is shown" in note.text()
    context.session.looking.layer = "s2"
    settled(qtbot, context, view, lambda: "no layer" not in note.text())


def test_what_is_shown_is_written(qtbot, opened, tmp_path):
    context, view = opened
    said = []
    context.board.said.connect(lambda message: said.append(message.text))
    view.show()
    context.session.looking.layer = "layer2.1.relu#2"
    context.session.shown = frame(3)
    settled(qtbot, context, view)
    qtbot.mouseClick(view.findChild(QToolButton, "maps.export"), LEFT)
    dialog = context.window.findChild(QFileDialog, "maps.folder")
    out = tmp_path / "out"
    out.mkdir()
    dialog.fileSelected.emit(str(out))
    dialog.close()
    qtbot.waitUntil(lambda: bool(said), timeout=PATIENCE)
    name = "clip-000003-layer2.1.relu#2-page1"
    assert {path.name for path in out.iterdir()} == {f"{name}.png", f"{name}.npz"}
    with np.load(out / f"{name}.npz") as archive:
        values = archive["layer2.1.relu#2"]
    np.testing.assert_array_equal(values[list(view.grid.page.numbers)], view.grid.page.values)


def test_nothing_of_a_medium_stays_when_it_is_closed(qtbot, opened):
    context, view = opened
    looking, session = context.session.looking, context.session
    view.show()
    looking.channel = 3
    session.shown = frame(0)
    settled(qtbot, context, view, lambda: looking.veil is not None)
    empty = view.findChild(EmptyState)
    session.shown = None  # as for a moment between two media
    assert not empty.isVisible()
    session.medium = None
    assert empty.isVisible() and looking.veil is None
    session.shown = frame(1)
    session.shown = None  # while it is computed
    qtbot.waitUntil(lambda: not context.lanes.live.jobs, timeout=PATIENCE)
    assert empty.isVisible() and looking.veil is None
    session.shown = frame(2)
    qtbot.waitUntil(lambda: not empty.isVisible(), timeout=PATIENCE)
