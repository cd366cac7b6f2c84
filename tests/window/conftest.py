"""The program as it runs, off-screen, with the user's folders in a temporary place."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication

from studio.app import Studio
from studio.core.project import Project
from studio.core.settings import Settings


@pytest.fixture
def make_studio(qtbot):
    """Makes programs; at the end each is closed and must have ended its threads."""
    made = []

    def make(settings=None):
        studio = Studio(QApplication.instance(), settings or Settings(theme="dark"))
        made.append(studio)
        studio.window.resize(1280, 720)
        studio.window.show()
        qtbot.waitExposed(studio.window)
        return studio

    yield make
    for studio in made:
        studio.window.close()
        assert not studio.lane.running
        assert not [thread for thread in studio.findChildren(QThread) if thread.isRunning()]
        studio.window.deleteLater()
        studio.deleteLater()
    made.clear()
    QApplication.sendPostedEvents(None, 52)  # deferred deletion
    gc.collect()


@pytest.fixture
def studio(make_studio):
    return make_studio()


@pytest.fixture
def folder(tmp_path):
    """A project in its folder, closed."""
    Project.create(tmp_path / "garden").close()
    return tmp_path / "garden"


@pytest.fixture
def opened(studio, folder):
    assert studio.open(folder)
    return studio
