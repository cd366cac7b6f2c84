"""A small image pyramid and its feature maps, for searching at every position and size.

All levels of all frames lie on one grid of scales, 2^(e/2) for whole exponents e, so that a level computed for one head
can serve the next.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from studio.ml.backbones.base import Backbone

MOST_PIXELS = 16_000_000  # of a level; larger ones are not searched, and the head says below which size that matters
TILE_PIXELS = 2_000_000  # of one forward; larger levels are computed in strips
STRIP_MARGIN = 96  # pixels around a strip, more than a feature sees


@dataclass(frozen=True)
class Level:
    """Feature maps of a frame at one scale.

    Attributes:
        exponent: the scale is 2^(exponent/2).
        features: `(channels, rows, columns)`, each position of unit length, in the dtype of the backbone.
        cell_width, cell_height: pixels of the frame under one position.
    """

    exponent: int
    features: torch.Tensor
    cell_width: float
    cell_height: float


def scale_of(exponent: int) -> float:
    return 2.0 ** (exponent / 2)


def exponent_for(object_pixels: float, wanted_pixels: float) -> int:
    """The exponent at which an object of `object_pixels` comes nearest to `wanted_pixels`."""
    return round(2 * math.log2(wanted_pixels / object_pixels))


def level_size(exponent: int, width: int, height: int, stride: int) -> tuple[int, int] | None:
    """Width and height of a level in pixels; None where it is not searched: too large, or smaller than two cells."""
    scale = scale_of(exponent)
    size = round(width * scale), round(height * scale)
    if size[0] * size[1] > MOST_PIXELS or min(size) < 2 * stride:
        return None
    return size


def resized(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """`picture` at `size` (width, height): halved by averaging as often as possible, then interpolated."""
    while 2 * size[0] <= picture.shape[1] and 2 * size[1] <= picture.shape[0]:
        half = (picture.shape[1] + 1) // 2, (picture.shape[0] + 1) // 2
        picture = np.asarray(cv2.resize(picture, half, interpolation=cv2.INTER_AREA), np.uint8)
    if size == (picture.shape[1], picture.shape[0]):
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def pyramid(backbone: Backbone, frame: NDArray[np.uint8], exponents: Sequence[int]) -> Iterator[Level]:
    """The levels of `frame`, uint8 `(height, width, 3)` RGB, that can be searched, one after another."""
    height, width = frame.shape[:2]
    on_cpu = backbone.compute.device.type == "cpu"
    whole = None if on_cpu else _to_device(frame, backbone)
    for exponent in exponents:
        size = level_size(exponent, width, height, backbone.stride)
        if size is None:
            continue
        if whole is None:
            picture = torch.from_numpy(np.ascontiguousarray(resized(frame, size))).permute(2, 0, 1)[None]
        else:
            picture = _resized_there(whole, size)
        features = unit_maps(backbone, picture)[0]
        yield Level(exponent, features, backbone.stride * width / size[0], backbone.stride * height / size[1])


@torch.inference_mode()
def unit_maps(backbone: Backbone, pictures: torch.Tensor) -> torch.Tensor:
    """Feature maps `(n, channels, rows, columns)` with each position of unit length, of uint8 `(n, 3, h, w)`."""
    maps = backbone.maps(pictures) if pictures[0, 0].numel() <= TILE_PIXELS else _in_strips(backbone, pictures)
    return functional.normalize(maps, dim=1, eps=1e-6)


def _in_strips(backbone: Backbone, pictures: torch.Tensor) -> torch.Tensor:
    height, width = pictures.shape[2:]
    stride = backbone.stride
    rows = max(stride, TILE_PIXELS // width // stride * stride)
    margin = math.ceil(STRIP_MARGIN / stride) * stride
    strips = []
    for top in range(0, height, rows):
        start = max(0, top - margin)
        part = backbone.maps(pictures[:, :, start : top + rows + margin])
        kept = math.ceil(min(rows, height - top) / stride)
        strips.append(part[:, :, (top - start) // stride : (top - start) // stride + kept])
    return torch.cat(strips, 2)


def _to_device(frame: NDArray[np.uint8], backbone: Backbone) -> torch.Tensor:
    writable = frame if frame.flags.writeable else frame.copy()
    moved = torch.from_numpy(np.ascontiguousarray(writable)).to(backbone.compute.device, non_blocking=True)
    return moved.permute(2, 0, 1)[None].float()


def _resized_there(picture: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """On a GPU the frame travels once and shrinks there."""
    if (picture.shape[3], picture.shape[2]) != size:
        picture = functional.interpolate(picture, (size[1], size[0]), mode="bilinear", antialias=True)
    return picture.round().clamp(0, 255).to(torch.uint8)
