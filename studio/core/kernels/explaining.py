"""How one value of a map came about: patch × kernel = value."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.kernels.chain import Clip, Convolve, Pool, Step
from studio.core.kernels.compute import BORDERS, Filtered, Map, settled


@dataclass(frozen=True)
class Place:
    """A value of a step's output: which map, and where in it."""

    map: int
    row: int
    column: int
    channel: int


@dataclass(frozen=True, eq=False)
class Explanation:
    """The arithmetic behind one value.

    Attributes:
        step: that computed it.
        patches: float64 `(k, k)` of each map that it was computed from; more than one only where maps are added up.
        kernel: float64 `(k, k)`; None for a step that has none.
        sums: Σ patch × kernel of each patch; of other steps the value that came in, or of the whole square.
        raw: the value before it was settled: scale · Σ + bias.
        value: as the step gave it.
    """

    step: Step
    patches: tuple[NDArray[np.float64], ...]
    kernel: NDArray[np.float64] | None
    sums: tuple[float, ...]
    raw: float
    value: float


def explain(step: Step, filtered: Filtered, place: Place, saturating: bool) -> Explanation:
    """How `step`, the last one of `filtered`, made the value at `place`.

    Raises:
        IndexError: there is no such place.
    """
    found = _explained(step, filtered.inputs, place, saturating)
    if not saturating:
        return found
    # A sum in the middle of two whole numbers may be rounded to the other one here, where terms are added in another
    # order: what is said is what the map holds.
    return replace(found, value=float(filtered.maps[place.map][place.row, place.column, place.channel]))


def _explained(step: Step, inputs: list[Map], place: Place, saturating: bool) -> Explanation:
    if isinstance(step, Convolve):
        return _convolution(step, inputs, place, saturating)
    values = inputs[place.map][..., place.channel]
    if isinstance(step, Pool):
        stride = step.stride or step.size
        top, left = place.row * stride, place.column * stride
        patch = np.asarray(values[top : top + step.size, left : left + step.size], np.float64)
        before = raw = float(patch.max() if step.kind == "max" else patch.mean())
    else:
        before = float(values[place.row, place.column])
        patch = np.array([[before]])
        raw = min(max(before, step.low), step.high) if isinstance(step, Clip) else max(before, 0.0)
    return Explanation(step, (patch,), None, (before,), raw, _settled(raw, saturating))


def _convolution(step: Convolve, inputs: list[Map], place: Place, saturating: bool) -> Explanation:
    number, source = (place.map, 0) if step.sum_maps else divmod(place.map, len(inputs))
    kernel = step.kernels[number]
    sources = inputs if step.sum_maps else [inputs[source]]
    crop = max(each.side for each in step.kernels) // 2 if step.padding == "none" else 0
    centre = place.row * step.stride + crop, place.column * step.stride + crop
    patches = tuple(_patch(values[..., place.channel], *centre, kernel.side, step.padding) for values in sources)
    sums = tuple(float((patch * kernel.array).sum()) for patch in patches)
    raw = step.scale * sum(sums) + step.bias
    return Explanation(step, patches, kernel.array, sums, raw, _settled(raw, saturating))


def _patch(values: NDArray[np.generic], row: int, column: int, side: int, padding: str) -> NDArray[np.float64]:
    """The `side` × `side` values around a pixel, with what the padding puts beyond the border."""

    def indices(centre: int, length: int) -> NDArray[np.int64]:
        reach = range(centre - side // 2, centre + side // 2 + 1)
        return np.array([cv2.borderInterpolate(index, length, BORDERS[padding]) for index in reach])

    rows, columns = indices(row, values.shape[0]), indices(column, values.shape[1])  # −1: a zero beyond the border
    patch = values[rows[:, None], columns].astype(np.float64)
    patch[rows < 0] = 0
    patch[:, columns < 0] = 0
    return patch


def _settled(raw: float, saturating: bool) -> float:
    return float(settled(np.array([raw]), saturating)[0])
