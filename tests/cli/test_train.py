"""`studio train`, `studio recipes`, `studio heads enrol` and `verify`, as a script sees them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from studio.cli.recipe_options import split_words
from studio.core.errors import InputError
from studio.core.plugins import recipes
from tests.ml.recipes.coloured import make_project, write_pictures


@pytest.fixture(scope="session")
def coloured_once(tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("coloured"), {"train": 8, "val": 5, "test": 5})


@pytest.fixture
def coloured(coloured_once, tmp_path):
    shutil.copytree(coloured_once, tmp_path / "project")
    return tmp_path / "project"


def test_options_are_the_parameters_with_hyphens():
    words = ["--epochs", "5", "there", "--learning-rate=0.5", "--no-whole-images", "--allow-leaks", "--seed", "-1"]
    others, values = split_words(words, recipes["fast-transfer"].load())
    assert others == ["there"]
    assert values == {
        "epochs": "5", "learning_rate": "0.5", "whole_images": False, "allow_leaks": True, "seed": "-1",
    }  # fmt: skip
    for words, said in (
        (["--epoch", "5"], "no option --epoch; there are: --features"),
        (["-e", "5"], "no option -e; there are: --features"),
        (["--epochs"], "--epochs needs a value"),
        (["--allow-leaks=yes"], "takes no value"),
        (["--no-epochs"], "no option --no-epochs"),
    ):
        with pytest.raises(InputError, match=said):
            split_words(words, recipes["fast-transfer"].load())


def test_every_recipe_is_listed_with_what_can_be_set(studio):
    code, out, lines = studio("recipes")
    assert code == 0 and [line.partition(":")[0] for line in out.splitlines()] == recipes.names and not lines
    out = studio("recipes", "warm-up")[1]
    assert "  --warm-up-epochs: that train what was added (1…10000, 5 by itself)" in out.splitlines()
    document = json.loads(studio("recipes", "logistic", "--json")[1])[0]
    assert document["parameters"][0]["option"] == "--strength" and document["backbone"] is True
    assert len(json.loads(studio("recipes", "--json")[1])) == len(recipes.names)


def test_a_training_prints_one_document(studio, coloured):
    code, out, _ = studio(
        "train", "--strength", "0.5", coloured, "--recipe", "logistic", "--name", "mine", "--device", "cpu", "--json"
    )  # fmt: skip
    document = json.loads(out)
    assert code == 0 and document["recipe"] == "logistic" and document["head"] == "mine"
    assert document["parameters"]["strength"] == 0.5 and document["epochs"] == 0 and document["seconds"] > 0
    assert (coloured / "runs" / document["run"].rpartition("/")[2] / "run.json").is_file()
    for name in ("validation", "test"):
        scores = document[name]
        assert 0.5 < scores["accuracy"] <= 1 and scores["n"] == 15 and scores["interval"][0] <= scores["accuracy"]
        assert 0 < scores["f1"] <= 1


def test_for_eyes_it_says_how_good_the_head_is(studio, coloured):
    code, out, _ = studio("train", coloured, "--recipe", "nearest-mean", "--device", "cpu")
    first, *rest = out.splitlines()
    assert code == 0 and first.startswith("head nearest-mean-1: green, red, yellow; run ")
    assert rest[0].startswith("  validation: accuracy ") and rest[1].startswith("  test: accuracy ")
    assert studio("heads", "list", coloured)[1].startswith("nearest-mean-1: green, red, yellow on resnet18-64px")
    document = json.loads(studio("crops", coloured, "--head", "nearest-mean-1", "--sort", "score", "--json")[1])
    assert document


def test_what_cannot_be_is_one_line_and_changes_nothing(refused, coloured, tmp_path):
    wish = ("train", coloured, "--recipe", "fast-transfer", "--device", "cpu")
    assert "There are: svm, logistic" in refused("train", coloured)
    assert "unknown recipe 'magic'" in refused("train", coloured, "--recipe", "magic")
    assert "no option --kernel; there are: --features" in refused(*wish, "--kernel", "rbf")
    assert "epochs of the recipe fast-transfer" in refused(*wish, "--epochs", "0")
    assert "one PROJECT is needed" in refused("train", "--recipe", "svm", "--kernel", "rbf")
    assert "one PROJECT is needed" in refused(*wish, "another")
    assert "takes no --backbone" in refused("train", coloured, "--recipe", "from-scratch", "--backbone", "resnet50")
    assert "leave options" in refused("train", coloured, "--resume", "last", "--epochs", "3")
    assert "leave --recipe out" in refused(*wish, "--resume", "last")
    assert "nothing to resume" in refused("train", coloured, "--resume", "last")
    assert "unknown run" in refused("train", coloured, "--resume", "20260101-000000-svm")
    assert "no folder" in refused("train", tmp_path / "nowhere", "--recipe", "svm")
    assert "unknown device" in refused("train", coloured, "--recipe", "svm", "--device", "tpu")
    assert not any((coloured / "runs").iterdir())


def test_splits_that_leak_are_refused_and_what_leaked_stands_in_the_table(studio, refused, tmp_path):
    pictures = tmp_path / "pictures"
    for seed, split in enumerate(("train", "test")):
        write_pictures(pictures / split, 5, seed)
    shutil.copy(pictures / "train" / "red" / "0.png", pictures / "test" / "red" / "9.png")
    folder = tmp_path / "project"
    studio("import", folder, pictures)
    wish = ("train", folder, "--recipe", "nearest-mean", "--device", "cpu")
    line = refused(*wish)
    assert "1 pair that looks the same" in line and "studio split --check" in line and "--allow-leaks" in line
    assert "leaks: 1 pair that looks the same" in studio("split", folder, "--check")[1]
    code, _, lines = studio(*wish, "--allow-leaks")
    assert code == 0 and any("leak, and scores flatter" in line for line in lines)
    assert "as now, leaks" in studio("runs", folder)[1]


def test_a_head_of_another_recipe_verifies_nothing(refused, studio, coloured):
    studio("train", coloured, "--recipe", "logistic", "--device", "cpu")
    assert "knows no distance" in refused("heads", "verify", coloured, "logistic-1", 1, 2)
    assert "knows no distance" in refused("heads", "enrol", coloured, "logistic-1", "--name", "more")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs Ctrl-C")
def test_ctrl_c_keeps_the_best_weights_and_says_so(coloured):
    options = ["--recipe", "from-scratch", "--epochs", "5000", "--device", "cpu"]
    command = [sys.executable, "-m", "studio", "train", str(coloured), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not list(coloured.glob("runs/*/metrics.jsonl")) and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "the best weights so far are kept" in err and "Traceback" not in err
    assert out.startswith("head from-scratch-1: ")
    record = json.loads(next(coloured.glob("runs/*/run.json")).read_text())
    assert record["state"] == "cancelled" and record["epochs"] >= 1
