"""A folder of pictures of which some were changed: each is refused by itself, and no other shows a wrong one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.media.pictures import read_picture, write_picture
from studio.core.project import MediumRow, Project
from studio.core.project.media import add_medium, locate
from studio.core.project.opening import open_row
from studio.core.project.picture_list import picture_list
from studio.core.project.relinking import unavailable

COUNT = 12


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Of one colour each: 10 times its number."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(COUNT):
        write_picture(folder / f"p{number}.png", flat(number))
    return folder


@pytest.fixture
def project(tmp_path: Path, pictures: Path) -> Project:
    made = Project.create(tmp_path / "project")
    add_medium(made, pictures, "stills", COUNT, 16, 16)
    return made


def flat(number: int) -> np.ndarray:
    return np.full((16, 16, 3), 10 * number, np.uint8)


def shown(project: Project) -> dict[int, int | str]:
    """Of each frame its number as the picture says it, or why it cannot be read."""
    found: dict[int, int | str] = {}
    with open_row(project, project.media()[0], project.cache) as medium:
        for frame in range(medium.frame_count):
            try:
                found[frame] = int(medium.frame(frame)[0, 0, 0]) // 10
            except InputError as error:
                found[frame] = str(error)
    return found


def test_a_changed_picture_costs_itself_and_no_other(project: Project, pictures: Path) -> None:
    old = (pictures / "p3.png").read_bytes()
    (pictures / "p0.png").unlink()
    (pictures / "p3.png").write_bytes((pictures / "p4.png").read_bytes())  # a good picture, of the same size
    (pictures / "p5.png").write_bytes((pictures / "p5.png").read_bytes()[:-20])
    write_picture(pictures / "p1a.png", flat(20))  # between two others
    found = shown(project)
    assert "p0.png" in str(found.pop(0)) and "changed" in str(found.pop(3)) and "changed" in str(found.pop(5))
    assert found == {number: number for number in found} and len(found) == COUNT - 3
    ((_, why),) = unavailable(project)
    assert "3 of 12 pictures" in why and "p0.png is missing, p3.png was changed, p5.png was changed" in why
    assert project.check() == [why]
    (pictures / "p3.png").write_bytes(old)
    assert shown(project)[3] == 3


def test_pictures_that_come_shift_no_others(project: Project, pictures: Path) -> None:
    write_picture(pictures / "p0a.png", flat(20))
    assert shown(project) == {number: number for number in range(COUNT)}
    assert project.check() == [] and unavailable(project) == []
    with pytest.raises(InputError, match="was changed"):
        locate(project, project.media()[0])  # as a whole it is not what it was


def test_a_project_of_an_older_program_gets_its_list_when_the_folder_is_read(project: Project, pictures: Path) -> None:
    row = project.media()[0]
    picture_list(project, row).unlink()
    open_row(project, row, None).close()
    assert not picture_list(project, row).exists()
    shown(project)
    (pictures / "p7.png").unlink()
    assert shown(project)[8] == 8


@pytest.mark.parametrize("text", ["", "[]", '[["p0.png", 1]]', '[["../p0.png", 1, "00"]]', '{"a": 1}'])
def test_without_a_list_that_fits_all_of_a_changed_folder_is_refused(
    project: Project, pictures: Path, text: str
) -> None:
    row = project.media()[0]
    (pictures / "p7.png").unlink()
    picture_list(project, row).write_text(text)
    with pytest.raises(InputError, match="was changed"):
        open_row(project, row, project.cache)
    picture_list(project, row).unlink()
    with pytest.raises(InputError, match="was changed"):
        open_row(project, row, project.cache)
    assert not picture_list(project, row).exists()  # none is made of a folder that is not what it was


def test_large_pictures_are_told_by_parts_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(2):
        write_picture(folder / f"{number}.png", random.integers(0, 255, (400, 400, 3), np.uint8))
    with Project.create(tmp_path / "project") as project:
        row: MediumRow = add_medium(project, folder, "stills", 2, 400, 400)
        (name, size, _), _ = json.loads(picture_list(project, row).read_text())
        assert name == "0.png" and size == (folder / "0.png").stat().st_size > 2**18
        (folder / "0.png").unlink()
        with open_row(project, row, project.cache) as medium:
            np.testing.assert_array_equal(medium.frame(1), read_picture(folder / "1.png"))
            with pytest.raises(InputError, match="cannot read the picture"):
                medium.frame(0)


def test_nothing_is_left_of_a_folder_that_is_another(project: Project, pictures: Path) -> None:
    for number in range(COUNT):
        write_picture(pictures / f"p{number}.png", flat(number + 1), replace=True)
    with pytest.raises(InputError, match="was changed since it was added"):
        open_row(project, project.media()[0], project.cache)
