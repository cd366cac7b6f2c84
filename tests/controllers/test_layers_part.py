"""The layers part: the tree of any network, its filters, and what all parts look at, both ways."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QToolButton

from studio.controllers.features.layers import LayersController
from studio.views.features.layers import LayersView

WAIT = 60_000


@pytest.fixture
def part(qtbot, context):
    view = LayersView()
    controller = LayersController(context, view)
    context.window.setCentralWidget(view)
    context.window.resize(520, 900)
    yield context.session.looking, view
    controller.close()


@pytest.fixture
def open_part(qtbot, context, part):
    """Its first network is shown, with its filters."""
    context.window.show()
    qtbot.waitUntil(lambda: part[1].pane.grid.page is not None, timeout=WAIT)
    return part


def choose(qtbot, view, key):
    """As a person does: take a network from the list."""
    box = view.findChild(QComboBox, "layers.network")
    box.setCurrentIndex(box.findData(key))
    box.activated.emit(box.currentIndex())


def click(qtbot, view, name):
    index = view.model.index_of(name)
    view.tree.scrollTo(index)
    at = view.tree.visualRect(index).center()
    qtbot.mouseClick(view.tree.viewport(), Qt.MouseButton.LeftButton, pos=at)


def wait_for_filters(qtbot, view, count):
    qtbot.waitUntil(
        lambda: view.pane.grid.page is not None and view.pane._title.text().startswith(f"{count} filters"), timeout=WAIT
    )


def test_nothing_is_read_for_nobody(qtbot, context, part):
    looking, view = part
    looking.network = "lenet5"
    assert not context.lanes.disk.jobs and not view.model.lines


def test_the_tree_has_blocks_that_hold_layers_in_the_order_of_calls(open_part):
    _, view = open_part
    model = view.model
    tops = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert tops == ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc"]
    block = model.index(0, 0, model.index(4, 0))
    assert [model.index(row, 0, block).data() for row in range(model.rowCount(block))] == [
        "conv1", "bn1", "relu", "conv2", "bn2", "relu#2",
    ]  # fmt: skip
    assert block.parent() == model.index(4, 0) and model.index(4, 0).parent() == QModelIndex()
    line = model.line_of("layer1.0.conv1")
    assert (line.kind, line.shape, line.parameters, line.sees) == ("Conv2d", "64 × 16 × 16", "36,864", "19")


def test_a_click_on_a_layer_is_looked_at_and_shows_its_filters(qtbot, open_part):
    looking, view = open_part
    click(qtbot, view, "layer1.0.conv1")
    assert looking.layer == "layer1.0.conv1" and looking.channel == -1
    qtbot.waitUntil(lambda: view.pane.grid.page is not None and len(view.pane.grid.page.inputs) == 16, timeout=WAIT)
    assert view.pane.grid.page.sheet.shape == (16 * 3, 16 * 3)
    click(qtbot, view, "maxpool")
    assert view.pane.grid.page is None and "MaxPool2d" in view.pane._title.text()


def test_a_layer_that_is_looked_at_elsewhere_is_selected_here(qtbot, open_part):
    looking, view = open_part
    looking.layer = "layer2.0.conv1"
    assert view.tree.currentIndex() == view.model.index_of("layer2.0.conv1")
    wait_for_filters(qtbot, view, 128)
    looking.channel = 40  # it is on the third page of sixteen
    qtbot.waitUntil(lambda: 40 in view.pane.grid.page.numbers, timeout=WAIT)


def test_pages_of_filters_and_of_their_inputs_can_be_turned(qtbot, open_part):
    looking, view = open_part
    looking.layer = "layer2.0.conv1"
    wait_for_filters(qtbot, view, 128)
    buttons = {name: view.findChild(QToolButton, f"layers.{name}") for name in ("up", "down", "left", "right")}
    assert {name for name, button in buttons.items() if button.isEnabled()} == {"down", "right"}
    qtbot.mouseClick(buttons["down"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.pane.grid.page.numbers[0] == 16, timeout=WAIT)
    qtbot.mouseClick(buttons["right"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.pane.grid.page.inputs[0] == 16, timeout=WAIT)
    np.testing.assert_array_equal(view.pane.grid.page.numbers, np.arange(16, 32))
    assert all(button.isEnabled() for button in buttons.values())


def test_a_filter_is_a_channel_and_opens_its_maps(qtbot, open_part):
    looking, view = open_part
    wanted = []
    looking.part_wanted.connect(wanted.append)
    grid = view.pane.grid
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.cell(2).center())
    assert (looking.layer, looking.channel) == ("conv1", 2) and not wanted
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert looking.channel == 3
    qtbot.mouseDClick(grid, Qt.MouseButton.LeftButton, pos=grid.cell(4).center())
    assert looking.channel == 4 and wanted == ["maps"]
    qtbot.mouseClick(view.findChild(QPushButton, "layers.maps"), Qt.MouseButton.LeftButton)
    assert wanted == ["maps", "maps"]


def test_another_network_is_chosen_here_or_elsewhere(qtbot, open_part):
    looking, view = open_part
    looking.layer = "layer1.0.conv1"
    choose(qtbot, view, "tiny-cnn")
    assert (looking.network, looking.layer) == ("tiny-cnn", "")
    wait_for_filters(qtbot, view, 16)
    assert "random" in view._note.text()
    looking.network = "lenet5"
    wait_for_filters(qtbot, view, 6)
    assert view.findChild(QComboBox, "layers.network").currentData() == "lenet5"


def test_a_block_that_is_looked_at_elsewhere_stays(qtbot, context, part):
    looking, view = part
    looking.layer = "layer2"
    context.window.show()
    qtbot.waitUntil(lambda: len(view.model.lines) > 0, timeout=WAIT)
    assert looking.layer == "layer2"


def test_of_a_graph_the_filters_are_shown_and_why_there_are_no_maps(qtbot, open_part, tmp_path):
    from studio.core.paths import user_cache
    from studio.ml.backbones import install
    from tests.ml.backbones import graphs

    looking, view = open_part
    user_cache().mkdir(parents=True, exist_ok=True)
    install.add_graph(graphs.write(tmp_path / "talk.onnx"), "talk", {"input_size": graphs.SIDE})
    looking.network = "talk"
    wait_for_filters(qtbot, view, 6)
    assert "no maps" in view.pane._title.text() and not view.findChild(QPushButton, "layers.maps").isVisible()
    assert view.pane.grid.page.strongest == pytest.approx(np.sqrt((graphs.KERNEL**2).sum((1, 2, 3))).max(), rel=1e-5)
    click(qtbot, view, "cells")
    assert looking.layer == "cells" and "no filters: Relu" in view.pane._title.text()


def test_a_network_that_cannot_be_read_is_said(qtbot, open_part):
    looking, view = open_part
    looking.network = "nonsense"
    qtbot.waitUntil(lambda: "unknown network" in view._empty._text.text(), timeout=WAIT)
    choose(qtbot, view, "")
    qtbot.waitUntil(lambda: view._body.currentIndex() == 1, timeout=WAIT)


def test_the_search_keeps_what_has_all_words(qtbot, open_part):
    looking, view = open_part
    field = view.findChild(QLineEdit, "layers.search")
    qtbot.keyClicks(field, "layer3 conv")
    qtbot.waitUntil(lambda: view.model.shown == 5, timeout=WAIT)
    assert not view.model.index_of("conv1").isValid()
    click(qtbot, view, "layer3.1.conv2")
    assert looking.layer == "layer3.1.conv2"
    looking.layer = "conv1"  # which is hidden
    field.clear()
    qtbot.waitUntil(lambda: view.model.shown == 60, timeout=WAIT)
    assert view.tree.currentIndex() == view.model.index_of("conv1")


def test_a_head_shows_its_own_parts_which_have_no_maps(qtbot, context, part):
    from studio.ml.heads.head import save_head
    from tests.ml.looking.heads import head

    save_head(head("resnet18-64px", 512), context.project.project.models / "mine")
    looking, view = part
    looking.network = "head:mine"
    context.window.show()
    qtbot.waitUntil(lambda: view.model.line_of("svm.cup") is not None, timeout=WAIT)
    assert view.findChild(QComboBox, "layers.network").currentText() == "Head mine"
    wait_for_filters(qtbot, view, 64)
    click(qtbot, view, "svm.cup")
    assert looking.layer == "" and not view.findChild(QPushButton, "layers.maps").isVisible()
    assert "SVM" in view.pane._title.text()
