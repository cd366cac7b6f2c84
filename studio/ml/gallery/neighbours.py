"""The most similar crops, exactly: cosines of all with one, and of all with all, in blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control

BLOCK = 2048  # rows and columns of a product: 16 MB
GROUP = 32  # of which only the best is looked at first; divides `BLOCK`
ROWS = 8192  # compared with one at once
_NONE = -2.0  # below every cosine


def cosines(values: NDArray[np.float16], query: NDArray[np.floating]) -> NDArray[np.float32]:
    """Cosines float32 `(n,)` of vectors of unit length `(n, d)` with one of any length `(d,)`; NaN for NaN rows."""
    direction = torch.from_numpy(np.asarray(query, np.float32))
    direction = direction / direction.norm().clamp_min(1e-12)
    found = [np.zeros(0, np.float32)]
    for start in range(0, len(values), ROWS):
        found.append((torch.from_numpy(values[start : start + ROWS]).float() @ direction).numpy())
    return np.concatenate(found)


def nearest(
    values: NDArray[np.float16], query: NDArray[np.floating], count: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The rows of the `count` vectors most similar to `query`, most similar first, and their cosines.

    Fewer where there are fewer; rows of NaN are none.
    """
    found = cosines(values, query)
    found[np.isnan(found)] = _NONE
    rows = np.argpartition(-found, min(count, len(found) - 1))[:count] if len(found) else np.zeros(0, np.intp)
    rows = rows[np.lexsort((rows, -found[rows]))]
    rows = rows[found[rows] > _NONE]
    return rows, found[rows]


def all_nearest(
    values: NDArray[np.float16], count: int, control: Control, device: torch.device | str = "cpu"
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For each vector the `count` others most similar to it, most similar first.

    Every pair is multiplied once: a block of the product serves its rows and its columns.

    Args:
        values: `(n, d)` of unit length, without NaN.
        count: at most n − 1 are found.
        control: asked between blocks.
        device: where the products are made.

    Returns:
        Rows `(n, k)` and cosines `(n, k)`.
    """
    found = _Best(len(values), min(count, max(len(values) - 1, 0)), device)
    if found.count:
        for first, second, product in products(values, BLOCK, control, device):
            found.take(first, product, second)
            if first != second:
                found.take(second, product.T, first)
    return found.rows.cpu().numpy(), found.cosines.cpu().numpy()


def products(
    values: NDArray[np.float16], block: int, control: Control, device: torch.device | str = "cpu"
) -> Iterator[tuple[int, int, torch.Tensor]]:
    """Cosines of every pair of rows, once: first row, first column and the float32 product of a block with a later one.

    A row with itself is below every cosine.
    """
    starts = range(0, len(values), block)
    total, done = len(starts) * (len(starts) + 1) // 2, 0
    for first in starts:
        left = _ready(values[first : first + block], device)
        for second in starts[first // block :]:
            control.progress(done / total, "comparing")
            right = left if first == second else _ready(values[second : second + block], device)
            product = left @ right.T
            if first == second:
                product.fill_diagonal_(_NONE)
            yield first, second, product
            done += 1


def _ready(values: NDArray[np.float16], device: torch.device | str) -> torch.Tensor:
    """Float32 of length 1: halves are off by some thousandths of a percent."""
    return torch.nn.functional.normalize(torch.from_numpy(values).to(device).float(), dim=1)


class _Best:
    """The best of each row so far."""

    def __init__(self, size: int, count: int, device: torch.device | str) -> None:
        self.count = count
        self.rows = torch.zeros((size, count), dtype=torch.int64, device=device)
        self.cosines = torch.full((size, count), _NONE, device=device)

    def take(self, first: int, product: torch.Tensor, second: int) -> None:
        """Take in the cosines of the rows from `first` on with those from `second` on."""
        values, columns = best_of_rows(product, self.count)
        own = slice(first, first + len(product))
        values = torch.cat([self.cosines[own], values], 1)
        rows = torch.cat([self.rows[own], columns + second], 1)
        self.cosines[own], order = values.topk(self.count, 1)
        self.rows[own] = rows.gather(1, order)


def best_of_rows(product: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The largest values `(r, k)` of each row and their columns.

    They lie in the k groups of columns whose largest values are the largest, so that most of them are only looked at
    to find the largest of a group, which is many times faster than sorting.
    """
    height, width = product.shape
    if width <= count * GROUP:
        values, columns = product.topk(min(count, width), 1)
        return values, columns
    if width % GROUP:
        product = torch.nn.functional.pad(product, (0, -width % GROUP), value=_NONE)
    grouped = product.unflatten(1, (-1, GROUP))
    groups = grouped.amax(2).topk(count, 1).indices
    candidates = grouped[torch.arange(height, device=product.device)[:, None], groups].flatten(1)
    values, at = candidates.topk(count, 1)
    return values, groups.gather(1, at // GROUP) * GROUP + at % GROUP
