"""Ridge regression in closed form, for few samples of many dimensions."""

from __future__ import annotations

import torch


def ridge(
    features: torch.Tensor,
    targets: torch.Tensor,
    penalty: float,
    weights: torch.Tensor | None = None,
    gram: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted ridge regression with a free intercept, solved in the dual.

    Minimises Σ wᵢ (xᵢ·β + b − yᵢ)² + penalty · |β|², with x and y centred at their weighted means: n × n instead of
    d × d (Saunders, Gammerman and Vovk, 1998).

    Args:
        features: float32 `(n, d)`.
        targets: float32 `(n, k)`.
        penalty: above 0.
        weights: float32 `(n,)`, above 0; all one where not given.
        gram: float32 `(n, n)`, the inner products of the features as they are, where they are known already.

    Returns:
        β `(d, k)` and b `(k,)`.
    """
    if weights is None:
        weights = torch.ones(len(features), device=features.device)
    share = weights / weights.sum()
    mean_x, mean_y = share @ features, share @ targets
    root = weights.sqrt()[:, None]
    inner = features @ features.T if gram is None else gram
    with_mean = inner @ share
    system = root * (inner - with_mean[:, None] - with_mean + share @ with_mean) * root.T
    system.diagonal().add_(penalty)
    dual = root * torch.cholesky_solve(root * (targets - mean_y), torch.linalg.cholesky(system))
    beta = features.T @ dual - mean_x[:, None] * dual.sum(0)
    return beta, mean_y - mean_x @ beta
