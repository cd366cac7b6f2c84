"""Recipes on frozen features, against scikit-learn and numpy by hand on the same embeddings."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.feature_cache import FeatureCache
from studio.core.geometry import Window
from studio.core.judging import read_predictions
from studio.core.project import Edit, Project
from studio.core.runs import read_metrics
from studio.core.training.examples import read_examples
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import choose
from studio.ml.embeddings import Place, embed_places
from studio.ml.heads.head import load_head
from studio.ml.heads.open_media import OpenMedia
from studio.ml.looking.network import load_looked
from studio.ml.recipes.as_is import different
from studio.ml.recipes.run import run_recipe
from studio.ml.recipes.task import TrainRequest
from tests.ml.recipes.coloured import make_project


def trained(folder, recipe, **parameters):
    record = run_recipe(TrainRequest(folder, recipe, parameters, "cpu"), Control())
    return record, load_head(folder / "models" / record.head)


def material(folder):
    """Examples, and their embeddings made without any recipe."""
    with Project.open(folder) as project, OpenMedia(project) as media, FeatureCache(None) as cache:
        backbone = load_backbone(None, choose("cpu"))
        examples = read_examples(project, backbone.input_size)
        places = [
            Place(media.rows[int(medium)].sha256, int(frame), Window(*map(int, window)))
            for medium, frame, window in zip(examples.media, examples.frames, examples.windows, strict=True)
        ]
        vectors = embed_places(places, media.picture, backbone, cache, Control()).astype(np.float64)
    return examples, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_logistic_is_that_of_scikit_learn_on_standardised_features_of_length_1(coloured):
    record, head = trained(coloured, "logistic", strength=3.0)
    examples, unit = material(coloured)
    train, test = examples.rows("train"), examples.rows("test")
    mean, deviation = unit[train].mean(0), np.maximum(unit[train].std(0), 1e-6)
    reference = LogisticRegression(C=3.0 / unit.shape[1], class_weight="balanced", max_iter=1000, tol=1e-8)
    reference.fit((unit[train] - mean) / deviation, examples.targets[train])
    wanted = reference.decision_function((unit[test] - mean) / deviation)
    # As probabilities at temperature 1: a softmax does not see what is added to all logits.
    raised = np.exp(wanted)
    found = np.exp(head.layers.logits(unit[test]))
    np.testing.assert_allclose(
        found / found.sum(1, keepdims=True), raised / raised.sum(1, keepdims=True), atol=0.02
    )  # fmt: skip
    assert record.test["accuracy"] > 0.8 and head.labels == ["green", "red", "yellow"]


def test_nearest_mean_decides_for_the_nearest_mean(coloured):
    _, head = trained(coloured, "nearest-mean")
    examples, unit = material(coloured)
    train, test = examples.rows("train"), examples.rows("test")
    means = np.stack([unit[train][examples.targets[train] == label].mean(0) for label in range(3)])
    distances = np.linalg.norm(unit[test][:, None] - means, axis=2)
    assert (head.crop_scores(unit[test]).argmax(1) == distances.argmin(1)).all()


def test_of_two_labels_logistic_has_two_outputs(tmp_path):
    folder = make_project(tmp_path, {"train": 6, "val": 5}, ("green", "red"))
    _, head = trained(folder, "logistic", strength=1.0)
    examples, unit = material(folder)
    train, val = examples.rows("train"), examples.rows("val")
    mean, deviation = unit[train].mean(0), np.maximum(unit[train].std(0), 1e-6)
    reference = LogisticRegression(C=1.0 / unit.shape[1], class_weight="balanced", max_iter=1000, tol=1e-8)
    reference.fit((unit[train] - mean) / deviation, examples.targets[train])
    wanted = reference.decision_function((unit[val] - mean) / deviation)
    logits = head.layers.logits(unit[val])
    np.testing.assert_allclose(logits[:, 1] - logits[:, 0], wanted, atol=0.05)


def test_fast_transfer_learns_keeps_the_best_epoch_and_tells_each(coloured):
    record, head = trained(coloured, "fast-transfer", units=16, epochs=30)
    lines = read_metrics(coloured / "runs" / record.name)
    assert [line.epoch for line in lines] == list(range(1, 31)) and record.epochs == 30
    assert lines[-1].loss < 0.5 * lines[0].loss
    best = min(lines, key=lambda line: (-line.validation_accuracy, line.validation_loss))
    assert record.best_epoch == best.epoch
    predictions = read_predictions(coloured / "runs" / record.name / "predictions.npz").of_split("val")
    right = (predictions.probabilities.argmax(1) == predictions.targets).mean()
    assert right == pytest.approx(best.validation_accuracy)  # so the folded standardisation is the same
    assert [tuple(weight.shape) for weight in head.layers.weights] == [(16, 512), (3, 16)]


def test_the_same_seed_trains_the_same_fast_transfer_and_another_one_does_not(coloured):
    heads = [trained(coloured, "fast-transfer", units=8, epochs=3, seed=seed)[1] for seed in (1, 1, 2)]
    first, again, other = (head.layers.weights[0].numpy() for head in heads)
    assert (first == again).all() and not (first == other).all()


def test_flattened_features_are_the_last_map_in_four_parts(coloured):
    _, head = trained(coloured, "fast-transfer", features="flattened", units=8, epochs=2)
    assert head.card.backbone == "resnet18-64px@layer4:grid" and head.layers.embedding_size == 2048


@pytest.mark.parametrize("balance", ["weights", "sampling", "none"])
def test_rare_labels_may_be_weighed_drawn_or_left(coloured, balance):
    record, _ = trained(coloured, "fast-transfer", units=8, epochs=2, balance=balance)
    assert record.state == "done" and record.parameters["balance"] == balance


def test_svm_trains_on_what_is_for_training_alone(coloured):
    record, head = trained(coloured, "svm")
    assert head.card.recipe == "svm" and head.card.history == record.history
    assert head.card.training["positives"] == 2 * 36  # each crop, and the tile of its picture, which is the same
    assert record.test["accuracy"] > 0.8 and record.test["n"] == 18
    assert head.card.why_not_dense == "the pictures show nothing but the labelled objects"


def test_as_it_is_names_its_own_classes_and_writes_the_likeliest_five(coloured):
    record, head = trained(coloured, "as-is")
    assert len(head.labels) == 200 and "Egyptian cat" in head.labels and record.validation is None
    assert any("nothing is judged" in note for note in record.notes)
    with (coloured / "runs" / record.name / "top5.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 72
    shares = [float(lines[0][f"probability_{rank}"]) for rank in range(1, 6)]
    assert shares == sorted(shares, reverse=True) and lines[0]["class_1"] in head.labels
    # The classifier is that of the network itself: the same as the whole network says.
    looked = load_looked(None, choose("cpu"))
    backbone = load_backbone(None, choose("cpu"))
    crops = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), np.uint8)
    with torch.inference_mode():
        whole = looked.module(looked.prepare(torch.from_numpy(crops).permute(0, 3, 1, 2))).softmax(1).numpy()
    np.testing.assert_allclose(head.crop_scores(backbone.embed(crops)), whole, atol=0.02)


def test_as_it_is_needs_no_second_label_and_is_judged_where_names_are_equal(tmp_path):
    folder = make_project(tmp_path, {"train": 3, "val": 3}, ("green",))
    record, _ = trained(folder, "as-is")
    assert record.validation is None and any("nothing to tell it from" in note for note in record.notes)
    folder = make_project(tmp_path / "two", {"train": 3, "val": 3}, ("green", "red"))
    with Project.open(folder, write=True) as project:
        row = project.label("green")
        project.apply(Edit.rows("rename", [replace(row, name="lemon")]))
    record, _ = trained(folder, "as-is")
    assert record.validation["n"] == 3  # of the label whose name is a class
    assert not any("nothing is judged" in note for note in record.notes)


def test_names_that_occur_twice_become_different():
    assert different(["crane", "crane", "maillot", "crane", "crane (2)"]) == [
        "crane", "crane (3)", "maillot", "crane (4)", "crane (2)",
    ]  # fmt: skip
    assert different(["", "a"]) == ["class 0", "a"]


def test_the_card_says_what_the_head_is(coloured):
    record, head = trained(coloured, "logistic")
    card = json.loads((coloured / "models" / record.head / "card.json").read_text())
    assert card["recipe"] == "logistic" and card["backbone"] == "resnet18-64px" and card["kernel"] == ""
    assert card["scores"]["green"]["crop"]["crops"] == 6 and card["training"]["run"] == record.name
    assert head.layers.unit and head.layers.temperature > 0


def test_an_onnx_graph_or_a_layer_has_no_classifier_to_use(coloured):
    request = TrainRequest(coloured, "as-is", {}, "cpu", "resnet18-64px@layer3:avg")
    with pytest.raises(InputError, match="name the network alone"):
        run_recipe(request, Control())
