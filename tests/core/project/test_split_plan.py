"""Splits: shares and labels balanced, tracks and clips whole, gaps of time between splits, and repeatable."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.gallery.crops import SPLITS, read_crops, splits_of
from studio.core.project import Edit, Project
from studio.core.project.leaks import find_leaks
from studio.core.project.split_balance import balanced
from studio.core.project.split_plan import SplitWish, clear_edit, plan_splits, split_counts, split_edit
from tests.core.project.project_rows import region
from tests.core.project.split_material import crops_of

RATE = 25.0


def assigned(crops, plan):
    return replace(crops, splits=splits_of(crops.table, plan.rows))


def shares(crops):
    sums = np.bincount(crops.splits, minlength=4)
    return sums[1:] / sums[1:].sum()


def test_one_long_clip_is_cut_into_blocks_with_gaps():
    crops = crops_of([(1, frame, 1, 7) for frame in range(1000)])
    plan = plan_splits(crops, {1: RATE}, SplitWish())
    assert plan.by == "time" and "is too long for one split" in plan.sentence
    now = assigned(crops, plan)
    assert shares(now) == pytest.approx([0.6, 0.2, 0.2], abs=0.05)
    for one, other in combinations((1, 2, 3), 2):
        a, b = now.table.frames[now.splits == one], now.table.frames[now.splits == other]
        assert np.abs(a[:, None] - b).min() >= 13  # half a second
    assert all(row.last - row.first + 1 >= 2 * RATE for row in plan.rows)
    assert np.mean(now.splits == 0) < 0.15
    assert {leak.kind for leak in find_leaks(now, {1: RATE})} == {"track"}  # which says that it is one object


def test_tracks_of_a_clip_stay_whole_where_they_can():
    places = [(1, start + n, 1 + track % 2, 50 + track) for track, start in enumerate(range(0, 3000, 150))
              for n in range(120)]  # fmt: skip
    crops = crops_of(places, frames=3000)
    plan = plan_splits(crops, {1: RATE}, SplitWish(seed=3))
    now = assigned(crops, plan)
    for track in range(50, 70):
        assert len(np.unique(now.splits[now.table.tracks == track])) == 1
    assert find_leaks(now, {1: RATE}) == []
    for counts in plan.counts.values():
        assert counts[1:] / counts.sum() == pytest.approx([0.6, 0.2, 0.2], abs=0.05)
    assert {label: row.tolist() for label, row in plan.counts.items()} == {1: [0, 720, 240, 240], 2: [0, 720, 240, 240]}
    assert split_counts(now).keys() == plan.counts.keys()


def test_many_clips_go_whole_and_balanced_over_the_labels():
    random = np.random.default_rng(0)
    places = [(medium, frame, 1 + int(random.random() < 0.3), 0) for medium in range(1, 31)
              for frame in range(int(random.integers(20, 200)))]  # fmt: skip
    crops = crops_of(places)
    plan = plan_splits(crops, dict.fromkeys(range(1, 31), RATE), SplitWish(0.1, 0.3))
    assert plan.by == "clip" and len(plan.rows) == 30
    assert all((row.first, row.last) == (0, 999) for row in plan.rows)
    for counts in plan.counts.values():
        assert counts[0] == 0 and counts[1:] / counts.sum() == pytest.approx([0.6, 0.1, 0.3], abs=0.03)


def test_clips_of_one_label_each_are_cut_instead():
    crops = crops_of([(medium, frame, 1 + medium % 2, 0) for medium in (1, 2) for frame in range(500)], kind="stills")
    plan = plan_splits(crops, {}, SplitWish())
    assert plan.by == "time" and plan.sentence.startswith("By blocks of pictures: ")
    for counts in plan.counts.values():
        assert counts[1:] / counts.sum() == pytest.approx([0.6, 0.2, 0.2], abs=0.02)
    steps = np.count_nonzero(np.diff(splits_of(crops.table, plan.rows)))
    assert steps < 45  # blocks of pictures in their order, no single ones


def test_by_track_every_track_is_whole_and_loose_boxes_go_with_their_neighbours():
    places = [(1, frame, 1, track) for track in (7, 8, 9, 10, 11) for frame in range(200)]
    places += [(1, 100, 3, 0), (1, 900, 3, 0)]
    crops = crops_of(places)
    plan = plan_splits(crops, {1: RATE}, SplitWish(by="track"))
    now = assigned(crops, plan)
    for track in (7, 8, 9, 10, 11):
        assert len(np.unique(now.splits[now.table.tracks == track])) == 1
    assert shares(now) == pytest.approx([0.6, 0.2, 0.2], abs=0.01)
    assert [SPLITS[split] for split in now.splits[-2:]] == ["", "train"]  # among several tracks; far from all


def test_the_same_seed_gives_the_same_and_another_one_another():
    crops = crops_of([(1, frame, 1 + frame // 40 % 2, 0) for frame in range(0, 6000, 2)], frames=6000)

    def plan(seed):
        return [(row.first, row.last, row.split) for row in plan_splits(crops, {1: RATE}, SplitWish(seed=seed)).rows]

    assert plan(1) == plan(1)
    assert len({str(plan(seed)) for seed in range(6)}) > 1


def test_too_little_is_said():
    crops = crops_of([(1, frame, 1, 0) for frame in range(60)])
    plan = plan_splits(crops, {1: RATE}, SplitWish())
    assert "too little for val and test" in plan.sentence
    with pytest.raises(InputError, match="no regions to split"):
        plan_splits(crops_of([]), {}, SplitWish())
    with pytest.raises(InputError, match="no tracks"):
        plan_splits(crops, {1: RATE}, SplitWish(by="track"))


def test_what_was_got_instead_is_said_with_the_reason():
    crops = crops_of([(1, frame, 1, 7) for frame in range(150)])  # six seconds: two blocks of them
    plan = plan_splits(crops, {1: RATE}, SplitWish())
    got = shares(assigned(crops, plan))[1]
    assert got > 0.4
    assert f"This gives {got:.0%} for val (20% asked for): there are only 2 blocks of time." in plan.sentence
    uneven = [(medium, frame, 1, 0) for medium in range(1, 9) for frame in range(400 if medium < 3 else 10)]
    sentence = plan_splits(crops_of(uneven), {}, SplitWish(0.2, 0.0, "clip")).sentence
    assert "This gives 7% for val (20% asked for): the largest of 8 clips holds 47% of all." in sentence
    even = crops_of([(1, frame, 1, 7) for frame in range(1000)])
    assert "asked for" not in plan_splits(even, {1: RATE}, SplitWish()).sentence


@pytest.mark.parametrize(
    ("wish", "words"),
    [({"val": 1.2}, "1.2 for val"), ({"val": 0.6, "test": 0.4}, "nothing to train"), ({"by": "frame"}, "'frame'"),
     ({"val": 0.0, "test": 0.0}, "nothing to split"), ({"val": float("nan")}, "nan for val")],
)  # fmt: skip
def test_impossible_wishes_are_a_sentence(wish, words):
    with pytest.raises(InputError, match=words):
        SplitWish(**wish)


def test_balance_is_as_good_as_the_best_of_all_assignments():
    random = np.random.default_rng(5)
    counts = random.integers(0, 30, (8, 2))
    wanted = np.array([0.6, 0.2, 0.2])
    sizes = counts / counts.sum(0)

    def error(assignment):
        totals = np.stack([sizes[np.array(assignment) == split].sum(0) for split in range(3)])
        empty = (totals == 0).sum()
        return float(((totals - wanted[:, None]) ** 2).sum() + 0.25 * empty)

    best = min(error(digits(number)) for number in range(3**8))
    assert error(balanced(counts, (0.6, 0.2, 0.2), 0)) <= best + 0.01


def test_nothing_is_kept_from_training_altogether():
    """Two blocks of the one and one of the other: a test set of its own would leave a label untaught."""
    crops = crops_of([(1, frame, 1, 7) for frame in range(150)] + [(2, frame, 2, 8) for frame in range(50)])
    for seed in range(5):
        plan = plan_splits(crops, {1: RATE, 2: RATE}, SplitWish(seed=seed))
        assert all(row[1] > 0 for row in plan.counts.values())
        assert "too little for" in plan.sentence


def digits(number):
    return [number // 3**place % 3 for place in range(8)]


def test_assigning_and_clearing_are_a_step_each(project: Project):
    project.apply(Edit.rows("draw", [region(100 + n, frame=n) for n in range(20)]))
    edit = split_edit(project, plan_splits(read_crops(project), {}, SplitWish(by="clip")))
    project.apply(edit)
    assert edit.text == "split by clips"
    assert {row.split for row in project.splits()} == {"train"}
    project.apply(clear_edit(project))
    assert project.splits() == []
    project.undo()
    assert len(project.splits()) == 1
    project.undo()
    assert project.splits() == []


def test_the_same_splits_again_change_nothing(project: Project):
    project.apply(Edit.rows("draw", [region(100 + n, frame=n) for n in range(20)]))
    wish = SplitWish(by="time")
    project.apply(split_edit(project, plan_splits(read_crops(project), {}, wish)))
    rows, position = project.splits(), project.position
    again = split_edit(project, plan_splits(read_crops(project), {}, wish))
    project.apply(again)
    assert len(rows) > 1 and not again.size and project.position == position
    project.apply(Edit.removal("one less", rows[:1]))
    mended = split_edit(project, plan_splits(read_crops(project), {}, wish))
    assert mended.size == 1  # what is assigned already stays as it is
