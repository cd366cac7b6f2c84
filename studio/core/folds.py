"""Held-out time blocks: neighbouring frames look alike, so a random split would flatter."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

MOST_FOLDS = 5
BLOCK_SECONDS = 2.0
GAP_SECONDS = 0.5

Mask = NDArray[np.bool_]


def block_folds(
    frames: NDArray[np.integer],
    rate: float,
    *,
    most: int = MOST_FOLDS,
    block_seconds: float = BLOCK_SECONDS,
    gap_seconds: float = GAP_SECONDS,
) -> list[tuple[Mask, Mask]]:
    """Split the examples of one medium into consecutive time blocks, each held out once.

    The blocks hold about the same number of different frames and span at least `block_seconds` each; there are as
    many as fit, at most `most`. Training frames closer to a held-out frame than `gap_seconds` are in neither mask.

    Args:
        frames: `(N,)` frame numbers of the examples, in any order; several examples may share a frame.
        rate: frames a second.
        most: the most folds.
        block_seconds: the least span of a block.
        gap_seconds: the least distance in time between a training and a held-out frame.

    Returns:
        For each fold the masks `(N,)` of the training and of the held-out examples, neither empty. No fold at all
        where the frames span less than two blocks, or the gaps leave nothing to train on: then no honest score exists.
    """
    moments = np.unique(frames)
    least = max(1, math.ceil(block_seconds * rate))
    gap = max(1, math.ceil(gap_seconds * rate))
    span = int(moments[-1] - moments[0]) + 1 if len(moments) else 0
    for count in range(min(most, span // least, len(moments)), 1, -1):
        blocks = np.array_split(moments, count)
        if any(int(block[-1] - block[0]) + 1 < least for block in blocks):
            continue
        folds = [_hold_out(frames, int(block[0]), int(block[-1]), gap) for block in blocks]
        if all(train.any() for train, _ in folds):
            return folds
    return []


def _hold_out(frames: NDArray[np.integer], first: int, last: int, gap: int) -> tuple[Mask, Mask]:
    return (frames <= first - gap) | (frames >= last + gap), (frames >= first) & (frames <= last)
