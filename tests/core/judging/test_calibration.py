"""Probabilities that keep their promise."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from studio.core.judging import fit_temperature
from studio.core.judging.calibration import calibration_of


def confident(count, factor, seed=0):
    """Logits `factor` times as sure as they may be, and targets drawn by the honest ones."""
    random = np.random.default_rng(seed)
    honest = random.normal(0, 2, (count, 5))
    targets = np.array([random.choice(5, p=p) for p in softmax(honest, axis=1)])
    return honest * factor, targets


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_was_too_sure(factor):
    logits, targets = confident(4000, factor)
    assert fit_temperature(logits, targets) == pytest.approx(factor, rel=0.08)


def test_it_is_the_one_of_least_cross_entropy():
    logits, targets = confident(2000, 2.5, seed=1)

    def entropy(temperature):
        return -log_softmax(logits / temperature, axis=1)[np.arange(2000), targets].mean()

    best = minimize_scalar(entropy, bounds=(0.05, 20), method="bounded").x
    assert fit_temperature(logits, targets) == pytest.approx(best, rel=0.01)


def test_forty_crops_that_are_all_right_make_nothing_certain():
    logits = np.eye(3)[np.arange(40) % 3] * 20
    found = softmax(logits / fit_temperature(logits, np.arange(40) % 3), axis=1).max()
    assert 0.95 < found < 0.999


@pytest.mark.parametrize("scale", [0.002, 0.01, 100.0])
def test_in_whatever_units_the_logits_are_the_probabilities_are_the_same(scale):
    """Cosines to the means of labels differ by hundredths."""
    logits, targets = confident(400, 1.0)
    found = fit_temperature(1 + logits * scale, targets)
    assert found == pytest.approx(fit_temperature(logits, targets) * scale, rel=1e-3)


def test_nothing_to_fit_changes_nothing():
    assert fit_temperature(np.zeros((0, 3)), np.zeros(0, int)) == 1
    assert fit_temperature(np.ones((4, 1)), np.zeros(4, int)) == 1
    assert fit_temperature(np.ones((4, 3)), np.zeros(4, int)) == 1


def test_error_by_hand():
    confidence = np.array([0.6] * 5 + [0.9] * 5)
    right = np.array([1, 1, 1, 0, 0, 1, 1, 1, 0, 0], bool)
    found = calibration_of(confidence, right)

    assert [(each.crops, each.accuracy) for each in found.bins] == [(5, 0.6), (5, 0.6)]
    assert found.error == pytest.approx((0 + 0.3) / 2)


def test_bins_hold_about_as_many_crops_each_and_never_part_equals():
    random = np.random.default_rng(2)
    even = calibration_of(random.random(1000), random.random(1000) < 0.5)
    assert [each.crops for each in even.bins] == [100] * 10
    assert [each.crops for each in calibration_of(np.ones(50), np.ones(50, bool)).bins] == [50]


def test_fitting_helps_crops_that_were_not_fitted_on():
    logits, targets = confident(6000, 3, seed=3)
    fitted = fit_temperature(logits[:3000], targets[:3000])
    errors = []
    for temperature in (1, fitted):
        said = softmax(logits[3000:] / temperature, axis=1)
        errors.append(calibration_of(said.max(axis=1), said.argmax(axis=1) == targets[3000:]).error)
    assert errors[1] < errors[0] / 4
