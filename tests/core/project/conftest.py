"""A project with something in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.core.project import Edit, Project
from tests.core.project.project_rows import CUP, MEDIUM, region


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "project"


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    """Open for writing; history position 1 added one medium and one label."""
    with Project.create(folder) as made:
        made.apply(Edit.rows("start", [MEDIUM, CUP]))
        yield made


@pytest.fixture
def closed(project: Project) -> Path:
    """A project of 200 regions that nobody has open."""
    project.apply(Edit.rows("draw", [region(100 + n, frame=n) for n in range(200)]))
    project.close()
    return project.folder
