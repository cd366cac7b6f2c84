"""What a chain makes of a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.kernels.chain import Chain, Convolve, Pool, Step
from studio.core.kernels.kernel import Kernel

Map = NDArray[np.uint8] | NDArray[np.float32]  # (height, width, channels); uint8 where the arithmetic saturates
MOST_VALUES = 1 << 28  # in all maps of a step: 1 GB in floating point
LARGEST = 1e20  # no step makes more of it than float32 holds, so that nothing becomes infinite, or no number
BORDERS = {"reflect": cv2.BORDER_REFLECT_101, "zero": cv2.BORDER_CONSTANT, "none": cv2.BORDER_CONSTANT}


@dataclass(frozen=True, eq=False)
class Filtered:
    """What came of some steps.

    Attributes:
        inputs: the maps that the last of them got.
        maps: the maps that it gave, all of one size: `(height, width, channels)`, one channel in grey and three in
            colour; uint8 where the arithmetic saturates, else float32.
    """

    inputs: list[Map]
    maps: list[Map]


def run_chain(
    chain: Chain, picture: NDArray[np.uint8], last: int | None = None, control: Control | None = None
) -> Filtered:
    """Do the steps of `chain` on uint8 `(height, width, 3)` RGB; only up to the step numbered `last`, where given.

    Raises:
        InputError: a step has too little of the picture left, or the maps take too much memory.
        Cancelled: through `control`, between two steps.
    """
    inputs: list[Map] = []
    maps = [_start(chain, picture)]
    for number, step in enumerate(chain.steps[: None if last is None else last + 1], 1):
        if control is not None:
            control.checkpoint()
        count = step.maps(len(maps))
        if count * maps[0].size > MOST_VALUES:
            raise InputError(f"step {number} makes {count} maps of a picture this large; use a smaller one")
        inputs = maps
        maps = list(_done(step, inputs, chain.saturating, number))
    return Filtered(inputs, maps)


def _start(chain: Chain, picture: NDArray[np.uint8]) -> Map:
    grey = chain.color == "grey"
    values = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None] if grey else picture, np.uint8)
    return values if chain.saturating else np.asarray(values / np.float32(255), np.float32)


def _done(step: Step, maps: list[Map], saturating: bool, number: int) -> Iterator[Map]:
    height, width = maps[0].shape[:2]
    needed = _needed(step)
    if min(height, width) < needed:
        raise InputError(
            f"step {number} needs {needed} × {needed} pixels, and the picture has {width} × {height} there"
        )
    if isinstance(step, Convolve):
        yield from _convolved(step, maps, saturating)
    elif isinstance(step, Pool):
        yield from (settled(_pooled(step, values, saturating), saturating) for values in maps)
    else:
        low, high = (0.0, math.inf) if step.step == "relu" else (step.low, step.high)
        yield from (settled(np.clip(values, np.float32(low), np.float32(high)), saturating) for values in maps)


def _needed(step: Step) -> int:
    if isinstance(step, Pool):
        return step.size
    if isinstance(step, Convolve) and step.padding == "none":
        return max(kernel.side for kernel in step.kernels)
    return 1


def settled(values: NDArray[np.number], saturating: bool) -> Map:
    """Computed values as the next step gets them.

    Saturating, they are rounded to the nearest, halves to the even one, as OpenCV does; in floating point they stay
    within ±`LARGEST`.
    """
    if not saturating:
        return np.asarray(np.clip(values, np.float32(-LARGEST), np.float32(LARGEST)), np.float32)
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def _convolved(step: Convolve, maps: list[Map], saturating: bool) -> Iterator[Map]:
    crop = max(kernel.side for kernel in step.kernels) // 2 if step.padding == "none" else 0
    for kernel in step.kernels:
        sums = (_correlated(values, kernel, step, crop, saturating) for values in maps)
        for total in [_added(sums)] if step.sum_maps else sums:
            yield settled(step.scale * total + step.bias, saturating)


def _correlated(values: Map, kernel: Kernel, step: Convolve, crop: int, saturating: bool) -> NDArray[np.floating]:
    """Saturating values are summed in double precision: what lies in the middle of two whole ones is rounded right."""
    depth = cv2.CV_64F if saturating else cv2.CV_32F
    found = cv2.filter2D(values, depth, kernel.array, borderType=BORDERS[step.padding])
    found = found.reshape(values.shape)  # OpenCV drops a single channel
    height, width = values.shape[:2]
    return np.asarray(found[crop : height - crop : step.stride, crop : width - crop : step.stride])


def _added(parts: Iterator[NDArray[np.floating]]) -> NDArray[np.floating]:
    total = next(parts).copy()
    for part in parts:
        total += part
    return total


def _pooled(step: Pool, values: Map, saturating: bool) -> NDArray[np.number]:
    """Each square's largest value or average, at its upper left pixel, where squares begin."""
    size, stride = step.size, step.stride or step.size
    height, width = values.shape[:2]
    if step.kind == "max":
        found = cv2.dilate(values, np.ones((size, size), np.uint8), anchor=(0, 0))
    else:
        depth = cv2.CV_64F if saturating else cv2.CV_32F
        found = cv2.boxFilter(values, depth, (size, size), anchor=(0, 0))
    found = found.reshape(values.shape)
    return np.asarray(found[: height - size + 1 : stride, : width - size + 1 : stride])
