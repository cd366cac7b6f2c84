"""A project in a window without the panels that a test does not want."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from studio.controllers.context import Context
from studio.core.project import Edit, LabelRow, Project, new_id
from studio.core.settings import Settings
from studio.state.board import Board
from studio.state.lanes import Lanes
from studio.state.project import ProjectState
from studio.state.session import SessionState
from studio.views.main_window import MainWindow
from studio.views.theme import apply_theme


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with the labels cup and hand."""
    with Project.create(tmp_path / "project") as project:
        rows = [LabelRow(new_id(), "cup", "#4c9aff", "1"), LabelRow(new_id(), "hand", "#f0883e", "2")]
        project.apply(Edit.rows("new labels cup and hand", rows))
    return tmp_path / "project"


@pytest.fixture
def context(qtbot, qapp: QApplication, folder: Path) -> Iterator[Context]:
    """All parts of an open project; what they hold is gone afterwards."""
    apply_theme(qapp, "dark")
    window = MainWindow({})
    qtbot.addWidget(window)
    made = Context(
        window,
        ProjectState(Project.open(folder, write=True), "", window),
        SessionState(window),
        Lanes(window),
        Board(window),
        window.actions_by_id,
        Settings(),
    )
    yield made
    made.lanes.close()
    qapp.sendPostedEvents()
    made.project.close()


@pytest.fixture
def said(context: Context) -> list[str]:
    """The texts of all messages."""
    texts: list[str] = []
    context.board.said.connect(lambda message: texts.append(message.text))
    return texts
