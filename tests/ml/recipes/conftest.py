from __future__ import annotations

import shutil

import pytest

from tests.ml.recipes.coloured import make_project


@pytest.fixture(scope="session")
def coloured_once(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("coloured"), {"train": 12, "val": 6, "test": 6})


@pytest.fixture
def coloured(coloured_once, tmp_path):
    """A project of its own: three labels of coloured pictures, with splits."""
    shutil.copytree(coloured_once, tmp_path / "project")
    return tmp_path / "project"
