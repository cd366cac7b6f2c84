"""Nearest crops: against all products by numpy, in blocks of any size."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.control import Cancelled, Control
from studio.ml.gallery import neighbours
from studio.ml.gallery.neighbours import all_nearest, cosines, nearest
from studio.ml.gallery.outliers import outliers


def made(count, size=24, seed=0):
    values = np.random.default_rng(seed).normal(size=(count, size))
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float16)


def exact(values):
    ready = values.astype(np.float64)
    ready /= np.linalg.norm(ready, axis=1, keepdims=True)
    return ready @ ready.T


@pytest.mark.parametrize("count", [2, 5, 33, 700])
@pytest.mark.parametrize("block", [32, 256, 2048])
def test_all_with_all(monkeypatch, count, block):
    monkeypatch.setattr(neighbours, "BLOCK", block)
    values = made(count)
    rows, found = all_nearest(values, 6, Control())
    expected = exact(values)
    np.fill_diagonal(expected, -2)
    best = -np.sort(-expected, 1)[:, : min(6, count - 1)]
    np.testing.assert_allclose(found, best, atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(expected, rows, 1), best, atol=1e-5)
    assert all(row not in others for row, others in enumerate(rows.tolist()))


def test_a_single_one_has_no_neighbour():
    assert all_nearest(made(1), 3, Control())[0].shape == (1, 0)
    assert all_nearest(made(0), 3, Control())[0].shape == (0, 0)


def test_one_with_all(monkeypatch):
    monkeypatch.setattr(neighbours, "ROWS", 100)
    values = made(450)
    values[7] = np.nan
    query = 5 * values[3].astype(np.float32)
    expected = values.astype(np.float64) @ values[3].astype(np.float64)
    np.testing.assert_allclose(cosines(values, query), expected, atol=1e-3)
    rows, found = nearest(values, query, 10)
    assert rows[0] == 3 and 7 not in rows
    np.testing.assert_array_equal(rows, np.argsort(-np.nan_to_num(expected, nan=-9))[:10])
    assert (np.diff(found) <= 0).all()
    assert len(nearest(values, query, 1000)[0]) == 449
    assert len(nearest(values[:0], query, 5)[0]) == 0


def test_it_can_be_stopped():
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        all_nearest(made(10), 2, control)


def test_an_outlier_stands_out_of_its_own_label():
    random = np.random.default_rng(1)
    centres = made(3, 32, seed=4).astype(np.float64)
    labels = np.repeat([10, 20], 60)
    values = centres[labels // 10 - 1] + 0.05 * random.normal(size=(120, 32))
    values[5] = centres[2]
    values[100] = centres[0]  # at home in the other label
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    found = outliers(values.astype(np.float16), labels, Control())
    assert set(np.argsort(-found)[:2]) == {5, 100} and found[[5, 100]].min() > 6
    own = exact(values[:60].astype(np.float16))
    np.fill_diagonal(own, -2)
    distances = 1 - (-np.sort(-own, 1)[:, :10]).mean(1)
    away = distances - np.median(distances)
    np.testing.assert_allclose(found[:60], away / (1.4826 * np.median(np.abs(away))), atol=0.02)


def test_of_a_few_crops_nothing_is_usual():
    assert np.isnan(outliers(made(4), np.ones(4, np.int64), Control())).all()
