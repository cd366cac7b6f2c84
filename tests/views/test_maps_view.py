"""The maps part with real mouse and keys: what it shows and what it wishes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSlider, QToolButton

from studio.views.features.maps import MapsView
from studio.views.features.maps_bar import MapsBar
from studio.views.features.maps_grid import ShownPage, value_text
from studio.views.features.maps_strip import ShownStage

LEFT = Qt.MouseButton.LeftButton


def page(count=6, rows=3, columns=4, first=0):
    values = np.arange(count * rows * columns, dtype=np.float32).reshape(count, rows, columns)
    sheet = np.full((count * rows, columns), 0xFF000000, np.uint32)
    for place in range(count):
        sheet[place * rows : (place + 1) * rows] |= np.uint32((place * 40 + 15) << 16)
    return ShownPage(list(range(first, first + count)), sheet, values)


@pytest.fixture
def view(qtbot):
    view = MapsView()
    qtbot.addWidget(view)
    view.resize(320, 640)
    view.set_page("6 channels", page())
    view.show()
    return view


def collect(signal):
    seen = []
    signal.connect(lambda *values: seen.append(values[0] if len(values) == 1 else values))
    return seen


def find(view, kind, name):
    return view.findChild(kind, name)


def test_each_cell_shows_its_own_map(view):
    picture = view.grid.grab().toImage()
    for place in range(6):
        color = picture.pixelColor(view.grid.cell(place).center())
        assert (color.red(), color.green()) == (place * 40 + 15, 0)


def test_a_click_and_keys_pick_channels(qtbot, view):
    view.set_page("later", page(first=64))
    picked, turned = collect(view.grid.picked), collect(view.grid.turned)
    qtbot.mouseClick(view.grid, LEFT, pos=view.grid.cell(2).center())
    view.grid.choose(66)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
        qtbot.keyClick(view.grid, key)
    assert picked == [66, 67, 65, 66 + 3] and turned == [1, -1]


def test_the_value_under_the_cursor_is_told():
    shown = page()
    cell = QRectF(100, 50, 80, 60)
    assert value_text(shown, 1, cell, QPointF(100 + 79, 50 + 59)).startswith("channel 1: 23 at row 2, column 3")
    assert value_text(shown, 0, cell, QPointF(101, 51)).startswith("channel 0: 0 at row 0, column 0")


def test_the_large_map_tells_which_cell_is_under_the_cursor(qtbot, view):
    hovered = collect(view.large.hovered)
    view.set_chosen(2, np.full((3, 4), 0xFF112233, np.uint32))
    qtbot.waitUntil(lambda: view.large.cell(0, 0).width() > 20)
    for row, column in ((0, 0), (2, 3), (1, 2)):
        qtbot.mouseMove(view.large, view.large.cell(row, column).center().toPoint())
        assert hovered[-1] == (row, column)
    view.set_chosen(-1, None)
    assert not view.large.isVisible()


def test_choosers_show_what_is_set_without_wishing_it(view):
    bar = view.bar
    wishes = [
        collect(signal)
        for signal in (bar.layer_wanted, bar.order_wanted, bar.scale_wanted, bar.fixed_wanted, bar.over_wanted)
    ]
    bar.set_layers(["conv1", "layer1", "fc"], "layer1")
    bar.set_labels(["cup"])
    bar.set_order("counts:cup")
    bar.set_scale("fixed", 2.5)
    bar.set_over(True, 0.4, True)
    bar.set_page(1, 3)
    assert find(view, QComboBox, "maps.layer").currentText() == "layer1"
    assert find(view, QComboBox, "maps.order").currentText() == "Counts for cup"
    assert find(view, QDoubleSpinBox, "maps.fixed").value() == 2.5
    assert find(view, QSlider, "maps.opacity").value() == 40
    assert find(view, QToolButton, "maps.on").isEnabled() and find(view, QToolButton, "maps.back").isEnabled()
    assert not any(wishes)


def test_choosers_wish_what_the_user_does(qtbot, view):
    bar = view.bar
    bar.set_layers(["conv1", "layer1"], "conv1")
    bar.set_page(0, 2)
    bar.set_scale("fixed", 1.0)
    seen = {
        name: collect(getattr(bar, name)) for name in ("layer_wanted", "order_wanted", "fixed_wanted", "turned",
                                                       "over_wanted", "strip_wanted", "export_wanted")
    }  # fmt: skip
    find(view, QComboBox, "maps.layer").activated.emit(1)
    find(view, QComboBox, "maps.order").activated.emit(2)
    find(view, QDoubleSpinBox, "maps.fixed").setValue(3.0)
    bar.set_over(False, 0.5, True)
    for name in ("maps.on", "maps.over", "maps.stages", "maps.export"):
        qtbot.mouseClick(find(view, QToolButton, name), LEFT)
    assert seen["layer_wanted"] == ["layer1"] and seen["order_wanted"] == ["maximum"]
    assert seen["fixed_wanted"] == [3.0] and seen["turned"] == [1]
    assert seen["over_wanted"] == [True] and seen["strip_wanted"] == [True] and len(seen["export_wanted"]) == 1


def test_a_stage_is_gone_to_by_a_click(qtbot, view):
    picked = collect(view.strip.picked)
    stages = [ShownStage(name, "8 × 4", np.full((64, 48, 3), 90, np.uint8)) for name in ("", "layer1", "layer2")]
    view.set_stages(stages, (("cup", 0.9), ("a much longer name than fits", 0.1)))
    assert view.strip.isVisible()
    for place in range(3):
        qtbot.mouseClick(view.strip, LEFT, pos=view.strip.cell(place).center())
    assert picked == ["layer1", "layer2"]
    view.set_stages(None, ())
    assert not view.strip.isVisible()


@pytest.mark.parametrize("width", [300, 600])
def test_a_narrow_dock_is_wide_enough(qtbot, view, width):
    view.bar.set_layers(["a.very.long.name.of.a.layer.in.a.deep.network.relu#2"], "")
    view.bar.set_labels(["a label with a long name"])
    view.bar.set_page(10, 12)
    view.bar.set_scale("fixed", 1000)
    view.set_chosen(1, np.full((3, 4), 0xFF112233, np.uint32))
    view.set_stages([ShownStage("x", "1", np.zeros((64, 64, 3), np.uint8))] * 9, ())
    view.set_note("A sentence that is rather long and says why something is not as it was asked for.")
    view.resize(width, 500)
    assert view.minimumSizeHint().width() <= 300
    assert view.grid.cell(0).width() > 80


def test_single_values_are_small_cells(view):
    view.set_page("values", page(64, 1, 1))
    cells = [view.grid.cell(place) for place in range(64)]
    assert max(cell.height() for cell in cells) < 80
    assert QPoint(cells[1].topLeft()).x() > cells[0].right()


def test_a_stage_is_named_among_its_layers(qtbot):
    bar = MapsBar()
    qtbot.addWidget(bar)
    combo = bar.findChild(QComboBox, "maps.layer")
    bar.set_layers(("conv1", "layer2.0.relu"), "layer2")
    assert combo.currentText() == "layer2"
    bar.set_layers(("conv1", "layer2.0.relu"), "conv1")
    assert combo.currentText() == "conv1"
