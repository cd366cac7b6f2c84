"""Near-duplicates: which crops look alike, at every degree of similarity at once.

Crops of a label are linked where their cosine is above a threshold, and linked crops are a group. For all thresholds
together it is enough to keep the links of a forest in which every path is as strong as it can be (a maximum spanning
forest): n − 1 links at most, however many crops are the same, and as many crops are superfluous at a threshold as it
has links above it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from studio.core.control import Control
from studio.ml.gallery.looks import Looks
from studio.ml.gallery.neighbours import products
from studio.ml.gallery.reading import portion
from studio.ml.gallery.vectors import Vectors
from studio.ml.near_duplicates import MOST_BITS

LEAST = 0.9  # cosine of crops that somebody may call alike
EXACT = 0.99999  # of the same pixels, but for the rounding of halves
BLOCK = 1024  # of a product: a million links at most where all crops are the same
MOST_LINKS = 1_000_000  # held until they are thinned to a forest
LEVELS = 1 - (1 - LEAST) * 0.8 ** np.arange(60)  # at which it is known which crops are linked already

Integers = NDArray[np.int64]
Similarities = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Duplicates:
    """What looks alike, for any threshold from `LEAST` to 1.

    Attributes:
        ids: int64 `(n,)` of the regions compared, ascending.
        links: int64 `(m, 2)` rows of `ids`, m < n.
        similarities: float32 `(m,)` of the links, largest first: cosines, and 1 for the same pixels only.
    """

    ids: Integers
    links: Integers
    similarities: Similarities

    def count(self, threshold: float) -> int:
        """How many crops are superfluous: all but one of each group."""
        return int(np.searchsorted(-self.similarities, -np.float32(threshold), side="right"))

    def groups(self, threshold: float) -> list[Integers]:
        """Ids of crops that look alike, each group ascending; the largest group first, then the oldest."""
        count = self.count(threshold)
        rows = np.unique(self.links[:count])
        ends = np.searchsorted(rows, self.links[:count])
        graph = coo_array((np.ones(count), (ends[:, 0], ends[:, 1])), shape=(len(rows), len(rows)))
        group = connected_components(graph, directed=False)[1]
        order = np.argsort(group, kind="stable")
        found = np.split(self.ids[rows[order]], np.flatnonzero(np.diff(group[order])) + 1) if count else []
        return sorted(found, key=lambda ids: (-len(ids), int(ids[0])))

    def superfluous(self, threshold: float, looks: Looks) -> Integers:
        """Ids of all crops of the groups but the sharpest of each, ascending; of equally sharp ones the oldest stays.

        Args:
            threshold: as for `groups`.
            looks: of regions, among them those compared.
        """
        gone = [ids[ids != _sharpest(ids, looks)] for ids in self.groups(threshold)]
        return np.sort(np.concatenate([np.zeros(0, np.int64), *gone]))


def _sharpest(ids: Integers, looks: Looks) -> np.int64:
    sharpness = looks.sharpness[np.searchsorted(looks.ids, ids)]
    return ids[int(np.argmax(np.nan_to_num(sharpness, nan=-np.inf)))]


def find_duplicates(
    vectors: Vectors,
    labels: Integers,
    looks: Looks,
    control: Control,
    device: torch.device | str = "cpu",
) -> Duplicates:
    """Compare all crops of each label with each other.

    Args:
        vectors: of the regions to compare; those without an embedding are left out.
        labels: int64 `(n,)` of these regions: what looks alike under two labels is no duplicate but an error.
        looks: of the same regions; of the same pixels are crops whose embeddings and hashes are the same.
        control: progress and cancelling.
        device: where the products are made.
    """
    known = np.flatnonzero(vectors.known)
    sizes = {int(label): int((labels[known] == label).sum()) ** 2 for label in np.unique(labels[known])}
    total, done = max(sum(sizes.values()), 1), 0
    found = []
    for label, size in sizes.items():
        rows = known[labels[known] == label]
        forest = _Forest(looks.hashes[rows])
        part = portion(control, done / total, size / total)
        for first, second, product in products(vectors.values[rows], BLOCK, part, device):
            forest.add(first, second, product)
        ends, similarities = forest.finished()
        found.append((rows[ends], similarities))
        done += size
    links = np.concatenate([np.zeros((0, 2), np.int64), *(ends for ends, _ in found)])
    similarities = np.concatenate([np.zeros(0, np.float32), *(each for _, each in found)])
    order = np.argsort(-similarities, kind="stable")
    return Duplicates(vectors.ids, links[order], similarities[order])


class _Forest:
    """The strongest links between the rows of one label."""

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self._hashes, self._size = hashes, len(hashes)
        self._firsts: list[Integers] = [np.zeros(0, np.int64)]
        self._seconds: list[Integers] = [np.zeros(0, np.int64)]
        self._similarities: list[Similarities] = [np.zeros(0, np.float32)]
        self._held = 0
        self._groups: NDArray[np.int32] | None = None  # of each row at each of `LEVELS`

    def add(self, first: int, second: int, product: torch.Tensor) -> None:
        """Take in a block of cosines of the rows from `first` on with those from `second` on."""
        above = product >= LEAST
        if first == second:
            above = above.triu(1)
        ends = above.nonzero().cpu().numpy()
        if not len(ends):
            return
        firsts, seconds = ends[:, 0] + first, ends[:, 1] + second
        similarities = self._told_apart(firsts, seconds, product[above].cpu().numpy())
        if self._groups is not None:
            new = ~self._linked(firsts, seconds, similarities)
            firsts, seconds, similarities = firsts[new], seconds[new], similarities[new]
        self._firsts.append(firsts)
        self._seconds.append(seconds)
        self._similarities.append(similarities)
        self._held += len(firsts)
        if self._held > max(MOST_LINKS, 4 * self._size):
            self._thin()

    def finished(self) -> tuple[Integers, Similarities]:
        """Rows `(m, 2)` and their cosines `(m,)`."""
        self._thin()
        return np.stack([self._firsts[0], self._seconds[0]], 1), self._similarities[0]

    def _told_apart(self, firsts: Integers, seconds: Integers, similarities: Similarities) -> Similarities:
        """1 for the same pixels, below it for all others."""
        high = similarities >= EXACT
        bits = np.bitwise_count(self._hashes[firsts[high]] ^ self._hashes[seconds[high]])
        similarities[high] = np.where(bits <= MOST_BITS, np.float32(1), np.float32(EXACT))
        return similarities

    def _linked(self, firsts: Integers, seconds: Integers, similarities: Similarities) -> NDArray[np.bool_]:
        """Which links join what is linked already by links as strong."""
        assert self._groups is not None
        level = np.minimum(np.searchsorted(LEVELS, similarities), len(LEVELS) - 1)
        return np.asarray(self._groups[level, firsts] == self._groups[level, seconds])

    def _thin(self) -> None:
        firsts, seconds = np.concatenate(self._firsts), np.concatenate(self._seconds)
        lengths = 2 - np.concatenate(self._similarities).astype(np.float64)  # above 0: zeros are no links to scipy
        tree = minimum_spanning_tree(coo_array((lengths, (firsts, seconds)), shape=(self._size,) * 2).tocsr()).tocoo()
        rows, columns = (each.astype(np.int64) for each in (tree.row, tree.col))
        similarities = (2 - tree.data).astype(np.float32)
        self._firsts, self._seconds, self._similarities = [rows], [columns], [similarities]
        self._held = len(rows)
        self._groups = np.stack([self._at(level) for level in LEVELS])

    def _at(self, level: float) -> NDArray[np.int32]:
        strong = self._similarities[0] >= level
        ends = self._firsts[0][strong], self._seconds[0][strong]
        graph = coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(self._size,) * 2)
        return np.asarray(connected_components(graph, directed=False)[1], np.int32)
