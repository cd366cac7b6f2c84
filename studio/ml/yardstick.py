"""How long the bare backbone takes for what a search mode asks of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from studio.ml.backbones.base import Backbone
from studio.ml.pyramid import level_size, resized
from studio.ml.search.base import Picture, Search
from studio.ml.search.dense import DenseSearch

WINDOWS = {"fixed": 1, "search": 4, "track": 4}


def bare_backbone(backbone: Backbone, mode: str, search: Search) -> Callable[[Picture], float]:
    """A function that gives the seconds of the network alone for a frame, its pictures cut and resized before."""
    if isinstance(search, DenseSearch):
        exponents = search.exponents
        return lambda frame: _maps(backbone, exponents, frame)
    count = WINDOWS[mode]
    return lambda frame: _embed(backbone, count)


def _maps(backbone: Backbone, exponents: list[int], frame: Picture) -> float:
    height, width = frame.shape[:2]
    sizes = [size for e in exponents if (size := level_size(e, width, height, backbone.stride))]
    levels = [
        torch.from_numpy(resized(frame, size)).permute(2, 0, 1)[None].to(backbone.compute.device) for size in sizes
    ]
    backbone.compute.synchronize()
    started = time.perf_counter()
    for level in levels:
        backbone.maps(level)
    backbone.compute.synchronize()
    return time.perf_counter() - started


def _embed(backbone: Backbone, count: int) -> float:
    crops = np.zeros((count, backbone.input_size, backbone.input_size, 3), np.uint8)
    started = time.perf_counter()
    backbone.embed(crops)
    return time.perf_counter() - started
