"""The folders of runs."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from studio.core.errors import InputError
from studio.core.project import Project
from studio.core.runs import (
    EpochLine,
    RunRecord,
    add_metrics,
    damaged_runs,
    forget_run,
    new_run_folder,
    read_metrics,
    read_run,
    run_folder,
    runs_of,
    write_run,
)

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "project") as made:
        yield made


def record(name: str = "x", started: str = "2026-11-21T09:30:00+00:00") -> RunRecord:
    return RunRecord(name=name, recipe="warm-up", parameters={"epochs": 3}, started=started)


def line(epoch: int, loss: float = 1.0) -> EpochLine:
    return EpochLine(epoch=epoch, loss=loss, learning_rate=0.1, images_per_second=10.0)


def test_a_run_comes_back_as_it_was_written(project: Project) -> None:
    folder = new_run_folder(project, "warm-up", NOW)
    assert folder.name == "20261121-093000-warm-up"
    write_run(folder, record())
    assert read_run(folder) == record(folder.name)
    assert run_folder(project, folder.name) == folder
    assert [run.name for run in runs_of(project)] == [folder.name]


def test_two_runs_of_one_second_have_folders_of_their_own_and_the_newest_comes_first(project: Project) -> None:
    for started in ("2026-11-21T09:30:00+00:00", "2026-11-21T10:30:00+00:00"):
        write_run(new_run_folder(project, "svm", NOW), record(started=started))
    assert [run.name for run in runs_of(project)] == ["20261121-093000-svm-2", "20261121-093000-svm"]


def test_a_project_that_cannot_be_written_to_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(project.runs))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match="cannot be written to"):
        new_run_folder(project, "warm-up", NOW)


def test_a_folder_without_a_record_is_no_run(project: Project) -> None:
    new_run_folder(project, "svm", NOW)
    assert runs_of(project) == []
    with pytest.raises(InputError, match="unknown run '20261121-093000-svm'; there are: none"):
        run_folder(project, "20261121-093000-svm")


@pytest.mark.parametrize("text", ["", "[]", '{"name": "x"}', "\x00", "{" * 100_000])
def test_a_damaged_record_is_one_line_and_hides_no_other_run(project: Project, text: str) -> None:
    bad, good = (new_run_folder(project, "svm", NOW) for _ in range(2))
    (bad / "run.json").write_text(text)
    write_run(good, record())
    with pytest.raises(InputError, match="is not the record of a run, or is damaged"):
        read_run(bad)
    assert [run.name for run in runs_of(project)] == [good.name]
    assert list(damaged_runs(project)) == [bad.name] and str(bad) in damaged_runs(project)[bad.name]


def test_a_disk_that_is_full_leaves_the_record_of_before(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = new_run_folder(project, "svm", NOW)
    write_run(folder, record())

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_run(folder, record(started="2030-01-01T00:00:00+00:00"))
    assert read_run(folder) == record(folder.name) and [path.name for path in folder.iterdir()] == ["run.json"]


def test_who_reads_meanwhile_or_after_a_kill_finds_a_whole_record(project: Project) -> None:
    folder = new_run_folder(project, "svm", NOW)
    write_run(folder, record())
    script = (
        "import sys; from pathlib import Path; from studio.core.runs import read_run, write_run\n"
        "folder = Path(sys.argv[1]); record = read_run(folder)\n"
        "records = [record.model_copy(update={'notes': ['x' * n]}) for n in (1, 100_000)]\n"
        "print('there', flush=True)\n"
        "while True:\n"
        "    for each in records: write_run(folder, each)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == "there\n"
        for _ in range(200):
            assert runs_of(project)[0].started == record().started
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    assert runs_of(project)[0].started == record().started and not damaged_runs(project)


def test_a_run_of_which_nothing_came_is_forgotten(project: Project) -> None:
    folder = new_run_folder(project, "svm", NOW)
    write_run(folder, record())
    forget_run(folder)
    assert not folder.exists() and runs_of(project) == []
    forget_run(folder)


def test_epochs_come_back_and_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    for epoch in (1, 2):
        add_metrics(tmp_path, line(epoch))
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 3, "lo')
    assert read_metrics(tmp_path) == [line(1), line(2)]
    add_metrics(tmp_path, line(3))
    assert read_metrics(tmp_path) == [line(1), line(2), line(3)]


def test_an_epoch_told_again_replaces_those_from_it_on(tmp_path: Path) -> None:
    for each in (line(1), line(2), line(3), line(2, loss=0.5)):
        add_metrics(tmp_path, each)
    assert read_metrics(tmp_path) == [line(1), line(2, loss=0.5)]


def test_a_run_without_epochs_has_none(tmp_path: Path) -> None:
    assert read_metrics(tmp_path) == []
