"""`studio runs`: the table, one judgement, and whether another run is better."""

import json

import pytest

from studio.core.project import Project
from studio.core.run_lock import hold_run
from tests.core.judging.kept_runs import keep_run, said_of

SVM, LOGISTIC, FAILED = "20261121-090000-svm", "20261121-091500-logistic", "20261121-093000-frozen"


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project", "trained") as made:
        keep_run(made, SVM, said_of(40, 30, tracks=10), parameters={"kernel": "linear", "seed": 0})
        keep_run(made, LOGISTIC, said_of(40, 40, tracks=10), started="2026-11-21T09:15:00+00:00", head="")
        keep_run(made, FAILED, state="failed", error="the loss was no number", started="2026-11-21T09:30:00+00:00")
    return tmp_path / "project"


def test_the_newest_run_is_listed_first_with_its_interval(studio, project):
    code, out, _ = studio("runs", project)
    lines = out.splitlines()

    assert code == 0
    assert [line.split()[0] for line in lines[1:]] == [FAILED, LOGISTIC, SVM]
    assert "0.75 (" in lines[3] and "kernel linear" in lines[3] and "head-1" in lines[3]
    assert "as shipped" in lines[2]
    assert [run["name"] for run in json.loads(studio("runs", project, "--json")[1])] == [FAILED, LOGISTIC, SVM]


def test_one_run_shows_its_judgement(studio, project):
    code, out, _ = studio("runs", project, "--run", SVM)

    assert code == 0
    assert "validation: 0.75 (" in out and "40 crops of 10 tracks" in out and "test: no crops" in out
    assert "taken for" in out
    assert json.loads(studio("runs", project, "--run", SVM, "--json")[1])["validation"]["accuracy"] == 0.75


def test_a_failed_run_says_why(studio, project):
    code, out, lines = studio("runs", project, "--run", FAILED)
    assert code == 0 and "the loss was no number" in out and "it was not judged" in lines


def test_a_damaged_run_is_said_and_hides_no_other(studio, project):
    (project / "runs" / SVM / "run.json").write_text('{"recipe":')
    code, out, lines = studio("runs", project)
    assert code == 0 and SVM not in out and LOGISTIC in out
    assert len(lines) == 1 and f"{SVM}/run.json is not the record of a run, or is damaged; its folder is" in lines[0]
    assert len(json.loads(studio("runs", project, "--json")[1])) == 2
    code, out, _ = studio("check", project)
    assert code == 1 and f"{SVM}/run.json is not the record of a run" in out


def test_a_run_that_was_killed_is_told_from_one_that_is_trained(studio, project):
    killed, running = "20261121-094500-frozen", "20261121-094600-frozen"
    with Project.open(project) as opened:
        for name in (killed, running):
            keep_run(opened, name, state="running", head="", started="2026-11-21T09:45:00+00:00")
    with hold_run(project / "runs" / running):
        states = dict(line.split()[:2] for line in studio("runs", project)[1].splitlines())
        assert states[killed] == "interrupted" and states[running] == "running" and states[SVM] == "done"
        said = {run["name"]: run["interrupted"] for run in json.loads(studio("runs", project, "--json")[1])}
    assert [name for name, interrupted in said.items() if interrupted] == [killed]
    assert "Frozen" in (out := studio("runs", project, "--run", killed)[1]) and "interrupted" in out
    assert json.loads(studio("runs", project, "--run", running, "--json")[1])["interrupted"]  # by now


def test_two_runs_are_compared_crop_by_crop(studio, project):
    code, out, _ = studio("runs", project, "--compare", SVM, LOGISTIC)

    assert code == 0
    assert "recipe: SVM head → Logistic regression" in out
    assert "0.75 → 1.00" in out and "more than chance" in out
    document = json.loads(studio("runs", project, "--compare", SVM, LOGISTIC, "--json")[1])
    assert document["validation"]["more_than_chance"] and document["test"] is None
    assert document["validation"]["difference"] == pytest.approx(0.25)


def test_what_cannot_be_is_one_line(refused, project, tmp_path):
    assert "unknown run 'x'" in refused("runs", project, "--run", "x")
    assert "say one of them" in refused("runs", project, "--run", SVM, "--compare", SVM, LOGISTIC)
    (project / "runs" / SVM / "predictions.npz").write_bytes(b"PK none")
    assert "damaged" in refused("runs", project, "--run", SVM)


def test_no_runs_say_how_to_make_one(studio, tmp_path):
    Project.create(tmp_path / "empty").close()
    assert "studio train" in studio("runs", tmp_path / "empty")[2][0]


def test_a_run_is_deleted_by_who_means_it(studio, refused, project):
    refusal = refused("runs", project, "--delete", SVM)
    assert f"deleting {SVM} cannot be undone" in refusal and "kB with all that is known of it" in refusal
    assert (project / "runs" / SVM / "run.json").is_file() and "--yes" in refusal
    with hold_run(project / "runs" / LOGISTIC):
        assert "being trained right now" in refused("runs", project, "--delete", LOGISTIC, "--yes")
    code, _, lines = studio("runs", project, "--delete", SVM, "--yes")
    assert code == 0 and lines[0].startswith(f"deleted {SVM}: ") and not (project / "runs" / SVM).exists()
    assert "unknown run" in refused("runs", project, "--delete", SVM, "--yes")
    assert "say one of them" in refused("runs", project, "--delete", LOGISTIC, "--run", LOGISTIC)
    (project / "runs" / LOGISTIC / "notes.txt").write_text("mine")
    assert "Files of others stay in" in studio("runs", project, "--delete", LOGISTIC, "--yes")[2][0]
