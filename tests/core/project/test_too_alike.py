"""What is too near to a region that is held back, or looks like it, as brute force says."""

from __future__ import annotations

import time

import numpy as np

from studio.core.project.leaks import find_leaks
from studio.core.project.too_alike import look_alikes, near_held
from tests.core.project.split_material import crops_of

RATE = {1: 25.0, 2: 25.0}


def test_near_ones_are_those_of_brute_force():
    random = np.random.default_rng(0)
    frames, media = random.integers(0, 3000, 300), random.integers(1, 3, 300)
    splits = random.choice([0, 1, 2, 3], 300, p=[0.6, 0.2, 0.1, 0.1]).astype(np.uint8)
    crops = crops_of([(m, f, 1, 0) for m, f in zip(media, frames, strict=True)], frames=3000)
    held, free = np.flatnonzero(splits > 1), np.flatnonzero(splits == 0)
    close = (np.abs(frames[free, None] - frames[held]) < 13) & (media[free, None] == media[held])
    found = np.flatnonzero(near_held(crops.table, splits, RATE))
    np.testing.assert_array_equal(found, free[close.any(1)])
    assert 20 < len(found) < len(free)


def test_those_alike_are_those_of_brute_force():
    random = np.random.default_rng(1)
    count = 600
    hashes = random.integers(0, 2**63, 40).astype(np.uint64)[random.integers(0, 40, count)]
    for _ in range(3):
        flip = np.uint64(1) << random.integers(0, 63, count).astype(np.uint64)
        hashes = np.where(random.random(count) < 0.6, hashes ^ flip, hashes)
    hashes[:30] = random.choice([0, 1, 2**63 - 1], 30).astype(np.uint64)  # of pictures that show next to nothing
    tracks = random.integers(0, 4, count)
    crops = crops_of([(1, n, 1, track) for n, track in enumerate(tracks)])
    part = random.integers(0, 3, count)
    asked, others = part == 1, part == 2
    shown = np.array([6 <= bin(int(value)).count("1") <= 58 for value in hashes])
    bits = np.array([[bin(int(a) ^ int(b)).count("1") for b in hashes] for a in hashes])
    own = (tracks[:, None] == tracks) & (tracks > 0)
    wanted = ((bits <= 3) & ~own & shown[:, None] & (shown & others)).any(1) & asked
    np.testing.assert_array_equal(look_alikes(crops.table, hashes, asked, others), wanted)
    assert 20 < wanted.sum() < asked.sum() - 20
    assert not look_alikes(crops.table, hashes, asked, np.zeros(count, bool)).any()


def test_33_000_crops_of_things_that_hardly_move_are_compared_quickly():
    random = np.random.default_rng(2)
    count = 33_000
    tracks = 1 + np.arange(count) // 1100
    shown = random.integers(0, 2**63, 31).astype(np.uint64)[tracks]
    flips = np.bitwise_or.reduce(np.uint64(1) << random.integers(0, 63, (count, 3)).astype(np.uint64), axis=1)
    hashes = shown ^ np.where(random.random(count) < 0.8, flips, np.uint64(0))
    crops = crops_of([(1, n, 1, track) for n, track in enumerate(tracks)], frames=count)
    splits = (1 + np.arange(count) // 100 % 3).astype(np.uint8)
    crops.splits[:] = splits
    started = time.process_time()
    leaks = find_leaks(crops, RATE, hashes)
    like = look_alikes(crops.table, hashes, splits == 2, splits == 1)
    assert time.process_time() - started < 3
    assert not like.any() and {leak.kind for leak in leaks} == {"time", "track"}
