"""The effect of a change: that of mending wrong labels is up, of spoiling them down, of nothing none."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import SVC

from studio.core.control import Cancelled, Control
from studio.core.gallery.crops import Crops
from studio.core.project import LabelRow, MediumRow
from studio.core.project.region_table import RegionTable
from studio.core.scores import average_precision
from studio.ml.gallery.held_out import hold_out
from studio.ml.gallery.what_if import Change, what_if

LABELS = {1: LabelRow(1, "background", "#6e7681", "0"), 2: LabelRow(2, "cup", "#4c9aff", "1")}
LABELS |= {3: LabelRow(3, "mug", "#f0883e", "2")}
MEDIA = {9: MediumRow(9, "m", "video", 1, "0" * 64, 5000, 64, 48)}


def scene(flipped: float, seed: int = 0):
    """Crops of three labels in a cloud each, some cups called mug; returns their truth too."""
    dice = np.random.default_rng(seed)
    n = 450
    truth = np.tile([1, 2, 3], n // 3)
    values = dice.normal(size=(n, 24)) + 1.1 * np.eye(24)[truth]
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    labels = truth.copy()
    labels[(dice.random(n) < flipped) & (truth == 2)] = 3
    zeros = np.zeros(n, bool)
    table = RegionTable(
        np.arange(n) * 10 + 100,
        np.full(n, 9),
        np.arange(n) * 10,
        labels,
        np.zeros(n, np.int64),
        zeros,
        zeros,
        zeros,
        np.zeros(n, np.uint8),
        np.zeros(n, np.uint8),
        np.ones((n, 4)),
        np.full(n, np.nan),
    )
    return Crops(table, np.zeros(n, np.uint8), LABELS, MEDIA), values.astype(np.float32), truth


def tried(crops, values, regions, label):
    held = hold_out(crops.table, MEDIA, {9: 25.0})
    return what_if(crops, values, held, Change(frozenset(regions.tolist()), label), Control())


def test_mending_labels_helps_and_spoiling_them_harms():
    crops, values, truth = scene(0.4)
    ids, labels = crops.table.ids, crops.table.labels
    mended = tried(crops, values, ids[(labels == 3) & (truth == 2)], 2)
    assert {effect.label for effect in mended.effects} == {2, 3} and mended.untold == ()
    assert all(effect.after > effect.before for effect in mended.effects)
    clean, values, truth = scene(0.0)
    spoilt = tried(clean, values, ids[(truth == 2) & (np.arange(len(ids)) % 2 == 0)], 3)
    assert all(effect.after < effect.before for effect in spoilt.effects)
    sure = [effect for effect in spoilt.effects if effect.certain]
    assert sure and sure[0].high < 0 and "chance" not in sure[0].sentence("mug")


def test_a_change_of_little_is_not_sold_as_a_gain():
    crops, values, truth = scene(0.1)
    found = tried(crops, values, crops.table.ids[truth == 3][:2], None)
    assert [effect.label for effect in found.effects] == [3]
    assert not found.effects[0].certain and found.effects[0].sentence("mug").endswith("no more than chance makes)")


def test_the_score_before_is_that_of_scikit_learns_machine_on_the_same_folds():
    crops, values, truth = scene(0.1)
    touched = crops.table.ids[truth == 2][:5]
    effect = tried(crops, values, touched, 1).effects[0]
    held = hold_out(crops.table, MEDIA, {9: 25.0})
    positive = crops.table.labels == 2
    margins = np.full(len(truth), np.nan)
    for train, test in held.masks():
        machine = SVC(kernel="linear", class_weight="balanced").fit(values[train], positive[train])
        margins[test] = machine.decision_function(values[test])
    told = np.isfinite(margins) & ~np.isin(crops.table.ids, touched)
    wanted = average_precision(margins[told], positive[told], int(positive[told].sum()))
    assert effect.label == 2 and effect.crops == told.sum()
    assert effect.before == pytest.approx(wanted, abs=0.01)


def test_a_label_without_enough_other_crops_is_untold_and_background_concerns_all():
    crops, values, truth = scene(0.0)
    ids = crops.table.ids
    gone = tried(crops, values, ids[truth == 2], None)
    assert gone.untold == (2,) and gone.effects == ()
    assert {effect.label for effect in tried(crops, values, ids[truth == 1][:20], None).effects} == {2, 3}
    assert {effect.label for effect in tried(crops, values, ids[truth == 1][:20], 3).effects} == {3}


def test_it_can_be_cancelled():
    crops, values, truth = scene(0.0)
    control = Control()
    control.cancel()
    held = hold_out(crops.table, MEDIA, {9: 25.0})
    with pytest.raises(Cancelled):
        what_if(crops, values, held, Change(frozenset(crops.table.ids[truth == 2][:9].tolist()), None), control)
