"""Heads that come from one file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.files import sha256_of_bytes
from studio.core.head_files import import_head, name_in
from studio.core.project import Project


def refuse(folder: Path) -> None:
    raise InputError(f"{folder.name} is no use")


def test_an_export_for_other_programs_is_told_from_damage(tmp_path: Path) -> None:
    (tmp_path / "cup.onnx").write_bytes(b"\x08\x07\x12\x06studio")
    with Project.create(tmp_path / "garden") as project:
        for attempt in (
            lambda: import_head(project, tmp_path / "cup.onnx", None, refuse),
            lambda: name_in(tmp_path / "cup.onnx"),
        ):
            with pytest.raises(InputError, match="is for other programs; import the head"):
                attempt()


def test_taking_a_head_in_deletes_nothing_of_others_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "cup.zip", "w") as archive:
        archive.writestr("card.json", json.dumps({"name": "cup-1", "sha256": sha256_of_bytes(b"weights")}))
        archive.writestr("weights.safetensors", b"weights")
    with Project.create(tmp_path / "garden") as project:
        diary = project.models / ".cup-1.partial" / "diary.txt"
        diary.parent.mkdir(parents=True)
        diary.write_text("mine")
        with pytest.raises(InputError, match="no use"):
            import_head(project, tmp_path / "cup.zip", None, refuse)
        assert list(project.models.iterdir()) == [diary.parent]
        assert import_head(project, tmp_path / "cup.zip", None, lambda folder: None) == "cup-1"
        assert {path.name for path in project.models.iterdir()} == {diary.parent.name, "cup-1"}
    assert diary.read_text() == "mine"
