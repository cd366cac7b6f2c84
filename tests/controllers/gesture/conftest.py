"""A clip that is new to a project, and one that a project learned from; made once, copied for each test."""

from __future__ import annotations

import shutil

import pytest

from studio.controllers.training import TrainingController
from studio.views.training import TrainingView
from tests.controllers.gesture.person import make_projects, opened


@pytest.fixture(scope="session")
def projects(tmp_path_factory):
    folder = tmp_path_factory.mktemp("projects")
    make_projects(folder)
    return folder


@pytest.fixture
def which():
    """Of the two projects; a test says "taught" where it wants that one."""
    return "new"


@pytest.fixture
def folder(projects, tmp_path, which):
    return shutil.copytree(projects / which, tmp_path / "project")


@pytest.fixture
def person(qtbot, context):
    with opened(qtbot, context) as made:
        yield made


@pytest.fixture
def dock(person):
    """The training dock."""
    view = TrainingView()
    person.context.window.add_dock("training", "Training", view)
    person.controllers.append(TrainingController(person.context, view))
    person.context.window.show()
    return view
