"""A training refuses what `studio split --check` finds, and says what leaked where it is told to go on."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.formats.importing import import_data
from studio.core.judging.run_lines import run_lines
from studio.core.plugins import recipes
from studio.core.project import BACKGROUND, Edit, Project, SplitRow, new_id
from studio.core.runs import runs_of
from studio.ml.gallery import looks
from studio.ml.heads.training_set import read_regions
from studio.ml.recipes.making import kept_from_training
from studio.ml.recipes.material import examples_for
from studio.ml.recipes.run import run_recipe
from studio.ml.recipes.task import TrainRequest
from tests.ml import taught_project
from tests.ml.recipes.coloured import write_pictures


@pytest.fixture(scope="module")
def leaking_once(tmp_path_factory):
    """Class folders in which two pictures for training are for validation too, under other names."""
    folder = tmp_path_factory.mktemp("leaking")
    for seed, split in enumerate(("train", "val")):
        write_pictures(folder / "pictures" / split, 6, seed)
    for label in ("red", "green"):
        pictures = folder / "pictures"
        shutil.copy(pictures / "train" / label / "3.png", pictures / "val" / label / "9.png")
    import_data(folder / "project", folder / "pictures", "image-folder", True, Control())
    return folder / "project"


@pytest.fixture
def leaking(leaking_once, tmp_path):
    shutil.copytree(leaking_once, tmp_path / "project")
    return tmp_path / "project"


def train(folder, recipe="nearest-mean", **parameters):
    return run_recipe(TrainRequest(folder, recipe, parameters, "cpu"), Control())


def test_the_same_pictures_in_two_splits_are_refused_unless_allowed(leaking):
    for recipe in ("nearest-mean", "svm"):
        with pytest.raises(InputError, match=r"flatter: 2 pairs that look the same; see .* --allow-leaks"):
            train(leaking, recipe)
    assert not any((leaking / "runs").iterdir())
    record = train(leaking, allow_leaks=True)
    assert record.state == "done" and record.leaks == "2 pairs that look the same"
    (note,) = (note for note in record.notes if "leak" in note)
    assert "the same picture in train and val (green, frame 3 and green-2, frame 6)" in note
    with Project.open(leaking) as project:
        (line,) = run_lines(project, runs_of(project))
    assert line.data == "as now, leaks"


def test_the_network_as_it_is_learned_nothing_that_could_leak(leaking):
    record = train(leaking, "as-is")
    assert record.state == "done" and not record.leaks and not any("leak" in note for note in record.notes)


def test_how_crops_look_is_computed_once_and_said_meanwhile(leaking, monkeypatch):
    said = []
    recipe = recipes["logistic"].load()
    parameters = recipe.read({"allow_leaks": True})
    with Project.open(leaking) as project:
        first = examples_for(project, recipe, parameters, 64, Control(lambda _, text: said.append(text)))
        monkeypatch.setattr(looks, "CropPictures", None)  # nothing is cut any more
        again = examples_for(project, recipe, parameters, 64, Control())
    assert set(said) == {"looking for leaks"} and first.leaks == again.leaks == "2 pairs that look the same"


@pytest.mark.parametrize("split", [True, False])
def test_svm_and_dense_parts_learn_from_the_examples_that_train_alone(tmp_path, split):
    with taught_project.make_project(tmp_path) as project:  # 24 frames, ten a second
        if split:
            rows = [SplitRow(new_id(), project.media()[0].id, None, 0, 9, "train")]
            rows.append(SplitRow(new_id(), project.media()[0].id, None, 14, 23, "val"))
            project.apply(Edit.rows("assign", rows))
        recipe = recipes["svm"].load()
        examples = examples_for(project, recipe, recipe.read({}), 64, Control())
        regions = read_regions(project, kept_from_training(SimpleNamespace(project=project, examples=examples)))
    learned = {row.id for row in (*regions.usable, *regions.rejected)}
    assert learned == set(examples.ids[examples.rows("train")].tolist())
    assert examples.labels == ("cup", BACKGROUND)
    if split:
        assert max(row.frame for row in regions.usable) == 8 and np.min(examples.frames[examples.rows("val")]) == 14
