"""Folds over examples of several media, by time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.core.folds import block_folds

Fold = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # masks of the training and of the held-out examples


def time_folds(
    media: NDArray[np.integer], numbers: NDArray[np.integer], rates: NDArray[np.floating]
) -> tuple[list[Fold], bool]:
    """Folds that hold out time blocks, medium by medium, and whether they are honest.

    Honest are blocks of two seconds with gaps. Where a medium is too short for them, shorter blocks still serve to
    calibrate, but no score from them is reported.

    Args:
        media: `(n,)` the medium of each example.
        numbers: `(n,)` frame numbers.
        rates: `(n,)` frames a second of the medium.
    """
    folds: list[Fold] = []
    honest = False
    for medium in np.unique(media):
        rows = np.flatnonzero(media == medium)
        rate = float(rates[rows[0]])
        found = block_folds(numbers[rows], rate)
        honest = honest or bool(found)
        if not found:
            span = (int(numbers[rows].max()) - int(numbers[rows].min()) + 1) / rate
            found = block_folds(numbers[rows], rate, most=3, block_seconds=span / 4, gap_seconds=span / 20)
        for train, test in found:
            kept, held = np.ones(len(media), bool), np.zeros(len(media), bool)
            kept[rows], held[rows] = train, test
            folds.append((kept, held))
    return folds, honest
