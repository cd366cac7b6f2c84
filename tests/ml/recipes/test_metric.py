"""Losses of triplets and pairs by hand, areas against scikit-learn, and batches of a few labels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from studio.core.control import Control
from studio.core.project import Project
from studio.core.training.examples import read_examples
from studio.ml.recipes.metric import MIDDLE, SCALE, LabelBatches, Pairs, Triplets, area
from studio.ml.recipes.verifying import distances, verified
from studio.ml.training.store import open_store


def made(count=12, size=5, labels=3):
    random = np.random.default_rng(0)
    outputs = random.normal(size=(count, size))
    targets = np.arange(count) % labels
    unit = outputs / np.linalg.norm(outputs, axis=1, keepdims=True)
    squared = ((unit[:, None] - unit) ** 2).sum(2)
    return torch.from_numpy(outputs).float(), torch.from_numpy(targets), squared, targets


def semi_hard(squared, labels, anchor):
    """By the words of FaceNet: the nearest other one that is farther than the same one, else the farthest of all."""
    same = [squared[anchor, y] for y in range(len(labels)) if labels[y] == labels[anchor] and y != anchor]
    other = [squared[anchor, z] for z in range(len(labels)) if labels[z] != labels[anchor]]
    chosen = [min((far for far in other if far > near), default=max(other)) for near in same]
    return np.mean([max(near - far + 0.2, 0) for near, far in zip(same, chosen, strict=True)])


def test_the_triplet_loss_takes_the_semi_hard_ones_of_the_batch():
    outputs, targets, squared, labels = made()
    found = Triplets(0.2, -1).losses(outputs, targets).numpy()
    assert found == pytest.approx([semi_hard(squared, labels, anchor) for anchor in range(len(labels))], abs=1e-5)


def test_triplets_where_no_other_crop_lies_beyond_take_the_farthest():
    outputs = torch.tensor([[1.0, 0.0], [-1.0, 0.01], [0.9, 0.1], [0.8, 0.3]], requires_grad=True)
    losses = Triplets(0.2, -1).losses(outputs, torch.tensor([0, 0, 1, 2]))
    unit = torch.nn.functional.normalize(outputs.detach(), dim=1).double()
    squared = ((unit[:, None] - unit) ** 2).sum(2).numpy()
    assert losses[0].item() == pytest.approx(squared[0, 1] - squared[0, 3] + 0.2, abs=1e-5)
    losses.sum().backward()
    assert torch.isfinite(outputs.grad).all() and outputs.grad.abs().sum() > 0


def test_the_background_is_far_from_things_and_near_to_nothing():
    outputs, targets, squared, labels = made()
    found = Triplets(0.2, 2).losses(outputs, targets).numpy()
    assert (found[labels == 2] == 0).all()
    assert found[0] == pytest.approx(semi_hard(squared, labels, 0), abs=1e-5)


def test_a_label_with_one_crop_of_a_batch_gives_no_loss_and_finite_gradients():
    outputs = torch.randn(3, 4, requires_grad=True)
    for objective in (Triplets(0.2, -1), Pairs(-1)):
        outputs.grad = None
        losses = objective.losses(outputs, torch.tensor([0, 1, 2]))
        losses.sum().backward()
        assert torch.isfinite(losses).all() and torch.isfinite(outputs.grad).all()
    assert (Triplets(0.2, -1).losses(outputs, torch.tensor([0, 1, 2])) == 0).all()


def test_the_loss_of_pairs_is_logistic_in_the_squared_distance():
    outputs, targets, squared, labels = made()
    found = Pairs(-1).losses(outputs, targets).numpy()
    for anchor in range(len(labels)):
        sides = []
        for alike in (True, False):
            pairs = [at for at in range(len(labels)) if at != anchor and (labels[at] == labels[anchor]) == alike]
            chance = 1 / (1 + np.exp(-SCALE * (MIDDLE - squared[anchor, pairs])))
            sides.append(-np.log(chance if alike else 1 - chance).mean())
        assert found[anchor] == pytest.approx(sum(sides), abs=1e-4)


def test_the_area_is_that_of_scikit_learn_ties_included():
    outputs, targets, _, labels = made(30, 2)
    outputs = (outputs * 2).round() + 0.5
    unit = outputs / outputs.norm(dim=1, keepdim=True)
    rows, columns = np.triu_indices(len(labels), 1)
    squared = (2 - 2 * unit @ unit.T).clamp(min=0).numpy()[rows, columns]
    wanted = roc_auc_score(labels[rows] == labels[columns], -squared)
    assert area(outputs, targets, -1) == pytest.approx(wanted, abs=0.01)  # a pair may round to two values


def test_verification_finds_the_distance_where_both_errors_are_equal():
    random = np.random.default_rng(1)
    centres = np.eye(4)
    targets = np.repeat(np.arange(4), 25)
    vectors = centres[targets] + random.normal(0, 0.25, (100, 4))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    found = verified(unit, targets, np.arange(100))
    rows, columns = np.triu_indices(100, 1)
    between = distances(unit, unit)[rows, columns]
    same = targets[rows] == targets[columns]
    missed = (between[same] > found.threshold).mean()
    mixed = (between[~same] <= found.threshold).mean()
    assert missed == pytest.approx(mixed, abs=0.01) and found.equal_error == pytest.approx(missed, abs=0.01)
    assert found.area == pytest.approx(roc_auc_score(same, -between)) and found.same == same.sum()
    assert found.accuracy == pytest.approx((1 - missed + 1 - mixed) / 2)


def test_pairs_of_one_track_do_not_count_where_there_are_others():
    unit = np.eye(6)
    targets, tracks = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 2, 2, 3])
    found = verified(unit, targets, tracks)
    assert found.same == 4 and found.different == 9
    assert verified(unit, np.zeros(6, int), tracks) is None


def test_batches_hold_so_many_crops_of_so_many_labels(coloured):
    with Project.open(coloured) as project:
        examples = read_examples(project, 32)
        store = open_store(project, examples, 32, Control())
        batches = LabelBatches(examples, store, torch.device("cpu"), 2, 5, 0, None)
        assert len(batches) == round(36 / 10)
        seen = []
        for batch in batches.epoch(0):
            labels, counts = np.unique(batch.targets.numpy(), return_counts=True)
            assert len(labels) == 2 and (counts == 5).all() and batch.pictures.shape == (10, 3, 32, 32)
            assert len(set(batch.rows.tolist())) == 10
            seen += batch.rows.tolist()
        assert batches.order(0).tolist() == seen and batches.order(1).tolist() != seen
        assert set(seen) <= set(examples.rows("train").tolist())
