"""Two dimensions for many: against numpy's own, and against what the digits are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from studio.core.control import Cancelled, Control
from studio.ml.gallery.neighbours import all_nearest
from studio.ml.gallery.projection import EARLY, NEIGHBOURS, STEPS, arrange, principal
from studio.ml.gallery.vectors import unit


@pytest.fixture(scope="module")
def digits():
    values, numbers = load_digits(return_X_y=True)
    return unit(values[:500]).astype(np.float16), numbers[:500]


def nothing(points, step):
    """Not interested."""


def neighbours_of(values):
    return all_nearest(values, NEIGHBOURS, Control())[0]


def test_principal_components_are_those_of_a_singular_value_decomposition(digits):
    values = digits[0].astype(np.float64)
    centred = values - values.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    wanted = left[:, :2] * sizes[:2]
    found = principal(digits[0], Control())
    assert found.dtype == np.float32 and found.shape == (500, 2)
    np.testing.assert_allclose(np.abs(found), np.abs(wanted), atol=1e-4)
    np.testing.assert_array_equal(found, principal(digits[0], Control()))


@pytest.mark.parametrize("shape", [(0, 5), (1, 5), (2, 5), (4, 1), (9, 2)])
def test_few_crops_and_few_numbers(shape):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float16)
    found = principal(values, Control())
    assert found.shape == (shape[0], 2) and np.isfinite(found).all()


def test_what_is_alike_lies_together(digits):
    values, numbers = digits
    start = principal(values, Control())
    seen = []
    points = arrange(neighbours_of(values), start, 0, 1, lambda now, step: seen.append((now.copy(), step)))
    assert points.dtype == np.float32
    assert trustworthiness(values.astype(np.float32), points, n_neighbors=10) > 0.95
    assert trustworthiness(values.astype(np.float32), start, n_neighbors=10) < 0.9
    away = ((points[:, None] - points[None]) ** 2).sum(2)
    np.fill_diagonal(away, np.inf)
    assert (numbers[away.argmin(1)] == numbers).mean() > 0.9
    steps = [step for _, step in seen]
    assert steps == sorted(steps) and steps[-1] == STEPS and len(steps) >= 30
    assert all(now.shape == (500, 2) and np.isfinite(now).all() for now, _ in seen)


def test_it_stops_where_it_is_told_to_and_goes_on_from_there(digits):
    values = digits[0][:120]
    neighbours, start = neighbours_of(values), principal(values, Control())
    latest = []

    def stop_late(points, step):
        latest[:] = [points, step]
        if step >= EARLY + 100:
            raise Cancelled

    with pytest.raises(Cancelled):
        arrange(neighbours, start, 0, 1, stop_late)
    points, done = latest
    steps = []
    finished = arrange(neighbours, points, done, 1, lambda now, step: steps.append(step))
    assert done < min(steps) and max(steps) == STEPS
    assert trustworthiness(values.astype(np.float32), finished, n_neighbors=5) > 0.95
    moved = np.linalg.norm(finished - points, axis=1).mean()
    assert moved < np.linalg.norm(finished - finished.mean(0), axis=1).mean()  # it goes on, and does not start over


def test_crops_that_are_all_the_same_are_no_trouble():
    values = unit(np.ones((40, 8))).astype(np.float16)
    points = arrange(neighbours_of(values), principal(values, Control()), 0, 1, nothing)
    assert np.isfinite(points).all()


def test_the_same_twice(digits):
    values = digits[0][:60]
    neighbours, start = neighbours_of(values), principal(values, Control())
    one, other = (arrange(neighbours, start, 0, 1, nothing) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_cancelling_ends_the_components(digits):
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        principal(digits[0], control)
