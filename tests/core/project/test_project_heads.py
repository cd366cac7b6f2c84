"""Names of heads are no way out of the folder, and check reads their cards."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.heads import (
    active_head,
    delete_head,
    head_folder,
    head_names,
    head_problems,
    rename_head,
    set_active_head,
)


@pytest.fixture
def empty(folder: Path):
    with Project.create(folder) as project:
        yield project


def make_head(project: Project, name: str, weights: bytes = b"weights") -> Path:
    folder = head_folder(project, name)
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(weights)
    card = {"name": name, "labels": ["cup"], "backbone": "b", "history": 1, "scores": {}}
    (folder / "card.json").write_text(json.dumps(card | {"sha256": hashlib.sha256(b"weights").hexdigest()}))
    return folder


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "a/b", "../x", "a\\b", "a b", "é", "a\n", "x" * 101, "nul", "a."]
)
def test_names_that_are_none(empty: Project, name: str) -> None:
    with pytest.raises(InputError, match="cannot be called"):
        head_folder(empty, name)


def test_heads_are_listed(empty: Project) -> None:
    assert head_names(empty) == []
    for name in ("cup-2", "cup", "v1.0_final"):
        make_head(empty, name)
    (empty.models / "half").mkdir()
    (empty.models / ".unfinished").mkdir()
    assert head_names(empty) == ["cup", "cup-2", "v1.0_final"]
    assert head_problems(empty) == [f"the head half has no card.json of its own in {empty.models / 'half'}"]


def test_a_head_that_is_a_link_is_refused(empty: Project) -> None:
    (empty.models / "cup").symlink_to(empty.folder / "cache")
    with pytest.raises(InputError, match="is a link"):
        head_folder(empty, "cup")
    assert "is a link" in head_problems(empty)[0]


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("", "is not a card"),
        ("[]", "is not a card"),
        ("{}", "is not a card"),
        ("[" * 100_000, "is not a card"),
        ('{"sha256": "00"}', "is not what its card says"),
        ('{"sha256": 5}', "is not what its card says"),
    ],
)
def test_cards_that_do_not_fit(empty: Project, card: str, message: str) -> None:
    folder = make_head(empty, "cup")
    (folder / "card.json").write_text(card)
    assert message in head_problems(empty)[0]


def test_missing_and_changed_weights(empty: Project) -> None:
    make_head(empty, "short", b"weigh")
    (make_head(empty, "without") / "weights.safetensors").unlink()
    changed, missing = head_problems(empty)
    assert "short" in changed and "sha256 differs" in changed
    assert "without has no weights.safetensors" in missing
    assert empty.check() == [changed, missing]


def test_a_head_is_renamed_and_deleted(project: Project) -> None:
    for name in ("first", "second"):
        make_head(project, name)
    set_active_head(project, "first")
    rename_head(project, "first", "best")
    assert head_names(project) == ["best", "second"] and head_problems(project) == []
    assert json.loads((project.models / "best" / "card.json").read_text())["name"] == "best"
    assert active_head(project) == "best"
    for wrong, message in (("second", "already"), ("../x", "cannot be called"), ("con", "cannot be called")):
        with pytest.raises(InputError, match=message):
            rename_head(project, "best", wrong)
    (project.models / "second" / "notes.txt").write_text("mine")
    for name in ("best", "second"):
        delete_head(project, name)
    assert head_names(project) == [] and active_head(project) is None
    assert [path.name for path in project.models.rglob("*")] == ["second", "notes.txt"]
    for attempt in (delete_head, set_active_head):
        with pytest.raises(InputError, match="unknown head 'best'; there are: none"):
            attempt(project, "best")


def test_the_active_head_is_a_choice_that_lasts_and_no_edit(project: Project) -> None:
    make_head(project, "first")
    position = project.position
    set_active_head(project, "first")
    assert project.position == position
    with Project.open(project.folder) as reader:
        assert active_head(reader) == "first"
        for attempt in (lambda: set_active_head(reader, None), lambda: delete_head(reader, "first")):
            with pytest.raises(InputError, match="reading only"):
                attempt()
        with pytest.raises(InputError, match="reading only"):
            rename_head(reader, "first", "other")
    set_active_head(project, None)
    assert active_head(project) is None and head_names(project) == ["first"]


def test_a_head_of_links_is_not_deleted(project: Project, tmp_path: Path) -> None:
    make_head(project, "first")
    weights = project.models / "first" / "weights.safetensors"
    inside = project.folder / "media" / "mine.safetensors"
    weights.rename(inside)
    weights.symlink_to(inside)
    with pytest.raises(InputError, match="is a link"):
        delete_head(project, "first")
    assert inside.exists() and weights.is_symlink()
