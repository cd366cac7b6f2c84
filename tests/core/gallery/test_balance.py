"""Crops of each label counted by split, and warnings in words."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.gallery.balance import LabelCrops, crops_by_label, warnings
from studio.core.gallery.crops import read_crops
from studio.core.project import BACKGROUND, Edit, LabelRow, SplitRow, new_id
from tests.core.project.project_rows import CUP, MEDIUM, region


@pytest.fixture
def project(tmp_path):
    from studio.core.project import Project

    with Project.create(tmp_path / "project") as made:
        made.apply(Edit.rows("start", [MEDIUM, CUP, LabelRow(7, "saucer", "#f0883e", "2")]))
        yield made


def test_what_is_counted(project):
    background = project.label(BACKGROUND).id
    rows = [region(100 + n, frame=n, near_duplicate=n % 2 == 1) for n in range(10)]
    rows += [region(200 + n, frame=n, label=background) for n in range(12)]
    rows += [region(300, frame=0, state="rejected"), region(301, frame=1, state="ignore"), region(302, state="outside")]
    project.apply(Edit.rows("draw", [*rows, SplitRow(new_id(), MEDIUM.id, None, 0, 3, "val")]))
    cup, saucer, negative, rejected = crops_by_label(read_crops(project))
    assert (cup.name, cup.total, cup.alike, cup.different, cup.tracks) == ("cup", 10, 5, 5, 1)
    assert cup.numbers == (6, 0, 4, 0) and saucer.total == 0
    assert (negative.name, negative.total, negative.negative) == ("background", 12, True)
    assert (rejected.name, rejected.total, rejected.negative) == ("rejected", 1, True)
    by_hand = [row for row in project.regions() if row.label == CUP.id and row.state == "visible"]
    assert np.sum([row.frame <= 3 for row in by_hand]) == cup.numbers[2]


def label(name, none=0, train=0, val=0, test=0, alike=0, tracks=3, negative=False):
    return LabelCrops(name, "#123456", (none, train, val, test), alike, tracks, negative)


BACK = label("background", 100, negative=True)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([label("cup", 100), BACK], []),
        ([], []),
        ([label("cup", 100)], ["no crop of background"]),
        ([label("cup", 100), label("saucer", 100)], []),  # each is the other's negative
        ([label("cup", 100), label("saucer"), BACK], ["saucer has no crop"]),
        ([label("cup", 1), BACK], ["cup has a single crop"]),
        ([label("cup", 1828), label("saucer", 12), BACK], ["saucer has 12 of 1,840 different crops"]),
        ([label("cup", 12), BACK], ["cup has 12 different crops"]),
        ([label("cup", 1000), label("saucer", 40), BACK], ["cup has 25 times as many different crops as saucer"]),
        ([label("cup", 200, alike=170), BACK], ["Of 200 crops of cup 170 are near-duplicates"]),
        ([label("cup", 200, tracks=1), BACK], ["All 200 crops of cup are of one object"]),
        ([label("cup", 0, 80, 20), label("saucer", 20, 80), BACK], ["No crop of saucer is for validation"]),
    ],
)
def test_warnings(labels, said):
    found = warnings(labels)
    assert len(found) == len(said), found
    for text, part in zip(found, said, strict=True):
        assert part in text
