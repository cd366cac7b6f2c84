"""The features dock answers to the shown frame, and only while it is seen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMainWindow

from studio.controllers.context import Context
from studio.controllers.features.maps import MapsController, diverging
from studio.core.project import Project
from studio.core.settings import Settings
from studio.state.board import Board
from studio.state.lanes import Lanes
from studio.state.project import ProjectState
from studio.state.session import SessionState, ShownFrame
from studio.views.actions import Actions
from studio.views.features.maps import MapsView


@pytest.fixture
def opened(qtbot, tmp_path):
    window = QMainWindow()
    qtbot.addWidget(window)
    project = ProjectState(Project.create(tmp_path / "project"))
    lanes = Lanes()
    context = Context(window, project, SessionState(), lanes, Board(), Actions(window, {}), Settings(device="cpu"))
    view = MapsView()
    window.setCentralWidget(view)
    controller = MapsController(context, view)
    yield context, view, window
    lanes.close()
    controller.close()
    project.close()


def frame(number, width=64, height=48):
    rng = np.random.default_rng(number)
    return ShownFrame(1, number, 0.0, rng.integers(0, 256, (height, width, 3), np.uint8))


def test_nothing_is_computed_for_nobody(qtbot, opened):
    context, view, window = opened
    context.session.shown = frame(0)
    assert not context.lanes.live.jobs
    window.show()
    qtbot.waitUntil(lambda: view.grid.map(0) is not None, timeout=60_000)


def test_the_newest_frame_is_answered_and_others_are_left_out(qtbot, opened):
    context, view, window = opened
    window.show()
    for number in range(30):
        context.session.shown = frame(number)
        assert len(context.lanes.live.jobs) <= 1
    context.session.shown = frame(30, width=96)
    qtbot.waitUntil(
        lambda: view.grid.map(0) is not None and view.grid.map(0).width() == 48 and not context.lanes.live.jobs,
        timeout=60_000,
    )


def test_a_click_shows_a_map_large_and_a_second_one_hides_it(qtbot, opened):
    context, view, window = opened
    window.resize(500, 600)
    window.show()
    context.session.shown = frame(0)
    qtbot.waitUntil(lambda: view.grid.map(0) is not None, timeout=60_000)
    at = view.grid.cell(3).center()
    qtbot.mouseClick(view.grid, Qt.MouseButton.LeftButton, pos=QPoint(at))
    assert view._large.isVisible()
    qtbot.mouseClick(view.grid, Qt.MouseButton.LeftButton, pos=view.grid.cell(3).center())
    assert not view._large.isVisible()


def test_the_colours_of_a_map_are_dark_at_zero_and_warm_or_cold_beside_it():
    colors = np.stack([diverging() >> shift & 255 for shift in (16, 8, 0)], 1).astype(int)
    assert colors[128].max() < 40
    assert colors[255, 0] > colors[255, 2]
    assert colors[0, 2] > colors[0, 0]
