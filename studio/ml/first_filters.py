"""The first layer of a network, as pictures: its filters, and what they answer to a frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from studio.core.errors import InputError
from studio.core.media.medium import Picture
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.network import NetworkBackbone

LONGEST = 256  # pixels of the frame that is filtered: the maps are looked at in small cells


@dataclass(frozen=True, eq=False)
class FirstFilters:
    """Filters of the first convolution.

    Attributes:
        layer: its name in the network.
        pictures: uint8 `(n, k, k, 3)` RGB; each filter is stretched about its own zero, which is grey 128.
        stride: pixels of the frame per value of a map.
    """

    layer: str
    pictures: NDArray[np.uint8]
    stride: int


@dataclass(frozen=True, eq=False)
class Responses:
    """What the filters answer to one frame, before the activation.

    Attributes:
        maps: uint8 `(n, h, w)`; each is stretched about its own zero, which is 128.
        peaks: float32 `(n,)`: the largest absolute answer of each filter, what 0 and 255 stand for.
    """

    maps: NDArray[np.uint8]
    peaks: NDArray[np.float32]


def first_filters(backbone: Backbone) -> FirstFilters:
    """The filters of the first convolution of `backbone`, which has three input channels.

    Raises:
        InputError: the network cannot be looked into.
    """
    name, layer = _first_convolution(backbone)
    weights = layer.weight.detach().float().cpu().numpy().transpose(0, 2, 3, 1)
    return FirstFilters(name, _stretch(weights)[0], int(layer.stride[0]))


@torch.inference_mode()
def responses(backbone: Backbone, picture: Picture) -> Responses:
    """What every first filter answers to `picture`, uint8 `(height, width, 3)` RGB, scaled to `LONGEST` pixels.

    Raises:
        InputError: the network cannot be looked into.
    """
    _, layer = _first_convolution(backbone)
    assert isinstance(backbone, NetworkBackbone)
    height, width = picture.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1 else np.ascontiguousarray(picture)
    pixels = torch.from_numpy(np.array(small)).permute(2, 0, 1)[None]
    answers = layer(backbone.prepare(pixels))[0].float().cpu().numpy()
    return Responses(*_stretch(answers))


def _first_convolution(backbone: Backbone) -> tuple[str, nn.Conv2d]:
    if isinstance(backbone, NetworkBackbone):
        for name, module in backbone.module.named_modules():
            if isinstance(module, nn.Conv2d) and module.in_channels == 3:
                return name, module
    raise InputError(f"the backbone {backbone.name} has no first convolution that can be looked into")


def _stretch(values: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """uint8 pictures in which zero is 128 and the largest absolute value of each 1 or 255, and these values."""
    peaks = np.abs(values.reshape(len(values), -1)).max(1)
    scale = (127 / np.maximum(peaks, 1e-12)).reshape(-1, *[1] * (values.ndim - 1))
    return np.rint(values * scale + 128).astype(np.uint8), peaks.astype(np.float32)
