"""Heads without training, to be looked at."""

from __future__ import annotations

import torch

from studio.ml.calibration import UNCALIBRATED
from studio.ml.heads.crop import CropPart
from studio.ml.heads.dense import DensePart
from studio.ml.heads.head import ARCHITECTURE, Head, HeadCard


def head(backbone: str, dimensions: int, channels: int = 0) -> Head:
    """For the label cup: 3 support vectors, and where there are `channels` a kernel of 4 × 5 cells."""
    card = HeadCard(
        name="new", architecture=ARCHITECTURE, licence="", source="", sha256="0" * 64, backbone=backbone,
        backbone_sha256="1" * 64, labels=["cup"], kernel="rbf", window_side=64, dense=channels > 0, history=0,
    )  # fmt: skip
    support = torch.zeros(3, dimensions, dtype=torch.float64)
    crop = CropPart(support, torch.ones(3, dtype=torch.float64), 0.0, 1.0, UNCALIBRATED)
    if not channels:
        return Head(card, (crop,), ())
    kernel = torch.zeros(channels, 4, 5)
    dense = DensePart(kernel, 0.0, torch.zeros(kernel.numel(), 4), torch.zeros(4), 0, UNCALIBRATED)
    return Head(card, (crop,), (dense,))
