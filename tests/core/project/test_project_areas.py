"""A search area lies on the frames, and a medium has one or none."""

from __future__ import annotations

import pytest

from studio.core.errors import InputError
from studio.core.geometry import Box
from studio.core.project import Project
from studio.core.project.areas import area_of, set_area
from tests.core.project.project_rows import MEDIUM


def test_an_area_is_set_changed_and_taken_back(project: Project) -> None:
    assert area_of(project, MEDIUM.id) is None
    project.apply(set_area(project, MEDIUM, Box(-5, 10, 30, 100)))
    first = area_of(project, MEDIUM.id)
    assert first and (first.x, first.y, first.width, first.height) == (0, 10, 25, 38)
    project.apply(set_area(project, MEDIUM, Box(1, 1, 9, 9)))
    changed = area_of(project, MEDIUM.id)
    assert changed and changed.id == first.id and changed.width == 9
    project.apply(set_area(project, MEDIUM, None))
    assert area_of(project, MEDIUM.id) is None
    project.undo(2)
    assert area_of(project, MEDIUM.id) == first
    with pytest.raises(InputError, match=r"outside of the frames of clip\.mp4, 64×48"):
        set_area(project, MEDIUM, Box(64, 0, 5, 5))
