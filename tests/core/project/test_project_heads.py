"""Names of heads are no way out of the folder, and check reads their cards."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.project.heads import head_folder, head_names, head_problems


@pytest.fixture
def empty(folder: Path):
    with Project.create(folder) as project:
        yield project


def make_head(project: Project, name: str, weights: bytes = b"weights") -> Path:
    folder = head_folder(project, name)
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(weights)
    (folder / "card.json").write_text(json.dumps({"sha256": hashlib.sha256(b"weights").hexdigest()}))
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
