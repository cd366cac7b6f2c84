"""The kernel bench in a window of its own, on a new project."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QMainWindow

from studio.controllers.context import Context
from studio.controllers.features.kernel import KernelController
from studio.core.project import Project
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
