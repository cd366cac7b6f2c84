"""Networks that compute exactly, and heads for a small clip that take no time to train."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from studio.core.geometry import Window, iou_matrix
from studio.ml.calibration import UNCALIBRATED
from studio.ml.crops import cut_all
from studio.ml.device import choose
from studio.ml.grid_windows import GridWindows
from studio.ml.heads.crop import fit_crop
from studio.ml.heads.dense import DensePart
from studio.ml.heads.head import Head, HeadCard
from studio.ml.networks import Networks
from studio.ml.pyramid import pyramid
from tests.moving_square import box_at, picture

CELLS = 6  # of 8 pixels: the square
FRAMES = (0, 8, 16)


@pytest.fixture(scope="session")
def networks():
    """In float32, as explanations are, whatever this processor would choose."""
    made = Networks("cpu")
    made._compute = replace(choose("cpu"), dtype=torch.float32)
    return made


@pytest.fixture(scope="session")
def heads(networks):
    """A head with each kernel; both have the same dense part."""
    backbone = networks.backbone()
    dense = _dense(backbone)
    facts = {
        "name": "h", "architecture": "svm-head-1", "licence": "", "source": "", "sha256": "0" * 64,
        "backbone": backbone.name, "backbone_sha256": backbone.sha256, "labels": ["cup"], "window_side": 64,
        "dense": True, "history": 0,
    }  # fmt: skip
    return {
        kernel: Head(HeadCard(kernel=kernel, **facts), (_crop(backbone, kernel),), (dense,))
        for kernel in ("rbf", "linear")
    }


def _crop(backbone, kernel):
    crops, positive = [], []
    for number in FRAMES:
        box = box_at(number)
        places = [Window(int(box.x) + shift, int(box.y) + shift, 64) for shift in (-14, -8, -2)]
        places += [Window(int(box.x + 140) % 250, int(box.y + 90) % 170, 64), Window(250, 0, 64), Window(0, 170, 64)]
        crops.append(cut_all(picture(number), places, 64))
        positive += [True] * 3 + [False] * 3
    return fit_crop(backbone.embed(np.concatenate(crops)), np.array(positive), kernel, []).part


def _dense(backbone):
    """The difference of the means of windows on the square and off it."""
    on, off = [], []
    for number in FRAMES:
        [level] = pyramid(backbone, picture(number), [0])
        grid = GridWindows(level, CELLS, CELLS)
        overlaps = iou_matrix(grid.boxes(), np.array([box_at(number)]))[:, 0]
        on.append(grid.vectors(np.flatnonzero(overlaps > 0.6)))
        off.append(grid.vectors(np.flatnonzero(overlaps < 0.1)))
    high, low = torch.cat(on).mean(0), torch.cat(off).mean(0)
    weights = 2 * (high - low) / (high - low).square().sum()
    bias = -float(weights @ (high + low)) / 2
    kernel = weights.view(backbone.channels, CELLS, CELLS)
    return DensePart(kernel, bias, torch.zeros(kernel.numel(), 4), torch.zeros(4), 0, UNCALIBRATED)
