"""What a run keeps, whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from studio.core.control import Control
from studio.core.errors import InputError, StudioError
from studio.core.judging import read_predictions
from studio.core.project import BACKGROUND, Project
from studio.core.project.chosen_backbone import set_chosen_backbone
from studio.core.run_lock import hold_run, is_trained_now, was_killed
from studio.core.runs import Progress, read_run, runs_of, write_run
from studio.ml.heads.head import load_head
from studio.ml.recipes.run import run_recipe
from studio.ml.recipes.task import TrainRequest
from tests.ml import taught_project
from tests.ml.recipes.coloured import make_project


def cancelled_in_the_run(folder):
    """Cancels as soon as there is a run."""
    control = Control(lambda fraction, text: control.cancel() if any((folder / "runs").iterdir()) else None)
    return control


def request(folder, recipe="logistic", name=None, resume=None, **parameters):
    return TrainRequest(folder, recipe, parameters, "cpu", None, name, resume)


def test_a_run_keeps_record_head_and_predictions_and_the_head_is_a_copy(coloured):
    record = run_recipe(request(coloured), Control())
    folder = coloured / "runs" / record.name
    assert {path.name for path in folder.iterdir()} == {
        "run.json", "run.lock", "weights.safetensors", "card.json", "predictions.npz",
    }  # fmt: skip
    assert read_run(folder) == record and record.state == "done" and record.head == "logistic-1"
    assert record.counts["test"] == {"green": 6, "red": 6, "yellow": 6} and record.milliseconds > 0
    for file in ("weights.safetensors", "card.json"):
        assert (folder / file).read_bytes() == (coloured / "models" / "logistic-1" / file).read_bytes()
    predictions = read_predictions(folder / "predictions.npz")
    judged = predictions.of_split("test").judged()
    assert judged.accuracy == record.test["accuracy"] and len(predictions) == 36
    assert not is_trained_now(folder) and not list(coloured.glob("**/.making-*"))


def test_heads_are_numbered_and_a_named_one_never_changes(coloured):
    assert run_recipe(request(coloured, "nearest-mean"), Control()).head == "nearest-mean-1"
    assert run_recipe(request(coloured, "nearest-mean"), Control()).head == "nearest-mean-2"
    run_recipe(request(coloured, "nearest-mean", "mine"), Control())
    with pytest.raises(InputError, match="heads do not change"):
        run_recipe(request(coloured, "nearest-mean", "mine"), Control())
    with Project.open(coloured) as project:
        assert len(runs_of(project)) == 3


def test_the_project_is_not_locked_meanwhile(coloured):
    from studio.core.project import Edit
    from studio.core.project.labels import make_label

    changed = []

    def write(fraction, text):
        if not changed:
            with Project.open(coloured, write=True) as project:
                project.apply(Edit.rows("label", [make_label(project, "blue")]))
            changed.append(text)

    assert run_recipe(request(coloured), Control(on_progress=write)).state == "done" and changed


def test_what_is_taken_back_meanwhile_changes_nothing_under_a_training(coloured):
    undone = []

    def undo(value):
        if isinstance(value, Progress) and not undone:
            with Project.open(coloured, write=True) as project:
                while project.next_undo():
                    undone.append(project.undo())

    control = Control()
    control._on_partial = undo
    record = run_recipe(request(coloured, "fast-transfer", epochs=3, units=8), control)
    assert undone and record.state == "done" and record.test["n"] == 18
    with Project.open(coloured) as project:
        assert not project.media() and runs_of(project) == [record]


def test_who_cancels_keeps_the_best_epoch_as_a_head(coloured):
    control = Control()

    def stop(value):
        if isinstance(value, Progress) and value.epoch == 4:
            control.cancel()

    control._on_partial = stop
    record = run_recipe(request(coloured, "fast-transfer", epochs=500, units=8), control)
    assert record.state == "cancelled" and record.epochs in (4, 5) and record.head == "fast-transfer-1"
    head = load_head(coloured / "models" / "fast-transfer-1")
    assert head.card.why_not_dense and record.validation is None


def test_who_cancels_before_the_first_epoch_gets_a_record_and_no_head(coloured):
    record = run_recipe(request(coloured, "fast-transfer"), cancelled_in_the_run(coloured))
    assert (record.state, record.head) == ("cancelled", "") and not any((coloured / "models").iterdir())


def test_a_head_that_cannot_be_copied_is_in_its_run(coloured):
    (coloured / "models").rmdir()
    (coloured / "models").write_text("a file where a folder should be")
    record = run_recipe(request(coloured), Control())
    assert record.state == "done" and record.head == "" and "could not be kept" in record.notes[-1]
    assert load_head(coloured / "runs" / record.name).card.name == "logistic-1"


def test_what_fails_on_the_way_is_in_the_record(coloured, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr("studio.ml.recipes.shallow.layered_head", fail)
    with pytest.raises(StudioError, match="memory is full"):
        run_recipe(request(coloured), Control())
    with Project.open(coloured) as project:
        (record,) = runs_of(project)
    assert record.state == "failed" and "memory is full" in record.error


def test_a_loss_that_is_no_number_is_said(coloured, monkeypatch):
    broken = SimpleNamespace(cross_entropy=lambda logits, *_: logits.sum() * float("nan"))
    monkeypatch.setattr("studio.ml.recipes.dense_layers.functional", broken)
    with pytest.raises(StudioError, match="lower --learning-rate"):
        run_recipe(request(coloured, "fast-transfer"), Control())


def test_without_splits_some_crops_are_held_out_and_no_head_sees_them(tmp_path, monkeypatch):
    monkeypatch.setattr("studio.ml.heads.training_set.MOST_FRAMES", 6)
    project = taught_project.make_project(tmp_path)
    project.close()
    folder = tmp_path / "project"
    for recipe in ("logistic", "svm"):
        record = run_recipe(request(folder, recipe), Control())
        assert record.test is None and record.notes
        if record.validation:
            assert record.validation["n"] == sum(record.counts["val"].values())
        assert record.labels == ["cup", BACKGROUND]
    head = load_head(folder / "models" / "logistic-1")
    assert head.card.background and head.labels == ["cup"]
    assert head.card.dense and head.card.searched_sizes["cup"][0] < 48


def test_bad_requests_change_nothing(coloured, tmp_path):
    one = make_project(tmp_path / "one", {"train": 3}, ("green",))
    for folder, wish, said in (
        (one, {"recipe": "logistic"}, "nothing to tell it from"),
        (coloured, {"recipe": "magic"}, "unknown recipe"),
        (coloured, {"recipe": "logistic", "strength": -1}, "strength of the recipe logistic"),
        (coloured, {"recipe": "logistic", "epochs": 5}, "no parameter 'epochs'"),
        (coloured, {"recipe": "logistic", "resume": "last"}, "nothing to resume"),
        (coloured, {"recipe": "logistic", "resume": "20200101-000000-svm"}, "unknown run"),
    ):
        with pytest.raises(InputError, match=said):
            run_recipe(request(folder, **wish), Control())
        assert not any((folder / "runs").iterdir())


def test_a_stage_of_a_network_is_for_heads_and_is_never_trained(coloured):
    stage = "resnet18-64px@layer3:avg"
    for recipe in ("frozen", "embedding"):
        with pytest.raises(InputError, match="to train the network, take resnet18-64px"):
            run_recipe(TrainRequest(coloured, recipe, {"epochs": 1}, "cpu", stage), Control())
    assert not any((coloured / "runs").iterdir())
    with Project.open(coloured, write=True) as project:
        set_chosen_backbone(project, stage)
    assert run_recipe(request(coloured, "nearest-mean"), Control()).backbone == stage
    assert run_recipe(request(coloured, "frozen", epochs=1), Control()).backbone == "resnet18-64px"


def test_the_last_run_is_the_last_that_stopped_not_one_that_is_being_trained(coloured):
    stopped = run_recipe(request(coloured), cancelled_in_the_run(coloured))
    running = coloured / "runs" / "29991231-235959-logistic"
    running.mkdir()
    write_run(running, stopped.model_copy(update={"started": "2999-12-31T23:59:59+00:00", "state": "running"}))
    lock = hold_run(running)
    record = run_recipe(request(coloured, "", resume="last"), Control())
    lock.release()
    assert (record.name, record.state) == (stopped.name, "done")


@pytest.mark.slow
def test_a_killed_run_is_told_from_one_that_goes_on_and_can_be_resumed(coloured):
    script = (
        "import sys, time; from studio.core.runs import Progress\n"
        "from studio.core.control import Control; from pathlib import Path\n"
        "from studio.ml.recipes.run import run_recipe; from studio.ml.recipes.task import TrainRequest\n"
        "def wait(value):\n"
        "    if isinstance(value, Progress) and value.epoch == 3: print('there', flush=True); time.sleep(60)\n"
        "parameters = dict(epochs=6, units=8)\n"
        "request = TrainRequest(Path(sys.argv[1]), 'fast-transfer', parameters, 'cpu')\n"
        "run_recipe(request, Control(on_partial=wait))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(coloured)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "there\n"
        (folder,) = (coloured / "runs").iterdir()
        assert read_run(folder).state == "running" and is_trained_now(folder)
        with pytest.raises(InputError, match="being trained right now"):
            run_recipe(request(coloured, "", resume=folder.name), Control())
    finally:
        process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        process.wait()
        process.stdout.close()
    time.sleep(0.1)
    assert was_killed(folder, read_run(folder))
    record = run_recipe(request(coloured, "", resume="last"), Control())
    assert (record.name, record.state, record.epochs) == (folder.name, "done", 6)
    assert json.loads((folder / "run.json").read_text())["parameters"]["units"] == 8
    fresh = run_recipe(request(coloured, "fast-transfer", epochs=6, units=8), Control())
    assert fresh.validation == record.validation
    with pytest.raises(InputError, match="came to its end"):
        run_recipe(request(coloured, "", resume=folder.name), Control())


def test_the_lock_of_a_run_is_held_by_one(coloured):
    record = run_recipe(request(coloured), Control())
    folder = coloured / "runs" / record.name
    with hold_run(folder):
        assert is_trained_now(folder)
        with pytest.raises(InputError, match="being trained"):
            hold_run(folder)
    assert not is_trained_now(folder)
