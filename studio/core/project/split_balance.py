"""Which unit goes into which split, so that every label has its share in each.

Greedy by demand, as iterative stratification does it (Sechidis et al., On the Stratification of Multi-Label Data,
2011), in several orders; then single units move while that helps, and the best of all is taken.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_TRIES = 32
_EFFORT = 4_000_000  # numbers looked at, about; more units are tried in fewer orders
_EMPTY, _MISSING = 10.0, 0.25  # what it costs to leave a split, or a label in a split, without anything
_UNTAUGHT = 25.0  # and a label that is in no training: worse than no validation and no test

Numbers = NDArray[np.float64]


def balanced(counts: NDArray[np.integer], shares: tuple[float, ...], seed: int) -> NDArray[np.int64]:
    """The split of each unit `(u,)`, as places in `shares`.

    Args:
        counts: `(u, labels)` regions of each label in each unit.
        shares: of the splits, training first, adding up to 1; a split with 0 gets nothing.
        seed: the same gives the same.
    """
    sizes = counts / np.maximum(counts.sum(0), 1)
    wanted = np.array(shares)
    random = np.random.default_rng(seed)
    tries = int(np.clip(_EFFORT / max(sizes.size * len(shares), 1), 1, MOST_TRIES))
    largest = np.argsort(-sizes.max(1, initial=0) + 1e-9 * random.random(len(sizes)), kind="stable")
    best, lowest = np.zeros(len(sizes), np.int64), np.inf
    for number in range(tries):
        order = largest if number == 0 else random.permutation(len(sizes))
        assigned = _moved(sizes, wanted, _greedy(sizes, wanted, order))
        cost = float(_cost(_totals(sizes, assigned, len(wanted)), wanted))
        if cost < lowest - 1e-12:
            best, lowest = assigned, cost
    return best


def _greedy(sizes: Numbers, wanted: Numbers, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each unit where its labels are missed most."""
    assigned = np.zeros(len(sizes), np.int64)
    missed = np.repeat(wanted[:, None], sizes.shape[1], axis=1)
    forbidden = np.where(wanted > 0, 0.0, -np.inf)
    for unit in order:
        split = int(np.argmax(missed @ sizes[unit] + forbidden))
        assigned[unit] = split
        missed[split] -= sizes[unit]
    return assigned


def _moved(sizes: Numbers, wanted: Numbers, assigned: NDArray[np.int64]) -> NDArray[np.int64]:
    """Move the unit that helps most, until none does; nothing where there are too many to try."""
    units, splits = len(sizes), len(wanted)
    if sizes.size * splits * splits > _EFFORT // 4:
        return assigned
    assigned = assigned.copy()
    totals = _totals(sizes, assigned, splits)
    cost = float(_cost(totals, wanted))
    for _ in range(2 * units):
        tried = np.repeat(totals[None, None], units, axis=0).repeat(splits, axis=1)  # unit, to, split, label
        tried[np.arange(units), :, assigned] -= sizes[:, None]
        for split in range(splits):
            tried[:, split, split] += sizes
        costs = _cost(tried, wanted)
        costs[:, wanted <= 0] = np.inf
        unit, into = divmod(int(np.argmin(costs)), splits)
        if costs[unit, into] >= cost - 1e-9:
            break
        cost, totals, assigned[unit] = float(costs[unit, into]), tried[unit, into], into
    return assigned


def _totals(sizes: Numbers, assigned: NDArray[np.int64], splits: int) -> Numbers:
    """What each split has of each label, `(splits, labels)`."""
    totals = np.zeros((splits, sizes.shape[1]))
    np.add.at(totals, assigned, sizes)
    return totals


def _cost(totals: Numbers, wanted: Numbers) -> Numbers:
    """How far shares `(…, splits, labels)` are from those wanted: squares, and a price for what is missing."""
    asked = wanted > 0
    squares = ((totals - wanted[:, None]) ** 2).sum((-1, -2))
    without = totals[..., asked, :] < 1e-9
    untaught = without[..., 0, :].sum(-1)  # there is always something for training
    return np.asarray(
        squares + _MISSING * without.sum((-1, -2)) + _EMPTY * without.all(-1).sum(-1) + _UNTAUGHT * untaught
    )
