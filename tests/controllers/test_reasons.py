"""The reasons part: what it is about, that it asks only when wanted, and what it lays over the video."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QSlider

from studio.controllers.features.reasons import CHOOSE_CHANNEL, ReasonsController
from studio.core.detections import Detections
from studio.core.geometry import Box
from studio.core.project import Edit, MediumRow, Project, RegionRow, new_id
from studio.state.project import ProjectState
from studio.state.session import ActiveHead, LiveShown, PickedDetection, ShownFrame
from studio.views.features.reasons import HINT, ReasonsView

WAIT = 60_000
MEDIUM = MediumRow(new_id(), "clip.mp4", "video", 100, "0" * 64, 10, 160, 120)


class Part:
    """The part in a narrow window, and its fields by name."""

    def __init__(self, qtbot, context):
        self.qtbot, self.context, self.view = qtbot, context, ReasonsView()
        qtbot.addWidget(self.view)
        self.controller = ReasonsController(context, self.view)
        self.view.resize(320, 700)
        self.view.show()

    def text(self, name):
        return self.view.findChild(QLabel, f"reasons.{name}").text()

    def check(self, name):
        box = self.view.findChild(QCheckBox, f"reasons.{name}")
        self.qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))

    @property
    def button(self):
        return self.view.findChild(QPushButton, "reasons.explain")

    def click(self):
        self.qtbot.mouseClick(self.button, Qt.MouseButton.LeftButton)

    def choose(self, name, text):
        combo = self.view.findChild(QComboBox, f"reasons.{name}")
        combo.setCurrentText(text)
        combo.activated.emit(combo.currentIndex())

    @property
    def aims(self):
        combo = self.view.findChild(QComboBox, "reasons.aim")
        return [combo.itemText(number) for number in range(combo.count())], combo.currentText()

    def wait(self):
        self.qtbot.waitUntil(lambda: not self.context.lanes.compute.jobs, timeout=WAIT)


@pytest.fixture
def part(qtbot, context):
    made = Part(qtbot, context)
    yield made
    made.controller.close()


def frame(number=0):
    picture = np.random.default_rng(number).integers(0, 256, (120, 160, 3), np.uint8)
    return ShownFrame(MEDIUM.id, number, 0.0, picture)


def picked(shown, label="cup"):
    found = Detections(np.array([[10, 10, 40, 40]], np.float32), np.array([0.87], np.float32), np.zeros(1, np.int64))
    return PickedDetection(LiveShown(shown, found, (label,), "key", 0.1, 0.0), 0)


def head(*labels, dense=True):
    """As much of one as is looked at before it is used."""
    card = SimpleNamespace(dense=dense, backbone="resnet18-64px@layer3:avg", network=None)
    return ActiveHead("key", "live", labels, SimpleNamespace(card=card))


def region(context, label, number=3):
    row = next(row for row in context.project.labels.values() if row.name == label)
    made = RegionRow(new_id(), MEDIUM.id, number, row.id, None, 5, 6, 30, 20, "human", True, 1.0, False, "visible")
    rows = [made] if context.project.media else [MEDIUM, made]
    context.project.apply(Edit.rows("label", rows))
    return made


def test_it_is_about_what_is_picked_else_selected_else_the_frame(part, context):
    assert part.view._stack.currentIndex() == 0
    context.session.shown = frame(3)
    assert part.view._stack.currentIndex() == 1 and part.text("subject") == "the whole of frame 3"
    context.session.selection = frozenset({region(context, "hand").id})
    assert part.text("subject") == "hand on frame 3"
    context.session.picked = picked(context.session.shown)
    assert part.text("subject") == "cup 0.87 on frame 3"
    context.session.picked = None
    context.session.shown = frame(4)
    assert part.text("subject") == "the whole of frame 4"


def test_the_score_that_is_offered_is_that_of_the_thing(part, context):
    context.session.shown = frame(3)
    network = "strongest class of the bundled network"
    assert part.aims == ([network, CHOOSE_CHANNEL], network)
    context.session.head = head("cup", "hand")
    texts = ["cup: the dense search", "cup: the crop", "hand: the dense search", "hand: the crop"]
    assert part.aims[0] == [*texts, "strongest class of resnet18-64px", CHOOSE_CHANNEL]
    part.choose("aim", "cup: the dense search")
    context.session.picked = picked(context.session.shown)
    assert part.aims[1] == "cup: the dense search"
    context.session.picked = None
    context.session.selection = frozenset({region(context, "hand").id})
    assert part.aims[1] == "hand: the crop", "nobody searched for it"
    context.session.looking.layer, context.session.looking.channel = "layer2", 7
    assert part.aims[0][-1] == "channel 7 of layer2"
    part.choose("aim", "channel 7 of layer2")
    context.session.picked = picked(context.session.shown)
    assert part.aims[1] == "channel 7 of layer2", "who chose it wants to keep it"
    context.session.looking.channel = -1
    assert part.aims[1] == "cup: the dense search"
    context.session.head = head("hand", dense=False)
    assert part.aims[0] == ["hand: the crop", "strongest class of resnet18-64px", CHOOSE_CHANNEL]


def test_the_way_to_a_channel_leads_to_the_maps(part, context):
    context.session.shown = frame(3)
    wanted = []
    context.session.looking.part_wanted.connect(wanted.append)
    part.choose("aim", CHOOSE_CHANNEL)
    assert wanted == ["maps"] and part.aims[1] == "strongest class of the bundled network"
    context.session.looking.channel = 5
    assert part.aims[0] == ["strongest class of the bundled network", "channel 5 of the first layer"]


def test_a_channel_of_the_first_layer_needs_no_layer_to_be_chosen(part, context):
    context.session.shown = frame(3)
    context.session.looking.channel = 5
    part.choose("aim", "channel 5 of the first layer")
    part.choose("way", "Integrated gradients")
    part.click()
    part.wait()
    assert part.text("score").startswith("channel 5 of conv1:") and part.view.result.isVisible()


def test_a_region_of_a_renamed_label_is_offered_what_the_head_calls_it(part, context):
    context.session.shown = frame(3)
    context.session.head = head("hand", "cup")
    row = next(row for row in context.project.labels.values() if row.name == "cup")
    context.project.apply(Edit.rows("rename", [replace(row, name="mug")]))
    context.session.selection = frozenset({region(context, "mug").id})
    assert part.text("subject") == "mug on frame 3"
    assert part.aims[1] == "cup: the crop"


def test_explain_shows_a_map_its_check_and_what_they_say(part, context, qtbot):
    context.session.shown = frame(3)
    assert part.text("note") == HINT and part.view.result.isHidden()
    part.click()
    assert part.button.text() == "Cancel"
    part.wait()
    assert part.button.text() == "Explain" and part.view.result.isVisible()
    assert part.text("title") == "the whole of frame 3" and "of resnet18-64px): margin +" in part.text("score")
    assert part.text("verdict") and "layer3" in part.text("facts") and "5 networks" in part.text("facts")
    assert part.view.minimumSizeHint().width() <= 320


def test_what_explains_is_imported_as_soon_as_somebody_looks(part, context, monkeypatch, qtbot):
    part.view.hide()
    part.wait()
    qtbot.waitUntil(lambda: not context.lanes.batch.jobs, timeout=WAIT)
    monkeypatch.delitem(sys.modules, "captum.attr")
    view = ReasonsView()
    qtbot.addWidget(view)
    other = ReasonsController(context, view)
    assert not context.lanes.compute.jobs
    view.show()
    qtbot.waitUntil(lambda: "captum.attr" in sys.modules, timeout=WAIT)
    assert not context.lanes.compute.jobs
    other.close()


def test_a_project_that_is_only_read_can_be_explained(part, context, folder, qtbot):
    made = region(context, "hand")
    part.controller.close()
    read = ProjectState(Project.open(folder), "read-only: another window has it", context.window)
    context.session.shown, context.session.selection = frame(3), frozenset({made.id})
    view = ReasonsView()
    qtbot.addWidget(view)
    part.view, part.controller = view, ReasonsController(replace(context, project=read), view)
    view.show()
    assert part.text("subject") == "hand on frame 3"
    part.click()
    part.wait()
    assert part.text("title") == "hand on frame 3" and view.result.isVisible()
    read.close()


def test_in_a_low_dock_the_first_map_comes_into_sight(part, context, qtbot):
    part.view.resize(320, 260)
    context.session.shown = frame(3)
    part.click()
    part.wait()
    qtbot.waitUntil(lambda: part.view.result.trained.visibleRegion().boundingRect().height() > 90)


def test_cancel_leaves_what_there_was(part, context, qtbot):
    context.session.shown = frame(3)
    part.choose("way", "Occlusion")
    part.click()
    part.click()
    part.wait()
    assert part.button.text() == "Explain" and part.view.result.isHidden() and part.text("note") == HINT


def test_what_cannot_be_explained_is_said_in_place(part, context):
    context.session.shown = frame(3)
    context.session.looking.layer, context.session.looking.channel = "no such layer", 1
    part.choose("aim", "channel 1 of no such layer")
    part.click()
    part.wait()
    assert "no layer 'no such layer'" in part.text("note") and part.view.result.isHidden()


def test_it_follows_the_selection_only_where_it_is_told_to(part, context, qtbot):
    context.session.shown = frame(3)
    qtbot.wait(300)
    assert not context.lanes.compute.jobs
    part.check("follow")
    qtbot.waitUntil(lambda: part.view.result.isVisible(), timeout=WAIT)
    context.session.picked = picked(context.session.shown)
    qtbot.waitUntil(lambda: "cup 0.87" in part.text("title"), timeout=WAIT)
    part.wait()
    context.session.picked = None
    context.session.playing = True
    part.wait()
    context.session.shown = frame(5)
    qtbot.wait(300)
    assert not context.lanes.compute.jobs
    context.session.playing = False
    qtbot.waitUntil(lambda: "frame 5" in part.text("title"), timeout=WAIT)


def test_the_map_lies_over_its_frame_as_strongly_as_the_slider_says(part, context, qtbot):
    looking = context.session.looking
    context.session.shown = frame(3)
    context.session.picked = picked(context.session.shown)
    part.click()
    part.wait()
    assert looking.veil is None
    part.check("veil")
    assert (looking.veil.owner, looking.veil.medium, looking.veil.number) == ("reasons", MEDIUM.id, 3)
    assert looking.veil.box == Box(0, 0, 64, 64), "the crop that is cut for the detection"
    part.view.findChild(QSlider, "reasons.opacity").setValue(35)
    assert looking.veil.opacity == pytest.approx(0.35)
    context.session.playing = True
    assert looking.veil is None, "it is of one frame"
    context.session.playing = False
    assert looking.veil is not None
    part.view.hide()
    assert looking.veil is None
    part.view.show()
    assert looking.veil is not None
    part.check("veil")
    assert looking.veil is None


def test_a_veil_of_another_part_stays(part, context):
    context.session.shown = frame(3)
    part.click()
    part.wait()
    part.check("veil")
    other = replace(context.session.looking.veil, owner="maps")
    context.session.looking.veil = other
    part.check("veil")
    assert context.session.looking.veil is other


def test_a_network_that_was_never_trained_is_not_said_to_have_learned(part, context):
    context.session.shown = frame(3)
    context.session.looking.network = "tiny-cnn"
    part.click()
    part.wait()
    assert "has not been trained" in part.text("verdict")


def test_a_call_that_the_network_does_not_make_is_said_in_place(part, context):
    context.session.shown = frame(3)
    context.session.looking.layer, context.session.looking.channel = "layer1.0.relu#9", 1
    part.choose("aim", "channel 1 of layer1.0.relu#9")
    part.click()
    part.wait()
    assert "never came to layer1.0.relu#9" in part.text("note")
