"""Two dimensions for many: principal components at once, then t-SNE, which keeps neighbours together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control

EARLY, LATE = 250, 500  # steps: first with neighbours pulled together, then as they are
STEPS = EARLY + LATE
NEIGHBOURS = 15  # of each point that it is drawn to
FEWEST = 10  # points that are arranged; fewer lie as their principal components say
_PULL = 12.0  # how much stronger neighbours attract each other early
_START = 1e-4  # spread of the points at the start
_GRID = 5000  # points from which forces read off a grid are faster than those of a tree
_CELL = 2.0  # of that grid: a fifth of the time of openTSNE's 1, and what is alike lies together as well
_BLOCK = 8192  # rows of a product
_PORTION = 20_000  # points that are moved between two looks whether to go on, counted once a step

Points = NDArray[np.float32]


def principal(values: NDArray[np.floating], control: Control, device: torch.device | str = "cpu") -> Points:
    """The first two principal components of vectors: what differs most.

    From the covariance, block by block: less than a second for 10,000, where only importing scikit-learn takes as long.

    Args:
        values: `(n, d)`, without NaN.
        control: asked between blocks.
        device: where the products are made.

    Returns:
        float32 `(n, 2)` around 0, the second 0 where there is only one; the largest share of each is positive.
    """
    count, size = values.shape
    found = np.zeros((count, 2), np.float32)
    if count == 0:
        return found
    middle = torch.zeros(size, dtype=torch.float64, device=device)
    products = torch.zeros((size, size), dtype=torch.float64, device=device)
    for block in _blocks(values, control, device):
        middle += block.sum(0)
        products += block.T @ block
    middle /= count
    _, vectors = torch.linalg.eigh(products / count - torch.outer(middle, middle))
    chosen = vectors.flip(1)[:, :2]
    largest = chosen.gather(0, chosen.abs().argmax(0, keepdim=True))
    chosen = (chosen * torch.where(largest < 0, -1.0, 1.0)).float()
    for number, block in enumerate(_blocks(values, control, device)):
        place = (block - middle.float()) @ chosen
        found[number * _BLOCK : number * _BLOCK + len(place), : place.shape[1]] = place.cpu().numpy()
    return found


def arrange(
    neighbours: NDArray[np.int64],
    start: Points,
    done: int,
    threads: int,
    on_step: Callable[[Points, int], None],
) -> Points:
    """t-SNE (van der Maaten and Hinton 2008) by openTSNE, with forces from a grid (Linderman et al. 2019).

    Each point is drawn alike to each of its neighbours: the picture is that of perplexities, and the graph has a sixth
    of the edges (Böhm, Berens and Kobak, "Attraction-repulsion spectrum in neighbor embeddings", 2022).

    Args:
        neighbours: int64 `(n, k)`: rows of the nearest others of each.
        start: `(n, 2)`: where they are; principal components before the first step.
        done: steps that were made before.
        threads: to compute with.
        on_step: called several times a second with a copy of the points and the steps made by then; what it raises
            ends the arranging.

    Returns:
        float32 `(n, 2)`.
    """
    from openTSNE import TSNEEmbedding  # takes seconds

    first = start / max(float(start.std(0).max()), 1e-12) * _START if done == 0 else start
    apart = np.random.default_rng(0).normal(0, _START / 100, start.shape)  # else what is the same lies there for ever
    graph = _Graph(neighbours)
    method = "fft" if len(start) >= _GRID else "bh"
    points = TSNEEmbedding(
        first + apart, graph, negative_gradient_method=method, ints_in_interval=_CELL, n_jobs=threads, random_state=0
    )
    for begin, end, pull, momentum in ((0, EARLY, _PULL, 0.5), (EARLY, STEPS, 1.0, 0.8)):
        since = max(done, begin)
        if since < end:
            points.optimize(
                end - since,
                inplace=True,
                exaggeration=pull,
                momentum=momentum,
                n_jobs=threads,
                callbacks=lambda step, _, now, since=since: on_step(np.array(now, np.float32), since + step),
                callbacks_every_iters=min(max(_PORTION // len(start), 1), 25),
            )
    return np.array(points, np.float32)


class _Graph:
    """What openTSNE asks of affinities: `P`, how much each pair attracts each other; all pairs together 1."""

    def __init__(self, neighbours: NDArray[np.int64]) -> None:
        from scipy.sparse import csr_matrix

        count, each = neighbours.shape
        ends = np.arange(0, count * each + 1, each)
        directed = csr_matrix((np.ones(count * each), neighbours.ravel(), ends), shape=(count, count))
        both = (directed + directed.T).astype(bool).astype(np.float64)
        self.P = both / both.sum()


def _blocks(values: NDArray[np.floating], control: Control, device: torch.device | str) -> Iterator[torch.Tensor]:
    for start in range(0, len(values), _BLOCK):
        control.checkpoint()
        yield torch.from_numpy(np.ascontiguousarray(values[start : start + _BLOCK])).to(device).float()
