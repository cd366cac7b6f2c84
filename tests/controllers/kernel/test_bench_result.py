"""What the kernel bench shows of a frame, and how each value came about."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest

from studio.core.kernels.compute import run_chain
from studio.core.kernels.sheets import sheet

WAIT = 20_000


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


def test_nothing_of_a_medium_stays_when_it_is_closed(bench):
    bench.window.show()
    bench.show()
    bench.shown()
    session, stack = bench.context.session, bench.view._stack
    bench.qtbot.waitUntil(lambda: stack.currentIndex() == 1, timeout=WAIT)
    session.shown = None
    assert stack.currentIndex() == 0
    bench.show(1)
    session.shown = None  # while it is computed
    bench.shown()
    assert stack.currentIndex() == 0
    picture = bench.show(2)
    bench.qtbot.waitUntil(lambda: stack.currentIndex() == 1, timeout=WAIT)
    assert np.array_equal(bench.shown(), sheet(run_chain(bench.chain, picture).maps))
