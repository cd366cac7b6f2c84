"""Leaks: each kind is found, where it is, and nothing else is called one."""

from __future__ import annotations

import numpy as np

from studio.core.gallery.crops import SPLITS
from studio.core.project import SplitRow
from studio.core.project.leaks import find_leaks, leak_words, leaks_in_short
from tests.core.project.split_material import crops_of

RATE = {1: 25.0, 2: 25.0}


def row(number, medium, first, last, split, track=None):
    return SplitRow(number, medium, track, first, last, split)


def test_a_cut_without_a_gap():
    halves = [row(1, 1, 0, 49, "train"), row(2, 1, 50, 99, "test")]
    crops = crops_of([(1, frame, 1, 0) for frame in range(100)], splits=halves)
    leaks = find_leaks(crops, RATE)
    assert leaks[0][:2] == (149, 150) and leaks[0].kind == "time" and leaks[0].distance == 1
    assert len(leaks) == 1  # one place, not each of the pairs
    assert leak_words(leaks[0], crops, RATE) == "1 frame between train and test"
    apart = crops_of([(1, f, 1, 0) for f in (*range(40), *range(52, 90))], splits=halves)
    assert find_leaks(apart, RATE) == []
    assert find_leaks(crops, {}) == []  # pictures without times


def test_random_frames_are_found_as_far_as_brute_force_says():
    random = np.random.default_rng(0)
    frames = np.sort(random.choice(5000, 300, replace=False))
    names = random.choice(["train", "val", ""], 300, p=[0.5, 0.1, 0.4])
    rows = [row(n + 1, 1, int(f), int(f), str(s)) for n, (f, s) in enumerate(zip(frames, names, strict=True)) if s]
    crops = crops_of([(1, int(frame), 1, 0) for frame in frames], frames=5000, splits=rows)
    train, val = frames[names == "train"], frames[names == "val"]
    near = np.abs(train[:, None] - val) < 13
    leaks = [leak for leak in find_leaks(crops, RATE) if leak.kind == "time"]
    assert bool(leaks) == bool(near.any())
    assert min(leak.distance for leak in leaks) == np.abs(train[:, None] - val).min()
    for leak in leaks:
        a, b = (int(frames[number - 100]) for number in leak[:2])
        assert 0 < b - a == leak.distance < 13


def test_two_objects_may_share_frames_while_they_are_apart():
    tracks = [row(1, 1, 0, 99, "train", 7), row(2, 1, 0, 99, "val", 8)]
    places = [(1, frame, 1, track) for frame in range(50) for track in (7, 8)]
    boxes = np.array([[0.0, 0, 20, 20] if track == 7 else [60.0, 0, 20, 20] for *_, track in places])
    assert find_leaks(crops_of(places, boxes=boxes, splits=tracks), RATE) == []
    boxes[80:, 0] = 0.0  # from frame 40 on one is before the other
    (leak,) = {leak.kind for leak in find_leaks(crops_of(places, boxes=boxes, splits=tracks), RATE)}
    assert leak == "time"


def test_one_track_in_two_splits_is_said_once():
    rows = [row(1, 1, 0, 99, "train"), row(2, 1, 200, 299, "test")]
    places = [(1, frame, 1, 7) for frame in (*range(0, 100, 5), *range(200, 300, 5))]
    crops = crops_of(places, splits=rows)
    (leak,) = find_leaks(crops, RATE)
    assert leak.kind == "track" and leak.distance == 105
    assert leak_words(leak, crops, RATE) == "the same track in train and test, 4.2 s apart"


def test_pictures_that_look_the_same_are_found_as_by_brute_force():
    random = np.random.default_rng(1)
    count = 400
    hashes = random.integers(0, 2**63, count).astype(np.uint64)
    for n in range(0, 60, 2):  # pairs that differ in 0…5 bits
        bits = random.choice(64, n // 2 % 6, replace=False)
        hashes[n + 1] = hashes[n] ^ np.bitwise_or.reduce(np.uint64(1) << bits.astype(np.uint64), initial=np.uint64(0))
    rows = [row(1, 1, 0, 0, "train"), row(2, 2, 0, 0, "val")]
    crops = crops_of([(1 + n % 2, 0, 1, 0) for n in range(count)], kind="stills", splits=rows)
    leaks = find_leaks(crops, {}, hashes)
    differ = np.bitwise_count(hashes[::2, None] ^ hashes[1::2])
    wanted = {(100 + 2 * a, 101 + 2 * b) for a, b in zip(*np.nonzero(differ <= 3), strict=True)}
    assert {leak[:2] for leak in leaks if leak.kind == "picture"} == wanted and len(wanted) >= 20
    assert leaks_in_short(leaks) == f"{len(wanted)} pairs that look the same"


def test_flat_pictures_and_negatives_are_not_compared():
    rows = [row(1, 1, 0, 0, "train"), row(2, 2, 0, 0, "val")]
    same = np.full(4, 0x0F0F0F0F0F0F0F0F, np.uint64)
    crops = crops_of([(1, 0, 1, 0), (2, 0, 1, 0), (1, 0, 3, 0), (2, 0, 3, 0)], kind="stills", splits=rows)
    assert [leak[:2] for leak in find_leaks(crops, {}, same)] == [(100, 101)]
    assert find_leaks(crops, {}, np.zeros(4, np.uint64)) == []


def test_100_000_regions_are_checked_quickly():
    frames = np.arange(100_000) // 4
    cuts = [row(n + 1, 1, n * 500, n * 500 + 480, SPLITS[1 + n % 3]) for n in range(50)]
    crops = crops_of([(1, int(f), 1, 1 + n % 4) for n, f in enumerate(frames)], frames=25_000, splits=cuts)
    leaks = find_leaks(crops, RATE, np.random.default_rng(0).integers(0, 2**63, len(crops)).astype(np.uint64))
    assert {leak.kind for leak in leaks} <= {"track", "picture"}


def test_of_neighbours_two_objects_are_shown_before_negatives():
    halves = [row(1, 1, 0, 49, "train"), row(2, 1, 50, 99, "test")]
    places = [(1, frame, label, 0) for frame in range(100) for label in (3, 1)]
    (leak,) = find_leaks(crops_of(places, splits=halves), RATE)
    assert leak[:2] == (199, 201) and leak.distance == 1
