"""Saved searches in the history."""

from __future__ import annotations

import pytest

from studio.core.errors import InputError
from studio.core.gallery.searches import delete_search, rename_search, save_search
from studio.core.project import Project


def kept(project):
    return {row.name: row.text for row in project.searches()}


def test_kept_changed_renamed_deleted_and_all_of_it_undone(tmp_path):
    with Project.create(tmp_path / "project") as project:
        project.apply(save_search(project, "to look at", "doubt>0.3"))
        project.apply(save_search(project, "to look at", "doubt>0.5"))
        project.apply(save_search(project, "cups", "label:cup"))
        assert kept(project) == {"to look at": "doubt>0.5", "cups": "label:cup"}
        first, second = (row.id for row in project.searches())
        with pytest.raises(InputError, match="already"):
            rename_search(project, first, "cups")
        project.apply(rename_search(project, first, "doubtful"))
        project.apply(delete_search(project, second))
        assert kept(project) == {"doubtful": "doubt>0.5"}
        with pytest.raises(InputError, match="any more"):
            delete_search(project, second)
        assert project.undo() == ["delete search cups"]
        assert project.undo() == ["rename search to look at to doubtful"]
        assert kept(project) == {"to look at": "doubt>0.5", "cups": "label:cup"}


def test_names_and_lines_that_cannot_be_kept(tmp_path):
    with Project.create(tmp_path / "project") as project:
        for name, text in (("", "cup"), (" x", "cup"), ("x", ""), ("x", "c" * 2000)):
            with pytest.raises(InputError):
                save_search(project, name, text)
