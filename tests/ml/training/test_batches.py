"""Batches: which crops, in which order, how they are varied; the same for one process, several, and after a break."""

from __future__ import annotations

import gc
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from studio.core.augmentation import Augmentation
from studio.core.control import Control
from studio.core.gallery.crops import read_crops
from studio.core.training.examples import Examples, read_examples
from studio.ml.augmenting import augmented, read_batch
from studio.ml.training.batches import Batches
from studio.ml.training.store import CropStore, open_store
from tests.ml.taught_project import make_project

SIDE, CPU = 16, torch.device("cpu")
USUAL = Augmentation(blur=0.05, noise=0.1, cutout=0.2)


def made_up(count=150, labels=("a", "b", "c"), shares=(0.8, 0.15, 0.05), gone=()):
    random = np.random.default_rng(0)
    targets = np.sort(random.choice(len(labels), count, p=shares)).astype(np.int64)
    ids = np.sort(random.choice(2**62, count, replace=False)).astype(np.int64)
    no = np.zeros(count, np.int64)
    splits = np.ones(count, np.uint8)
    splits[::5] = 2
    examples = Examples(labels, ids, no, np.arange(count), np.zeros((count, 3), np.int64), targets, no, splits)
    readable = np.ones(count, bool)
    readable[list(gone)] = False
    store = CropStore(random.integers(0, 255, (count, 2 * SIDE, 2 * SIDE, 3), np.uint8), readable)
    return examples, store


def all_of(batches, epoch, start=0):
    found = list(batches.epoch(epoch, start))
    return np.concatenate([batch.rows for batch in found]), torch.cat([batch.pictures for batch in found])


