"""Runs are deleted; heads are renamed and deleted, and their runs say so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.files import sha256_of_bytes
from studio.core.project import Project
from studio.core.project.heads import head_names
from studio.core.run_files import delete_named_head, delete_run, deletion_of, rename_named_head
from studio.core.run_lock import hold_run
from studio.core.runs import CHECKPOINT, read_run, runs_of
from tests.core.judging.kept_runs import keep_run, said_of

SVM, FROZEN = "20261121-090000-svm", "20261121-093000-frozen"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project") as made:
        yield made


def keep_head(folder: Path, weights: bytes = b"weights") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.safetensors").write_bytes(weights)
    facts = {"labels": ["cup"], "backbone": "x", "history": 0, "scores": {}, "sha256": sha256_of_bytes(weights)}
    (folder / "card.json").write_text(json.dumps({"name": folder.name, **facts}))


def trained(project: Project, name: str, head: str, weights: bytes = b"weights") -> Path:
    """A run with its head, in the run and in `models`."""
    keep_run(project, name, said_of(10, 8), head=head)
    keep_head(project.runs / name, weights)
    keep_head(project.models / head, weights)
    return project.runs / name


def test_a_run_goes_and_its_head_stays(project: Project) -> None:
    run = trained(project, SVM, "svm-1", bytes(45_000_000))
    trained(project, FROZEN, "frozen-1")
    assert deletion_of(project, SVM) == "45.0 MB with all that is known of it. The head svm-1 stays."
    assert delete_run(project, SVM) and not run.exists()
    assert [each.name for each in runs_of(project)] == [FROZEN] and head_names(project) == ["frozen-1", "svm-1"]
    with pytest.raises(InputError, match="unknown run"):
        delete_run(project, SVM)


@pytest.mark.parametrize("weights", [None, b"others"])
def test_who_deletes_the_only_copy_of_a_head_is_told(project: Project, weights: bytes | None) -> None:
    trained(project, SVM, "svm-1")
    delete_named_head(project, "svm-1")
    if weights is not None:
        keep_head(project.models / "svm-1", weights)
    assert "Its head is kept nowhere else and goes too." in deletion_of(project, SVM)


def test_a_run_that_is_trained_is_not_deleted(project: Project) -> None:
    run = trained(project, SVM, "svm-1")
    before = sorted(path.name for path in run.iterdir())
    with hold_run(run):
        for attempt in (delete_run, deletion_of):
            with pytest.raises(InputError, match="is being trained right now"):
                attempt(project, SVM)
    assert sorted(path.name for path in run.iterdir()) == sorted([*before, "run.lock"])


def test_a_stopped_run_goes_with_its_checkpoint_and_files_of_others_stay(project: Project) -> None:
    run = keep_run(project, FROZEN, state="cancelled", head="").name
    folder = project.runs / run
    (folder / CHECKPOINT).parent.mkdir()
    for name in ("checkpoint.json", "checkpoint.json.partial", "state-3.safetensors", "best-2.safetensors.partial"):
        (folder / "checkpoint" / name).write_text("{}")
    (folder / "checkpoint" / "mine.txt").write_text("mine")
    (folder / "notes.txt").write_text("mine")
    assert deletion_of(project, run).endswith("all that is known of it. It cannot go on then.")
    assert not delete_run(project, run) and runs_of(project) == []
    assert sorted(path.name for path in folder.rglob("*")) == ["checkpoint", "mine.txt", "notes.txt"]


def test_a_damaged_run_can_be_deleted_too(project: Project) -> None:
    (trained(project, SVM, "svm-1") / "run.json").write_text("{")
    assert "all that is known" in deletion_of(project, SVM)
    assert delete_run(project, SVM)


@pytest.mark.parametrize("name", ["weights.safetensors", "run.json", "checkpoint"])
def test_nothing_is_deleted_through_a_link(project: Project, name: str) -> None:
    run = trained(project, SVM, "svm-1")
    elsewhere = project.folder / "media" / "mine"
    if name == "checkpoint":
        elsewhere.mkdir(parents=True)
        (elsewhere / "checkpoint.json").write_text("{}")
    else:
        elsewhere.parent.mkdir(exist_ok=True)
        (run / name).rename(elsewhere)
    (run / name).symlink_to(elsewhere)
    with pytest.raises(InputError, match="is a link"):
        delete_run(project, SVM)
    assert elsewhere.exists() and (run / "card.json").exists() and (run / "predictions.npz").exists()


def test_a_project_that_is_open_for_reading_keeps_its_runs(project: Project) -> None:
    run = trained(project, SVM, "svm-1")
    with Project.open(project.folder) as reader, pytest.raises(InputError, match="for reading only"):
        delete_run(reader, SVM)
    assert (run / "run.json").is_file()


def test_a_run_says_how_its_head_is_called_now(project: Project) -> None:
    run = trained(project, SVM, "svm-1")
    trained(project, FROZEN, "frozen-1")
    earlier = keep_run(project, "20261121-080000-svm", head="svm-1")  # whose head was replaced since
    rename_named_head(project, "svm-1", "good")
    assert [read_run(project.runs / name).head for name in (SVM, FROZEN, earlier.name)] == ["good", "frozen-1", "svm-1"]
    delete_named_head(project, "good")
    assert read_run(run).head == "" and (run / "weights.safetensors").is_file()


def test_a_run_that_is_trained_writes_its_record_itself(project: Project) -> None:
    run = trained(project, SVM, "svm-1")
    with hold_run(run):
        rename_named_head(project, "svm-1", "good")
    assert read_run(run).head == "svm-1" and head_names(project) == ["good"]
