"""The crop part against scikit-learn's own support vector machine."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.preprocessing import normalize
from sklearn.svm import SVC

from studio.ml.folds import time_folds
from studio.ml.heads.crop import ROWS, fit_crop


def samples(count=300, size=48, classes=3, seed=0):
    random = np.random.default_rng(seed)
    classes_of = random.integers(0, classes, count)
    centres = random.normal(0, 1, (classes, size))
    lengths = random.uniform(0.5, 20, (count, 1))
    return (centres[classes_of] + random.normal(0, 1.2, (count, size))) * lengths, classes_of


@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_margins_agree_with_scikit_learn_for_every_label_against_the_rest(kernel, label):
    embeddings, classes = samples()
    positive = classes == label
    part = fit_crop(embeddings[:200], positive[:200], kernel, []).part
    reference = SVC(kernel=kernel, gamma="scale", class_weight="balanced").fit(
        normalize(embeddings[:200]), positive[:200]
    )
    np.testing.assert_allclose(part.margins(embeddings), reference.decision_function(normalize(embeddings)), atol=1e-4)
    assert part.support.dtype == torch.float64


def test_margins_agree_on_float16_embeddings_in_many_batches():
    embeddings, classes = samples(ROWS + 500, 16)
    embeddings = embeddings.astype(np.float16)
    positive = classes == 0
    part = fit_crop(embeddings[:150], positive[:150], "rbf", []).part
    unit = normalize(embeddings.astype(np.float64))
    reference = SVC(gamma="scale", class_weight="balanced").fit(unit[:150], positive[:150])
    np.testing.assert_allclose(part.margins(embeddings), reference.decision_function(unit), atol=1e-4)
    assert part.margins(embeddings[:0]).shape == (0,)


def test_few_positives_weigh_as_much_as_many_negatives():
    random = np.random.default_rng(1)
    embeddings = np.concatenate([random.normal(0.4, 1, (8, 6)), random.normal(-0.4, 1, (400, 6))])
    positive = np.arange(408) < 8
    part = fit_crop(embeddings, positive, "linear", []).part
    plain = SVC(kernel="linear").fit(normalize(embeddings), positive)
    assert (part.margins(embeddings)[:8] > 0).mean() > (plain.decision_function(normalize(embeddings))[:8] > 0).mean()


def test_a_machine_of_a_fold_never_sees_its_held_out_samples():
    random = np.random.default_rng(2)
    numbers = np.repeat(np.arange(200), 2)
    positive = np.tile([True, False], 200)
    noise = random.normal(0, 1, (400, 32))  # nothing to learn: who scores well has looked
    folds, honest = time_folds(np.zeros(400, int), numbers, np.full(400, 10.0))
    margins = fit_crop(noise, positive, "rbf", folds).margins
    assert honest and np.isfinite(margins).all()
    assert 0.35 < ((margins > 0) == positive).mean() < 0.65


def test_scores_are_half_where_held_out_frames_put_the_decision():
    embeddings, classes = samples(240, classes=2)
    numbers = np.arange(240)
    folds, _ = time_folds(np.zeros(240, int), numbers, np.full(240, 10.0))
    fitted = fit_crop(embeddings, classes == 0, "rbf", folds)
    part = fitted.part
    scores, margins = part.scores(embeddings), part.margins(embeddings)
    assert scores.dtype == np.float32 and ((scores >= 0) & (scores <= 1)).all()
    np.testing.assert_array_equal(scores >= 0.5, margins >= part.calibration.middle)
    assert (np.diff(scores[np.argsort(margins)]) >= 0).all()


def test_linear_margins_are_those_of_one_weight_vector():
    embeddings, classes = samples(classes=2)
    part = fit_crop(embeddings, classes == 0, "linear", []).part
    weights = (part.coefficients @ part.support).numpy()
    np.testing.assert_allclose(normalize(embeddings) @ weights + part.intercept, part.margins(embeddings), atol=1e-9)
