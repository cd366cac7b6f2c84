"""The feature maps of labelled frames, through the cache: a second fit does not compute them again."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.feature_cache import FeatureCache, feature_key
from studio.ml.backbones.base import Backbone
from studio.ml.pyramid import Level, level_size, pyramid

PYRAMID_RULE = 1  # counts changes of how a frame becomes a level


def cached_pyramid(
    backbone: Backbone,
    picture: NDArray[np.uint8],
    exponents: Sequence[int],
    source: tuple[str, int],
    cache: FeatureCache,
) -> list[Level]:
    """The levels of a frame as `pyramid` gives them, rounded to half precision whether they were kept before or not.

    Args:
        picture: uint8 `(height, width, 3)` RGB.
        source: the hash of the medium, and the frame's number there.
        cache: of the project.
    """
    height, width = picture.shape[:2]
    fitting = [e for e in exponents if level_size(e, width, height, backbone.stride)]
    keys = {exponent: _key(backbone, source, exponent) for exponent in fitting}
    kept = dict(zip(fitting, cache.get([keys[exponent] for exponent in fitting]), strict=True))
    levels = {}
    for exponent in fitting:
        level = _restored(backbone, kept[exponent], exponent, width, height)
        if level:
            levels[exponent] = level
    missing = [exponent for exponent in fitting if exponent not in levels]
    for level in pyramid(backbone, picture, missing):
        half = level.features.half().cpu()
        cache.put([(keys[level.exponent], half.numpy().ravel())])
        features = half.to(level.features.device, level.features.dtype)
        levels[level.exponent] = Level(level.exponent, features, level.cell_width, level.cell_height)
    return [levels[exponent] for exponent in fitting]


def _key(backbone: Backbone, source: tuple[str, int], exponent: int) -> bytes:
    return feature_key("unit maps", PYRAMID_RULE, *source, exponent, *backbone.identity)


def _restored(
    backbone: Backbone, vector: NDArray[np.float32] | None, exponent: int, width: int, height: int
) -> Level | None:
    size = level_size(exponent, width, height, backbone.stride)
    if vector is None or size is None:
        return None
    columns, rows = (math.ceil(extent / backbone.stride) for extent in size)
    if len(vector) != backbone.channels * rows * columns:
        return None
    maps = torch.from_numpy(vector).view(backbone.channels, rows, columns)
    # Channels last, as the network leaves them: windows are gathered cell by cell.
    maps = maps[None].contiguous(memory_format=torch.channels_last)[0]
    features = maps.to(backbone.compute.device, backbone.compute.dtype)
    return Level(exponent, features, backbone.stride * width / size[0], backbone.stride * height / size[1])
