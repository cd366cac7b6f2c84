"""What is written and chosen on the kernel bench changes its steps."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from studio.core.kernels.chain import Chain, Clip, Convolve, Pool, Relu
from studio.core.kernels.compute import run_chain
from studio.core.kernels.kernel import PRESETS
from studio.core.kernels.sheets import sheet


def test_a_number_that_is_written_changes_the_result(bench):
    bench.window.show()
    picture = bench.show()
    grid = bench.view.fields.convolve.grid
    grid.item(1, 1).setText("1/2")
    assert bench.chain.steps[0].kernels[0].root[1][1] == 0.5
    assert np.array_equal(bench.shown(), sheet(run_chain(bench.chain, picture).maps))
    grid.item(0, 0).setText("much")
    assert "no number" in bench.view.problem.text() and grid.item(0, 0).text() == "−1"
    QGuiApplication.clipboard().setText("0 0 0 0 2 0 0 0 0")
    QTest.keyClick(grid, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert bench.chain.steps[0].kernels[0].root[1] == (0, 2, 0) and bench.view.problem.isHidden()
    QTest.keyClick(grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "0 0 0 0 2 0 0 0 0"


def test_presets_sizes_and_kernels_side_by_side(bench):
    fields = bench.view.fields.convolve
    bench.preset("Sobel H")
    assert bench.chain.steps == (Convolve(kernels=(PRESETS["sobel-h"],)),)
    fields.more.click()
    bench.preset("Blur")
    assert [kernel.name for kernel in bench.chain.steps[0].kernels] == ["sobel-h", "blur"]
    assert fields.which.currentText() == "2/2 Blur"
    fields.side.setCurrentIndex(1)
    fields.side.activated.emit(1)
    assert bench.chain.steps[0].kernels[1] == PRESETS["blur"].resized(5)
    fields.which.setCurrentIndex(0)
    fields.which.activated.emit(0)
    assert fields.grid.rowCount() == 3
    fields.less.click()
    assert bench.chain.steps[0].kernels == (PRESETS["blur"].resized(5),)
    fields.scale.setValue(2.5)
    fields.bias.setValue(-3)
    fields.stride.setValue(2)
    fields.sum_maps.click()
    assert bench.chain.steps[0] == Convolve(
        kernels=(PRESETS["blur"].resized(5),), scale=2.5, bias=-3, stride=2, sum_maps=True
    )


def test_steps_are_added_moved_chosen_and_removed(bench):
    bench.window.show()
    picture = bench.show()
    for text in ("ReLU", "Clip", "Max pooling"):
        bench.add(text)
    kinds = [type(step) for step in bench.chain.steps]
    assert kinds == [Convolve, Relu, Clip, Pool] and bench.view.steps.list.currentRow() == 3
    assert bench.chain.steps[2].high == 255  # white, where values are 8 bits
    bench.view.fields.pool.size_.setValue(4)
    assert bench.chain.steps[3].size == 4
    assert bench.shown().shape == (12, 16, 3)
    bench.view.steps.up.click()
    assert [type(step) for step in bench.chain.steps] == [Convolve, Relu, Pool, Clip]
    bench.view.steps.list.setCurrentRow(0)  # the result is that of the chosen step
    assert np.array_equal(bench.shown(), sheet(run_chain(bench.chain, picture, last=0).maps))
    bench.view.steps.remove.click()
    bench.view.steps.list.setCurrentRow(2)
    bench.view.fields.clip.low.setValue(300)
    assert bench.chain.steps == (Relu(), Pool(size=4), Clip(low=300, high=300))
    bench.preset("Identity")  # a step without a kernel gets one behind it
    assert [type(step) for step in bench.chain.steps] == [Relu, Pool, Clip, Convolve]


def test_every_step_can_be_seen_and_clicked(bench):
    bench.window.show()
    bench.show()
    rows = bench.view.steps.list
    for text in ("texture", "Identity", "texture"):
        bench.preset(text)
    bench.qtbot.waitUntil(lambda: rows.visualItemRect(rows.item(5)).height() > 0)
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualItemRect(rows.item(2)).center())
    assert rows.currentRow() == 2 and bench.view.fields.convolve.sum_maps.isChecked()
    tops = [rows.visualItemRect(rows.item(row)).top() for row in range(rows.count())]
    assert tops == sorted(set(tops)) and len(tops) == 6


def test_a_field_leaves_what_others_cannot_show(bench):
    third = Convolve(kernels=(PRESETS["blur"],), scale=1 / 3, bias=1e-8)
    bench.controller._take(Chain(steps=(third,)))
    bench.view.fields.convolve.stride.setValue(2)
    assert bench.chain.steps == (third.model_copy(update={"stride": 2}),)


def test_a_dragged_step_arrives(bench):
    bench.add("ReLU")
    rows = bench.view.steps.list
    rows.setCurrentRow(1)
    assert rows.model().moveRow(QModelIndex(), 1, QModelIndex(), 0)
    bench.qtbot.waitUntil(lambda: isinstance(bench.chain.steps[0], Relu))
    assert [type(step) for step in bench.chain.steps] == [Relu, Convolve]


def test_grey_and_floating_point(bench):
    for combo, value in ((bench.view.color, "grey"), (bench.view.arithmetic, "float")):
        index = combo.findData(value)
        combo.setCurrentIndex(index)
        combo.activated.emit(index)
    assert (bench.chain.color, bench.chain.arithmetic) == ("grey", "float")


def test_a_narrow_dock_cuts_nothing_off(bench):
    bench.window.show()
    bench.show()
    bench.preset("texture")
    for row in range(6):
        bench.view.steps.list.setCurrentRow(row)
        assert bench.view.minimumSizeHint().width() <= 320
        bench.window.resize(300, 600)
        inside = bench.view.fields
        assert inside.minimumSizeHint().width() <= 288, row  # 320 without margins and the scroll bar
