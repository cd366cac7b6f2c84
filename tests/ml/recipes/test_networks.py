"""Recipes that train networks, on small networks and small pictures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import load_file

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.project import Edit, Project
from studio.core.project.labels import make_label
from studio.core.runs import Progress, read_metrics
from studio.ml.backbones.loading import folder_of
from studio.ml.heads.head import load_head
from studio.ml.recipes.identities import enrol, verify
from studio.ml.recipes.run import run_recipe
from studio.ml.recipes.task import TrainRequest

SMALL = {"architecture": "small-cnn", "batch": 12}


def request(folder, recipe, resume=None, **parameters):
    return TrainRequest(folder, recipe, parameters, "cpu", resume=resume)


def test_from_scratch_learns_and_its_head_brings_the_network_along(coloured):
    record = run_recipe(request(coloured, "from-scratch", epochs=12, **SMALL), Control())
    head = load_head(coloured / "models" / record.head)
    assert head.card.network.architecture == "small-cnn" and head.card.network.input_size == 28
    assert record.epochs == 12 and len(read_metrics(coloured / "runs" / record.name)) == 12
    assert record.test["accuracy"] > 0.6 and record.backbone == ""
    assert not (coloured / "runs" / record.name / "checkpoint").exists()


def test_what_the_head_says_is_what_was_validated(coloured):
    record = run_recipe(request(coloured, "from-scratch", epochs=4, **SMALL), Control())
    best = read_metrics(coloured / "runs" / record.name)[record.best_epoch - 1]
    assert record.validation["accuracy"] == pytest.approx(best.validation_accuracy, abs=0.06)  # one crop of 18


def test_a_network_that_was_cancelled_is_a_head_and_goes_on_where_it_was(coloured):
    control = Control()

    def stop(value):
        if isinstance(value, Progress) and value.line and value.line.epoch == 3:
            control.cancel()

    control._on_partial = stop
    record = run_recipe(request(coloured, "from-scratch", epochs=6, **SMALL), control)
    assert (record.state, record.head, record.epochs) == ("cancelled", "from-scratch-1", 3)
    assert load_head(coloured / "models" / record.head).card.why_not_dense
    resumed = run_recipe(request(coloured, "", "last"), Control())
    assert (resumed.name, resumed.state, resumed.head) == (record.name, "done", "from-scratch-1")
    whole = run_recipe(request(coloured, "from-scratch", epochs=6, **SMALL), Control())
    assert [line.epoch for line in read_metrics(coloured / "runs" / resumed.name)] == [1, 2, 3, 4, 5, 6]
    tensors = [load_head(coloured / "models" / each.head).network for each in (resumed, whole)]
    for name, tensor in tensors[0].items():
        np.testing.assert_allclose(tensor, tensors[1][name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("recipe", ["frozen", "warm-up", "fine-tune-top"])
def test_phases_train_what_they_say(coloured, recipe):
    # The first phase learns nothing, so that the best epoch is one of the second.
    phases = {"warm_up_epochs": 1, "warm_up_rate": 1e-8, "learning_rate": 0.02}
    epochs = {"epochs": 1} | ({} if recipe == "frozen" else phases)
    record = run_recipe(request(coloured, recipe, batch=12, **epochs), Control())
    tensors = load_head(coloured / "models" / record.head).network
    before = load_file(folder_of("resnet18-64px") / "weights.safetensors")
    moved = {name for name in before if not name.startswith("fc.") and (tensors[name] != before[name]).any()}
    if recipe == "frozen":
        assert not moved
    elif recipe == "fine-tune-top":
        assert moved and all(name.startswith("layer4") for name in moved)
    else:
        assert {"conv1.weight", "layer4.1.bn2.running_mean"} <= moved


def test_an_unknown_network_or_too_small_crops_are_said_before_anything_begins(coloured):
    for parameters, said in (
        ({"architecture": "lenet-6"}, "unknown architecture"),
        ({"architecture": "small-cnn", "input_size": 9}, "cannot run on crops of 9 pixels"),
    ):
        with pytest.raises(InputError, match=said):
            run_recipe(request(coloured, "from-scratch", **parameters), Control())


def test_a_layer_inside_of_a_network_is_refused(coloured):
    wish = TrainRequest(coloured, "frozen", {}, "cpu", "resnet18-64px@layer3:avg")
    with pytest.raises(InputError, match="ends at a layer inside"):
        run_recipe(wish, Control())


def test_an_embedding_verifies_pairs_and_takes_new_labels_without_training(coloured):
    wish = request(coloured, "embedding", epochs=1, size=8, crops_a_label=4, labels_a_batch=3, fine_tune=False)
    record = run_recipe(wish, Control())
    head = load_head(coloured / "models" / record.head)
    pairs = head.card.model_extra["verification"]
    assert set(pairs) == {"threshold", "validation", "test"} and 0.5 < pairs["test"]["area"] <= 1
    assert head.layers.unit and head.layers.embedding_size == 8 and head.card.network.embeds_by_output
    assert record.test["accuracy"] > 0.5
    with Project.open(coloured, write=True) as project:
        regions = [row for row in project.regions() if row.label == project.label("red").id]
        label = make_label(project, "blue")  # half of the red ones are of a new kind
        project.apply(Edit.rows("label", [label]))
        project.apply(Edit.rows("other", [replace(row, label=label.id) for row in regions[::2]]))
        lost, *_ = (coloured / "media").glob("*/3.png")
        lost.unlink()
        for path in project.cache.glob("features.db*"):
            path.unlink()
        made, notes = enrol(project, record.head, "more", "cpu", Control())
        assert any("cannot be read" in note and str(lost) in note for note in notes)
        assert made.labels == ["blue", "green", "red", "yellow"]
        for name, tensor in made.network.items():
            assert (tensor == head.network[name]).all()
        same = verify(project, record.head, (regions[0].id, regions[0].id), "cpu", Control())
        assert same.same and same.distance == pytest.approx(0, abs=1e-3) and same.threshold == pairs["threshold"]
        with pytest.raises(InputError, match="no region 1"):
            verify(project, "more", (1, regions[0].id), "cpu", Control())
        with pytest.raises(InputError, match="heads do not change"):
            enrol(project, record.head, "more", "cpu", Control())
    run_recipe(request(coloured, "nearest-mean"), Control())
    with Project.open(coloured) as project, pytest.raises(InputError, match="knows no distance"):
        verify(project, "nearest-mean-1", (1, 2), "cpu", Control())


@pytest.mark.slow
def test_two_processes_train_the_same_network_as_one(coloured):
    options = ["--recipe", "from-scratch", "--architecture", "small-cnn", "--epochs", "3", "--batch", "12"]
    command = ["-m", "studio", "train", str(coloured), *options, "--device", "cpu", "--json"]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", *command, "--name", "two"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(launcher, capture_output=True, text=True, env=environment, check=True)
    assert json.loads(done.stdout)["state"] == "done"  # one document: the other process is silent
    alone = run_recipe(request(coloured, "from-scratch", epochs=3, **SMALL), Control())
    tensors = [load_head(coloured / "models" / name).network for name in ("two", alone.head)]
    for name, tensor in tensors[0].items():
        np.testing.assert_allclose(tensor, tensors[1][name], atol=1e-4, err_msg=name)
