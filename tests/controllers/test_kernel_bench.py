"""The kernel bench of the features dock."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow, QMessageBox, QPushButton

from studio.controllers.context import Context
from studio.controllers.features.kernel import KernelController
from studio.core.kernels.chain import Chain, Clip, Convolve, Pool, Relu, chain_called
from studio.core.kernels.compute import run_chain
from studio.core.kernels.kernel import PRESETS
from studio.core.kernels.sheets import sheet
from studio.core.project import Project
from studio.core.project.kernels import delete_kernel, kernel_names, read_kernel, save_kernel
from studio.core.settings import Settings
from studio.state.board import Board
from studio.state.lanes import Lanes
from studio.state.project import ProjectState
from studio.state.session import SessionState, ShownFrame
from studio.views.actions import Actions
from studio.views.features.kernel import KernelView

WAIT = 20_000


class Bench:
    def __init__(self, qtbot, folder):
        self.qtbot, self.window = qtbot, QMainWindow()
        qtbot.addWidget(self.window)
        self.project = ProjectState(Project.create(folder))
        self.lanes = Lanes()
        settings = Settings(device="cpu")
        self.context = Context(
            self.window, self.project, SessionState(), self.lanes, Board(), Actions(self.window, {}), settings
        )
        self.view = KernelView()
        self.window.setCentralWidget(self.view)
        self.controller = KernelController(self.context, self.view)
        self.window.resize(340, 700)

    @property
    def chain(self):
        return self.controller._chain

    def shown(self):
        """What the picture shows, when all is done."""
        self.qtbot.waitUntil(lambda: not self.lanes.live.jobs, timeout=WAIT)
        image = self.view.picture._result
        return None if image.isNull() else image.ndarray

    def show(self, number=0, width=64, height=48):
        rng = np.random.default_rng(number)
        frame = ShownFrame(1, number, 0.0, rng.integers(0, 256, (height, width, 3), np.uint8))
        self.context.session.shown = frame
        return frame.picture

    def add(self, text):
        (action,) = (each for each in self.view.steps.add.menu().actions() if each.text() == text)
        action.trigger()

    def preset(self, text):
        (action,) = (each for each in self.view.presets.menu().actions() if each.text() == text)
        action.trigger()


@pytest.fixture
def bench(qtbot, tmp_path):
    made = Bench(qtbot, tmp_path / "project")
    yield made
    made.lanes.close()
    made.controller.close()
    made.project.close()


def test_nothing_is_computed_for_nobody_and_then_it_is_the_chain_on_the_frame(bench):
    picture = bench.show()
    assert not bench.lanes.live.jobs and bench.view._stack.currentIndex() == 0
    bench.window.show()
    bench.qtbot.waitUntil(lambda: bench.shown() is not None, timeout=WAIT)
    assert np.array_equal(bench.shown(), sheet(run_chain(bench.chain, picture).maps))
    assert bench.view._stack.currentIndex() == 1


def test_frames_are_left_out_and_never_queued(bench):
    bench.window.show()
    for number in range(40):
        last = bench.show(number)
        assert len(bench.lanes.live.jobs) <= 1
    assert np.array_equal(bench.shown(), sheet(run_chain(bench.chain, last).maps))


def test_a_4k_frame_is_shrunk_to_what_can_be_seen_and_that_is_said(bench):
    bench.window.show()
    bench.show(width=3840, height=2160)
    shown = bench.shown()
    assert shown.shape[1] <= 340
    assert bench.view.note.text().startswith("frame ÷ 12: 320 × 180")


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


def test_maps_keep_their_shape_and_the_mouse_its_pixel(bench):
    bench.window.show()
    bench.show(width=64, height=48)
    bench.shown()
    picture = bench.view.picture
    QTest.mouseMove(picture, picture.place().center().toPoint())
    picture.pointed.emit(*(int(each) for each in picture._mark.topLeft().toTuple()))
    bench.view.fields.convolve.more.click()
    assert bench.shown().shape == (48, 128, 3)
    assert picture.place().width() / picture.place().height() == pytest.approx(128 / 48)
    # Where the mouse rests is another pixel of another map now: it is not explained by the old one's number.
    assert picture._mark is None and bench.view.sums.table._patch is None


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


def test_what_cannot_be_computed_is_said_where_the_result_was_to_be(bench):
    bench.window.show()
    bench.show(width=8, height=8)
    bench.add("Max pooling")
    bench.view.fields.pool.size_.setValue(9)
    bench.shown()
    assert "step 2 needs 9 × 9 pixels" in bench.view.problem.text()
    bench.view.fields.pool.size_.setValue(2)
    bench.shown()
    assert bench.view.problem.isHidden()


def test_the_arithmetic_under_the_mouse(bench):
    bench.window.show()
    picture = bench.show()
    bench.preset("Emboss")
    bench.shown()
    place = bench.view.picture.place()
    at = QPoint(round(place.left() + 10.5 * place.width() / 64), round(place.top() + 7.5 * place.height() / 48))
    QTest.mouseMove(bench.view.picture, at)
    bench.view.picture.pointed.emit(10, 7)
    value = run_chain(bench.chain, picture).maps[0][7, 10]
    assert ", ".join(str(each) for each in value) in bench.view.sums.line.text()
    channel = int(np.argmax(value))
    assert np.array_equal(bench.view.sums.table._patch, picture[6:9, 9:12, channel])
    other = bench.show(5)  # the next frame of a video, under a mouse that rests
    bench.shown()
    value = run_chain(bench.chain, other).maps[0][7, 10]
    assert ", ".join(str(each) for each in value) in bench.view.sums.line.text()
    bench.view.picture.pointed.emit(-1, -1)
    assert bench.view.sums.table._patch is None


def test_the_shipped_chain_and_an_own_one(bench):
    bench.preset("texture")
    assert bench.chain == chain_called("texture") and bench.view.steps.list.currentRow() == 5
    assert not bench.view.save.isEnabled()
    bench.view.name.setText("my texture")
    bench.view.save.click()
    assert "cannot be called" in bench.view.problem.text()
    bench.view.name.setText("mine")
    bench.view.save.click()
    assert kernel_names(bench.project.project) == ["mine"]
    assert not bench.view.save.isEnabled() and bench.view.delete.isEnabled()
    bench.preset("Identity")
    bench.preset("mine")
    assert bench.chain == read_kernel(bench.project.project, "mine") and bench.view.name.text() == "mine"
    bench.view.delete.click()
    dialog = bench.window.findChild(QMessageBox, "kernel.delete_dialog")
    dialog.findChild(QPushButton, "kernel.delete_dialog.yes").click()
    assert kernel_names(bench.project.project) == []
    assert not any(action.text() == "mine" for action in bench.view.presets.menu().actions())


def test_a_large_square_says_that_it_is_shown_in_part_and_takes_no_room_for_a_kernel(bench):
    bench.window.show()
    bench.show(width=64, height=48)
    bench.add("Max pooling")
    bench.view.fields.pool.size_.setValue(16)
    bench.shown()
    bench.view.picture.pointed.emit(0, 0)
    sums = bench.view.sums
    assert "the upper left 8 × 8 of 16 × 16" in sums.line.text()
    assert sums.table.sizeHint().height() == 8 * sums.table._cell().height()


def test_what_kept_a_kernel_from_being_kept_is_said_until_it_is(bench):
    place = bench.project.project.folder / "kernels"
    place.write_text("a file where the folder should be")
    bench.view.name.setText("mine")
    bench.view.save.click()
    assert bench.view.problem.text() == "the kernel cannot be kept: File exists"
    place.unlink()
    bench.view.save.click()
    assert kernel_names(bench.project.project) == ["mine"] and bench.view.problem.isHidden()


def test_an_own_kernel_that_went_elsewhere_leaves_the_menu(bench):
    save_kernel(bench.project.project, "mine", bench.chain)
    bench.controller._list_own()
    delete_kernel(bench.project.project, "mine")  # by another window
    said = []
    bench.context.board.said.connect(lambda message: said.append(message.text))
    bench.preset("mine")
    assert "unknown kernel 'mine'" in said[0]
    assert not any(action.text() == "mine" for action in bench.view.presets.menu().actions())


def test_a_kernel_without_regions_is_not_tried_and_that_is_said(bench):
    bench.view.trial.button.click()
    bench.qtbot.waitUntil(lambda: bench.view.trial.button.isEnabled(), timeout=60_000)
    assert "no regions to learn from" in bench.view.trial.said.text()


def test_a_trial_is_said_and_forgotten_with_its_kernel(bench):
    from studio.ml.kernel_trial import Trial, TriedLabel

    tried = TriedLabel("cup", {"f1": 0.9}, {"f1": 0.95}, 120), TriedLabel("mug", {"f1": 0.8}, {"f1": 0.8}, 90)
    bench.controller._trial._show(Trial(tried, 3, 400))
    assert "▲ cup: 0.90 → 0.95 (120 frames)" in bench.view.trial.said.text()
    assert "mug: 0.80, no change (90 frames)" in bench.view.trial.said.text()
    assert "3 features more" in bench.view.trial.said.text()
    bench.preset("Laplacian")
    assert "→" not in bench.view.trial.said.text()


def test_a_narrow_dock_cuts_nothing_off(bench):
    bench.window.show()
    bench.show()
    bench.preset("texture")
    for row in range(6):
        bench.view.steps.list.setCurrentRow(row)
        assert bench.view.minimumSizeHint().width() <= 320
        bench.window.resize(300, 600)
        inside = bench.view.fields
        assert inside.minimumSizeHint().width() <= 280, row


def test_the_first_chain_is_valid():
    assert Chain.model_validate_json(chain_called("texture").model_dump_json()) == chain_called("texture")
