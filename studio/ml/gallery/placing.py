"""New crops on a map that is there already: each among the crops that it looks most like."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control
from studio.ml.gallery.neighbours import BLOCK, best_of_rows

NEAREST = 5  # crops that say where another one lies


def place(
    new: NDArray[np.float16],
    settled: NDArray[np.float16],
    points: NDArray[np.float32],
    control: Control,
    device: torch.device | str = "cpu",
) -> NDArray[np.float32]:
    """Where crops belong on a map: in the middle (the median) of the five settled ones most similar to each.

    The median lies in one of two groups where its neighbours are of both, the mean between them, where nothing is.

    Args:
        new: `(m, d)` embeddings, without NaN.
        settled: `(n, d)`, of at least one crop that has a place.
        points: float32 `(n, 2)`: the places.
        control: progress, and asked between blocks.
        device: where the products are made.

    Returns:
        float32 `(m, 2)`.
    """
    found = np.zeros((len(new), 2), np.float32)
    for start in range(0, len(new), BLOCK):
        wanted = _unit(new[start : start + BLOCK], device)
        rows = _nearest(wanted, settled, control, device)
        found[start : start + len(rows)] = np.median(points[rows], axis=1)
        control.progress(min(start + BLOCK, len(new)) / len(new), "placing")
    return found


def _nearest(
    wanted: torch.Tensor, settled: NDArray[np.float16], control: Control, device: torch.device | str
) -> NDArray[np.int64]:
    """The rows `(m, k)` of those most similar to each."""
    cosines, rows = [], []
    for start in range(0, len(settled), BLOCK):
        control.checkpoint()
        best, columns = best_of_rows(wanted @ _unit(settled[start : start + BLOCK], device).T, NEAREST)
        cosines.append(best)
        rows.append(columns + start)
    together = torch.cat(rows, 1)
    chosen = torch.cat(cosines, 1).topk(min(NEAREST, together.shape[1]), 1).indices
    return together.gather(1, chosen).cpu().numpy()


def _unit(values: NDArray[np.float16], device: torch.device | str) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.from_numpy(np.ascontiguousarray(values)).to(device).float(), dim=1)
