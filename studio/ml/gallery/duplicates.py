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
from studio.ml.gallery.neighbours import BLOCK, products
from studio.ml.gallery.reading import portion
from studio.ml.gallery.vectors import Vectors
from studio.ml.near_duplicates import MOST_BITS

LEAST = 0.9  # cosine of crops that somebody may call alike
EXACT = 0.99999  # of the same pixels, but for the rounding of halves
MANY = 20_000  # links in a block of a product, of which most are superfluous
MOST_LINKS = 1_000_000  # held until they are thinned to a forest
QUANTILES = (0, 0.1, 0.4, 0.8)  # of the forest's links, where it is known which crops are linked

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
        graph = _graph(np.ones(count, np.int8), ends[:, 0], ends[:, 1], len(rows))
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
        forest = _Forest(looks.hashes[rows], device)
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

    def __init__(self, hashes: NDArray[np.uint64], device: torch.device | str) -> None:
        self._hashes, self._size = torch.from_numpy(hashes.view(np.int64)).to(device), len(hashes)
        self._firsts: list[Integers] = [np.zeros(0, np.int64)]
        self._seconds: list[Integers] = [np.zeros(0, np.int64)]
        self._similarities: list[Similarities] = [np.zeros(0, np.float32)]
        self._new = 0  # links since the last time they were thinned
        self._linked: list[tuple[float, torch.Tensor]] = []  # the group of each row at some thresholds

    def add(self, first: int, second: int, product: torch.Tensor) -> None:
        """Take in a block of cosines of the rows from `first` on with those from `second` on."""
        if first == second:
            product = product.triu(1)
        self._tell_apart(first, second, product)
        above = product >= LEAST
        if int(above.sum()) > MANY:
            # The strongest link of each row and column make a forest that most of the others add nothing to.
            for along in (0, 1):
                best, at = product.max(along)
                other = torch.arange(len(best), device=best.device)
                rows, columns = (at, other) if along == 0 else (other, at)
                strong = best >= LEAST
                self._take(first + rows[strong], second + columns[strong], best[strong])
            self._thin()
            self._drop_linked(first, second, product, above)
        rows, columns = above.nonzero(as_tuple=True)
        self._take(first + rows, second + columns, product[rows, columns])
        if self._new > MOST_LINKS:
            self._thin()

    def finished(self) -> tuple[Integers, Similarities]:
        """Rows `(m, 2)` and their cosines `(m,)`."""
        self._thin()
        return np.stack([self._firsts[0], self._seconds[0]], 1), self._similarities[0]

    def _tell_apart(self, first: int, second: int, product: torch.Tensor) -> None:
        """Set what is 1 for the same pixels, and below it for all others."""
        high = product >= EXACT
        if not bool(high.any()):
            return
        own, others = self._hashes[first : first + len(product)], self._hashes[second : second + product.shape[1]]
        same = high & (own[:, None] == others[None])
        product[same] = 1.0
        rows, columns = (high & ~same).nonzero(as_tuple=True)
        bits = np.bitwise_count((own[rows] ^ others[columns]).cpu().numpy().view(np.uint64))
        product[rows, columns] = torch.from_numpy(np.where(bits <= MOST_BITS, 1, EXACT)).to(product)

    def _drop_linked(self, first: int, second: int, product: torch.Tensor, above: torch.Tensor) -> None:
        """Leave out of `above` links between what is linked already by links as strong."""
        height, width = product.shape
        for threshold, groups in self._linked:
            own, others = groups[first : first + height], groups[second : second + width]
            above &= (own[:, None] != others[None]).logical_or_(product > threshold)
            if int(above.sum()) <= MANY:
                return

    def _take(self, firsts: torch.Tensor, seconds: torch.Tensor, similarities: torch.Tensor) -> None:
        self._firsts.append(firsts.cpu().numpy())
        self._seconds.append(seconds.cpu().numpy())
        self._similarities.append(similarities.cpu().numpy())
        self._new += len(firsts)

    def _thin(self) -> None:
        """Keep of all links those of the forest, and see what it links at some thresholds."""
        firsts, seconds = np.concatenate(self._firsts), np.concatenate(self._seconds)
        once = np.unique(firsts * self._size + seconds, return_index=True)[1]  # scipy would add up what is there twice
        lengths = 2 - np.concatenate(self._similarities)[once].astype(np.float64)  # above 0: zeros are no links to it
        tree = minimum_spanning_tree(_graph(lengths, firsts[once], seconds[once], self._size).tocsr()).tocoo()
        firsts, seconds = tree.row.astype(np.int64), tree.col.astype(np.int64)
        similarities = (2 - tree.data).astype(np.float32)
        self._firsts, self._seconds, self._similarities, self._new = [firsts], [seconds], [similarities], 0
        self._linked = []
        for threshold in np.unique(np.quantile(similarities, QUANTILES, method="lower")) if len(firsts) else ():
            strong = similarities >= threshold
            graph = _graph(np.ones(int(strong.sum()), np.int8), firsts[strong], seconds[strong], self._size)
            groups = connected_components(graph, directed=False)[1]
            self._linked.append((float(threshold), torch.from_numpy(groups.astype(np.int32)).to(self._hashes.device)))


def _graph(values: NDArray[np.generic], firsts: Integers, seconds: Integers, size: int) -> coo_array:
    return coo_array((values, (firsts, seconds)), shape=(size, size))
