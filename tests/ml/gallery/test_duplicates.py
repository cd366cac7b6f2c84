"""Near-duplicates at every threshold: against single linkage by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from studio.core.control import Control
from studio.ml.gallery import duplicates
from studio.ml.gallery.duplicates import find_duplicates
from studio.ml.gallery.looks import Looks
from studio.ml.gallery.vectors import Vectors


def compared(values, labels=None, sharpness=None, hashes=None):
    count = len(values)
    ids = 100 + 3 * np.arange(count)
    looks = Looks(
        ids,
        np.zeros(count, np.float32) if sharpness is None else np.asarray(sharpness, np.float32),
        np.zeros(count, np.uint64) if hashes is None else np.asarray(hashes, np.uint64),
    )
    labels = np.ones(count, np.int64) if labels is None else labels
    return find_duplicates(Vectors(ids, values), labels, looks, Control()), looks


def clustered(count, spread, seed=0, size=16):
    random = np.random.default_rng(seed)
    values = random.normal(size=(12, size))[random.integers(0, 12, count)] + spread * random.normal(size=(count, size))
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float16)


@pytest.mark.parametrize("links", [20, 1_000_000])
@pytest.mark.parametrize("spread", [0.02, 0.15, 0.4])
def test_groups_are_those_of_single_linkage(monkeypatch, spread, links):
    monkeypatch.setattr(duplicates, "BLOCK", 64)
    monkeypatch.setattr(duplicates, "MANY", links)
    monkeypatch.setattr(duplicates, "MOST_LINKS", links)
    values = clustered(300, spread)
    found, _ = compared(values)
    ready = values.astype(np.float64)
    ready /= np.linalg.norm(ready, axis=1, keepdims=True)
    distances = 1 - ready @ ready.T
    tree = linkage(squareform(np.maximum((distances + distances.T) / 2, 0), checks=False), "single")
    for threshold in (0.9, 0.93, 0.97, 0.99, 0.998):
        group = fcluster(tree, 1 - threshold, "distance")
        expected = {tuple(found.ids[group == each]) for each in np.unique(group) if (group == each).sum() > 1}
        assert {tuple(ids) for ids in found.groups(threshold)} == expected
        assert found.count(threshold) == sum(len(ids) - 1 for ids in expected)


def test_thousands_of_equal_crops_need_few_links():
    values = np.repeat(clustered(1, 0), 5000, 0)
    found, _ = compared(values)
    assert len(found.links) == 4999 and found.count(1.0) == 4999
    (group,) = found.groups(1.0)
    assert len(group) == 5000


def test_the_sharpest_stays_and_of_equally_sharp_ones_the_oldest():
    values = np.concatenate([np.repeat(clustered(2, 0, seed=2), [3, 2], 0)])
    found, looks = compared(values, sharpness=[1, 3, 2, 5, 5])
    assert found.superfluous(0.99, looks).tolist() == [100, 106, 112]
    found, looks = compared(values, sharpness=[np.nan, np.nan, 2, 5, 6])
    assert found.superfluous(0.99, looks).tolist() == [100, 103, 109]


def test_exact_means_the_same_picture():
    values = np.repeat(clustered(1, 0), 3, 0)
    found, _ = compared(values, hashes=[0, 1, 2**40 - 1])
    assert found.count(1.0) == 1 and found.count(0.9999) == 2
    assert [ids.tolist() for ids in found.groups(1.0)] == [[100, 103]]


def test_what_looks_alike_under_two_labels_is_no_duplicate():
    values = np.repeat(clustered(1, 0), 4, 0)
    found, _ = compared(values, labels=np.array([1, 2, 2, 1]))
    assert sorted(ids.tolist() for ids in found.groups(0.95)) == [[100, 109], [103, 106]]


def test_what_cannot_be_read_is_left_out():
    values = np.repeat(clustered(1, 0), 3, 0)
    values[1] = np.nan
    found, looks = compared(values)
    assert [ids.tolist() for ids in found.groups(0.95)] == [[100, 106]]
    assert compared(values[:0])[0].groups(0.9) == [] and len(found.superfluous(1.1, looks)) == 0
