"""A folder of class folders becomes a project from the start page."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton

from studio.core.media.pictures import write_picture
from studio.core.places import projects_folder
from studio.core.recent import recent_projects


@pytest.fixture
def classes(tmp_path):
    for label in ("cup", "pencil"):
        for number in range(3):
            path = tmp_path / "my.classes" / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_picture(path, np.full((20, 30, 3), number * 50 + len(label), np.uint8))
    return tmp_path / "my.classes"


def press(qtbot, studio, name):
    qtbot.mouseClick(studio.window.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def look_at(qtbot, studio, folder):
    press(qtbot, studio, "start.project.import_data")
    press(qtbot, studio, "import.folder")
    chooser = studio.window.findChild(QFileDialog, "import.choose")
    chooser.fileSelected.emit(str(folder))
    chooser.close()
    summary = studio.window.findChild(QLabel, "import.summary")
    qtbot.waitUntil(lambda: "Looking" not in summary.text(), timeout=60_000)  # torch may be loading
    return summary.text()


def test_class_folders_become_a_project(qtbot, studio, classes):
    said = look_at(qtbot, studio, classes)
    assert said == "Recognised as Class folders. Adds 6 regions and 2 new media. Labels: cup, pencil."
    assert studio.context is None and not projects_folder().exists()
    press(qtbot, studio, "import.do")
    qtbot.waitUntil(lambda: studio.context is not None, timeout=60_000)
    project = studio.context.project.project
    assert project.folder == projects_folder() / "my.classes" and len(project.regions()) == 6
    assert project.next_undo().text == "import my.classes as Class folders"
    assert [each.name for each in recent_projects()] == ["my.classes"]


def test_what_is_no_data_set_is_said_and_nothing_is_made(qtbot, studio, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty" in look_at(qtbot, studio, tmp_path / "empty")
    assert not studio.window.findChild(QPushButton, "import.do").isEnabled()
    press(qtbot, studio, "import.cancel")
    assert studio.context is None and not projects_folder().exists()


def test_an_open_project_asks_itself_alone(qtbot, opened, classes):
    opened.window.actions_by_id["project.import_data"].trigger()
    assert len(opened.window.findChildren(QPushButton, "import.do")) == 1
    press(qtbot, opened, "import.cancel")