def test_an_epoch_has_each_readable_crop_of_the_split_once():
    examples, store = made_up(gone=(1, 2, 6))
    batches = Batches(examples, store, "train", CPU, size=32)
    wanted = sorted(set(np.flatnonzero(examples.splits == 1)) - {1, 2, 6})
    found = list(batches.epoch(3))
    assert len(found) == len(batches) == 4 and batches.crops == len(wanted) == len(batches.rows)
    assert sorted(np.concatenate([batch.rows for batch in found]).tolist()) == wanted
    assert max(len(b.rows) for b in found) - min(len(b.rows) for b in found) <= 1  # no small rest
    for batch in found:
        assert batch.pictures.shape == (len(batch.rows), 3, SIDE, SIDE) and batch.pictures.dtype == torch.uint8
        np.testing.assert_array_equal(batch.targets.numpy(), examples.targets[batch.rows])
        middle = store.wide[batch.rows][:, SIDE // 2 : -SIDE // 2, SIDE // 2 : -SIDE // 2]
        np.testing.assert_array_equal(batch.pictures.permute(0, 2, 3, 1).numpy(), middle)
    assert [row for batch in batches.epoch(4) for row in batch.rows] != [row for batch in found for row in batch.rows]
    plain = Batches(examples, store, "val", CPU, size=32, shuffled=False)
    assert all_of(plain, 0)[0].tolist() == examples.rows("val").tolist()
    assert not len(Batches(examples, store, "test", CPU)) and not list(Batches(examples, store, "test", CPU).epoch(0))


def test_what_becomes_of_a_crop_depends_on_seed_epoch_and_region_alone():
    examples, store = made_up()
    whole = Batches(examples, store, "train", CPU, size=32, augmentation=USUAL, seed=5)
    rows, pictures = all_of(whole, 2)
    seen = dict(zip(rows.tolist(), pictures, strict=True))
    small = Batches(examples, store, "train", CPU, size=7, augmentation=USUAL, seed=5)
    again_rows, again = all_of(small, 2)
    np.testing.assert_array_equal(again_rows, rows)
    assert torch.equal(again, pictures)
    some = examples.rows("train")[10:13]
    part = replace(examples, splits=np.where(np.isin(np.arange(len(examples)), some), 3, 1).astype(np.uint8))
    for row, picture in zip(*all_of(Batches(part, store, "test", CPU, augmentation=USUAL, seed=5), 2), strict=True):
        assert torch.equal(picture, seen[int(row)])
    for other in (all_of(whole, 3), all_of(Batches(examples, store, "train", CPU, augmentation=USUAL, seed=6), 2)):
        assert not any(torch.equal(seen[int(row)], picture) for row, picture in zip(*other, strict=True))


def test_going_on_in_the_middle_of_an_epoch():
    examples, store = made_up()
    batches = Batches(examples, store, "train", CPU, size=32, augmentation=USUAL)
    rows, pictures = all_of(batches, 1)
    first = sum(len(batch.rows) for batch in list(batches.epoch(1))[:2])
    rest_rows, rest = all_of(batches, 1, start=2)
    np.testing.assert_array_equal(rest_rows, rows[first:])
    assert torch.equal(rest, pictures[first:])
    assert not list(batches.epoch(1, start=len(batches)))


@pytest.mark.parametrize("balanced", [False, True])
def test_processes_share_the_batches_of_one(balanced):
    examples, store = made_up()
    options = {"size": 32, "augmentation": USUAL, "seed": 1, "balanced": balanced}
    alone = list(Batches(examples, store, "train", CPU, **options).epoch(0))
    shares = [list(Batches(examples, store, "train", CPU, rank=n, world=3, **options).epoch(0)) for n in range(3)]
    for whole, *parts in zip(alone, *shares, strict=True):
        assert np.concatenate([part.rows for part in parts]).tolist() == whole.rows.tolist()
        assert torch.equal(torch.cat([part.pictures for part in parts]), whole.pictures)


def test_balanced_epochs_show_each_label_equally_often_and_no_crop_twice_alike():
    examples, store = made_up()
    batches = Batches(examples, store, "train", CPU, size=32, balanced=True, augmentation=USUAL)
    rows, pictures = all_of(batches, 0)
    assert len(rows) == batches.crops
    counts = np.bincount(examples.targets[rows])
    assert counts.max() - counts.min() <= 1
    for label in range(3):
        times = np.bincount(rows[examples.targets[rows] == label], minlength=len(examples))
        own = batches.rows[examples.targets[batches.rows] == label]
        assert times[own].max() - times[own].min() <= 1
    rare = pictures[torch.from_numpy(examples.targets[rows] == 2)]
    assert len(torch.unique(rare, dim=0)) == len(rare)


def test_class_weights_make_labels_count_alike():
    examples, store = made_up(labels=("a", "b", "c", "never"), shares=(0.8, 0.15, 0.05, 0.0))
    batches = Batches(examples, store, "train", CPU)
    counts = np.bincount(examples.targets[batches.rows], minlength=4)
    weights = batches.class_weights()
    np.testing.assert_allclose(weights[:3] * counts[:3], counts.sum() / 3, rtol=1e-6)
    assert weights[3] == 0 and weights.dtype == np.float32


def test_nothing_runs_on_once_nobody_asks():
    examples, store = made_up()
    epoch = Batches(examples, store, "train", CPU, size=4, augmentation=USUAL).epoch(0)
    threads = torch.get_num_threads()
    next(epoch)
    assert torch.get_num_threads() == threads
    assert any(thread.name == "ahead" for thread in threading.enumerate())
    del epoch
    gc.collect()
    assert not any(thread.name == "ahead" for thread in threading.enumerate())


def test_what_goes_wrong_is_raised_where_it_is_asked_for():
    examples, store = made_up()
    broken = replace(store, wide=store.wide[:3])
    with pytest.raises(IndexError):
        list(Batches(examples, broken, "train", CPU).epoch(0))


def test_the_preview_shows_what_a_recipe_sees(tmp_path):
    side = 64
    with make_project(tmp_path) as project:
        examples = read_examples(project, side)
        store = open_store(project, examples, side, Control())
        (batch,) = Batches(examples, store, "train", CPU, size=1000, augmentation=USUAL, seed=9).epoch(0)
        crops, ids = read_crops(project), examples.ids[batch.rows]
        preview = read_batch(project, crops, ids, side, Control())
    np.testing.assert_array_equal(preview.ids, ids)
    np.testing.assert_array_equal(preview.varied(USUAL, 9), batch.pictures.permute(0, 2, 3, 1).numpy())
    np.testing.assert_array_equal(augmented(store.wide[batch.rows], USUAL, 9, ids), preview.varied(USUAL, 9))
