"""The check beside every map: how much of it is there without anything that was learned.

Adebayo et al., "Sanity Checks for Saliency Maps", 2018: a map that looks the same when the weights of the network are
random shows the picture and the method, not what the network learned. Here all weights of the network are drawn anew
at once (the paper's "full" randomisation, the end of its cascade); what a head was trained on top of it stays.
"""

from __future__ import annotations

import math
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from torch import nn

from studio.ml.reasons.scores import Score

_STARTS = {"running_mean": 0.0, "running_var": 1.0, "weight": 1.0}  # of vectors; all others start at 0


def randomised(score: Score, seed: int) -> Score:
    """A copy of `score` on a network of the same shape that has learned nothing."""
    copy = deepcopy(score)
    draw_anew(copy.network, seed)
    return copy


@torch.no_grad()
def draw_anew(network: nn.Module, seed: int) -> None:
    """Draw all weights of `network`, in place: normal with variance 2 / fan-in (He et al., 2015); norms do nothing."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        if not tensor.is_floating_point():
            continue
        if tensor.ndim < 2:
            tensor.fill_(_STARTS.get(name.rpartition(".")[2], 0.0))
        elif isinstance(tensor, nn.Parameter):
            spread = math.sqrt(2 / math.prod(tensor.shape[1:]))
            tensor.copy_(spread * torch.randn(tensor.shape, generator=generator))


def rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float | None:
    """Spearman's ρ of how strong two maps of one shape are at each place, sign aside: −1…1.

    None where one of them is the same everywhere, which has no ranks.
    """
    one, other = np.abs(first).ravel(), np.abs(second).ravel()
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(spearmanr(one, other).statistic)
