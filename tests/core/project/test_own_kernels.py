"""Kernels that a project keeps: files that check and copies know."""

from __future__ import annotations

import pytest

from studio.core.errors import InputError
from studio.core.kernels.chain import Chain, Convolve, Relu
from studio.core.kernels.kernel import PRESETS
from studio.core.project import Project
from studio.core.project.check import problems
from studio.core.project.copies import open_copy, save_copy
from studio.core.project.kernels import delete_kernel, kernel_names, read_kernel, save_kernel
from studio.core.project.unused import remove_unused

CHAIN = Chain(steps=(Convolve(kernels=(PRESETS["emboss"].resized(5),), bias=3), Relu()))


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project") as made:
        yield made


def test_a_kernel_is_kept_listed_read_and_deleted(project):
    assert kernel_names(project) == []
    save_kernel(project, "mine", CHAIN)
    save_kernel(project, "another", CHAIN)
    assert kernel_names(project) == ["another", "mine"]
    assert [path.name for path in sorted((project.folder / "kernels").iterdir())] == ["another.json", "mine.json"]
    with Project.open(project.folder) as again:
        assert read_kernel(again, "mine") == CHAIN
    delete_kernel(project, "mine")
    assert kernel_names(project) == ["another"]


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "con", "a b", "x" * 101])
def test_impossible_names_are_refused(project, name):
    with pytest.raises(InputError, match="cannot be called"):
        save_kernel(project, name, CHAIN)


def test_nothing_is_written_over_and_nothing_unknown_read_or_deleted(project):
    save_kernel(project, "mine", CHAIN)
    with pytest.raises(InputError, match="already"):
        save_kernel(project, "MINE", CHAIN)
    for act in (read_kernel, delete_kernel):
        with pytest.raises(InputError, match="unknown kernel 'other'; the project has: mine"):
            act(project, "other")


def test_a_project_open_for_reading_keeps_none(project):
    with Project.open(project.folder) as reading, pytest.raises(InputError, match="reading only"):
        save_kernel(reading, "mine", CHAIN)


def test_check_finds_a_broken_one_and_a_way_out(project, tmp_path):
    save_kernel(project, "mine", CHAIN)
    assert problems(project) == []
    (project.folder / "kernels" / "mine.json").write_text("{}")
    (sentence,) = problems(project)
    assert "mine.json" in sentence
    (project.folder / "kernels" / "mine.json").unlink()
    (tmp_path / "secret.json").write_text("{}")
    (project.folder / "kernels" / "link.json").symlink_to(tmp_path / "secret.json")
    (sentence,) = problems(project)
    assert "link" in sentence


def test_a_copy_has_them(project, tmp_path):
    save_kernel(project, "mine", CHAIN)
    save_copy(project, tmp_path / "copy.studio")
    with Project.open(open_copy(tmp_path / "copy.studio", tmp_path / "opened")) as opened:
        assert read_kernel(opened, "mine") == CHAIN
        assert problems(opened) == []


def test_a_project_with_nothing_but_a_kernel_is_not_removed_as_unused(project):
    save_kernel(project, "mine", CHAIN)
    project.close()
    assert not remove_unused(project.folder)
    with Project.open(project.folder) as opened:
        assert kernel_names(opened) == ["mine"]
