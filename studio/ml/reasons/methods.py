"""Three ways to a map, by Captum: Grad-CAM, integrated gradients, occlusion."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from studio.core.control import Control
from studio.ml.reasons.scores import Score
from studio.ml.reasons.spatial import last_maps

STEPS = 32  # of the path from grey to the picture
PATCH = 8  # patches that fit side by side into the shorter side
BATCH = 16  # pictures at once


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each place of a picture adds to a score.

    Attributes:
        values: float32 `(h, w)`; above zero where it speaks for the score.
        cells: the same at the resolution that the method has: float32 `(rows, columns)`.
        layer: where Grad-CAM looked; empty for the others.
        delta: of integrated gradients: their sum minus the difference of the scores of the picture and of grey, which
            would be 0 with endlessly many steps; None for the others.
    """

    values: NDArray[np.float32]
    cells: NDArray[np.float32]
    layer: str = ""
    delta: float | None = None


@dataclass(frozen=True)
class Way:
    """A way of explaining.

    Attributes:
        attribute: makes a map of a score and its prepared pixels `(1, channels, h, w)`, telling a `Pace` of each call.
        draws: random networks that its sanity check takes: a map of few cells agrees with one by chance.
    """

    attribute: Callable[[Score, torch.Tensor, Pace], Attribution]
    draws: int


class Pace:
    """Progress and cancelling, by the calls of a score: Captum has no place for either.

    Attributes:
        show: takes a first map that is coarser than it will be; None where nobody looks.
    """

    def __init__(self, control: Control, rounds: int, show: Callable[[Attribution], None] | None = None) -> None:
        """`rounds` maps are made in all."""
        self._control, self._rounds, self.show = control, rounds, show
        self._round, self._done, self._passes = -1, 0, 1

    def watch(self, score: Score, passes: int) -> Callable[[torch.Tensor], torch.Tensor]:
        """`score`, which is now called about `passes` times for the next map."""
        self._round, self._done, self._passes = self._round + 1, 0, passes

        def call(pixels: torch.Tensor) -> torch.Tensor:
            done = self._round + min(self._done / self._passes, 1)
            self._control.progress(done / self._rounds, "the map" if not self._round else "maps of random networks")
            self._done += 1
            return score(pixels)

        return call


def import_captum() -> None:
    """Ahead of the first map: it takes seconds, for it brings matplotlib, which looks through all fonts at first."""
    import captum.attr  # noqa: F401


def grad_cam(score: Score, pixels: torch.Tensor, pace: Pace) -> Attribution:
    """Selvaraju et al., "Grad-CAM", 2017: channels of the last maps, weighted by their mean gradient, where positive.

    Args:
        score: what is explained.
        pixels: prepared `(1, channels, h, w)`.
        pace: told of each call of the score.

    Raises:
        InputError: the network has no spatial maps between the pixels and the score.
    """
    from captum.attr import LayerAttribution, LayerGradCam

    name = last_maps(score, pixels)
    call = pace.watch(score, 1)
    cells = LayerGradCam(call, score.get_submodule(name)).attribute(_leaf(pixels), relu_attributions=True)
    size = int(pixels.shape[2]), int(pixels.shape[3])
    values = LayerAttribution.interpolate(cells, size, interpolate_mode="bilinear")
    return Attribution(_array(values[0, 0]), _array(cells[0, 0]), score.layer_title(name))


def integrated(score: Score, pixels: torch.Tensor, pace: Pace) -> Attribution:
    """Sundararajan et al., "Axiomatic Attribution for Deep Networks", 2017: from the mean colour to the picture.

    Arguments as of `grad_cam`. The values of the channels of a pixel are added up; all of them together are the
    difference of the scores, up to `delta`.
    """
    from captum.attr import IntegratedGradients

    call = pace.watch(score, STEPS // BATCH + 2)
    values, delta = IntegratedGradients(call).attribute(
        _leaf(pixels),
        baselines=torch.zeros_like(pixels),
        n_steps=STEPS,
        internal_batch_size=BATCH,
        return_convergence_delta=True,
    )
    summed = _array(values[0].sum(0))
    return Attribution(summed, summed, delta=float(delta[0]))


def occlusion(score: Score, pixels: torch.Tensor, pace: Pace) -> Attribution:
    """Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014: what the score loses by a patch.

    Arguments as of `grad_cam`. Patches of the mean colour, an eighth of the shorter side, half over each other; a pixel
    has the mean of the patches that hide it. Where somebody looks, a map of patches beside each other comes first.
    """
    size = int(pixels.shape[2]), int(pixels.shape[3])
    side = max(min(size) // PATCH, 2)
    steps = (side, side // 2) if pace.show else (side // 2,)
    call = pace.watch(score, sum(_passes(size, side, step) for step in steps))
    if pace.show:  # a quarter of the patches, beside each other
        pace.show(_occluded(call, pixels, side, side))
    return _occluded(call, pixels, side, side // 2)


def _passes(size: tuple[int, int], side: int, step: int) -> int:
    """How often a score is called for patches of `side` pixels at every `step`, and once without any."""
    return math.ceil(math.prod(math.ceil((extent - side) / step) + 1 for extent in size) / BATCH) + 1


def _occluded(call: Callable[[torch.Tensor], torch.Tensor], pixels: torch.Tensor, side: int, step: int) -> Attribution:
    from captum.attr import Occlusion

    channels = int(pixels.shape[1])
    values = Occlusion(call).attribute(
        pixels,
        sliding_window_shapes=(channels, side, side),
        strides=(channels, step, step),
        baselines=0,
        perturbations_per_eval=BATCH,
    )
    mean = _array(values[0].mean(0))
    return Attribution(mean, mean)


GRAD_CAM, INTEGRATED, OCCLUSION = Way(grad_cam, 5), Way(integrated, 1), Way(occlusion, 1)


def _leaf(pixels: torch.Tensor) -> torch.Tensor:
    """Weights have no gradients here, so the pixels must."""
    return pixels.detach().clone().requires_grad_()


def _array(values: torch.Tensor) -> NDArray[np.float32]:
    found: NDArray[np.float32] = values.detach().float().cpu().numpy()
    return found
