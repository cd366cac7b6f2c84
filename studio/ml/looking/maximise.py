"""The picture that a channel or a label answers to most, found by climbing (activation maximisation).

After Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017: gradient ascent not on pixels but on the
picture's Fourier coefficients, each divided by its frequency, and on colours without the correlation that they have in
photographs. Both make all directions of the climb about as steep as each other, so that it does not end in the fine
noise that networks answer to. Before each step the picture is shifted by a few pixels, so that what is found does not
hang on where it stands; a Fourier picture goes on at its other border, and may be shifted round without a seam.

A ReLU that is shut everywhere has no slope. Where that stops the whole gradient, it is passed on to those of its inputs
that it would raise, as Lucid, the authors' program, does: deep channels are silent on noise.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from studio.core.control import Control
from studio.core.errors import InputError
from studio.ml.looking.layers import layers
from studio.ml.looking.network import LookedNetwork

STEPS = 256
RATE = 0.05
ROOM = 128  # pixels
JITTER = 8  # pixels
STARTS = 8  # noise pictures of which the best is where the climb begins: at others a ReLU may be shut everywhere
CONTRAST = 0.3  # standard deviation of the first pictures' coefficients; low: the climb brings its own
PUBLISH_EVERY = 0.25  # seconds

# Square root of the covariance of the colours of ImageNet's pixels, as they published it with Lucid (Apache-2.0).
COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))


@dataclass(frozen=True, eq=False)
class Imagined:
    """A picture on its way up.

    Attributes:
        picture: uint8 `(s, s, 3)` RGB.
        score: of exactly this picture.
        noise: what the picture it began with was given.
        step: after how many steps; of `steps`.
    """

    picture: NDArray[np.uint8]
    score: float
    noise: float
    step: int
    steps: int


def maximise(
    network: LookedNetwork, score: nn.Module, side: int, seed: int, control: Control, steps: int = STEPS
) -> Imagined:
    """Climb to a picture with a high score, publishing an `Imagined` a few times a second.

    Args:
        network: whose pictures are made.
        score: what is climbed: prepared pixels `(n, channels, h, w)` to `(n,)`, as `studio.ml.reasons.scores` has
            them: a channel's mean over its map, as Olah et al. climb it, a class before the softmax, a head's margin.
        side: of the square picture, in pixels.
        seed: the same one gives the same picture on the same machine.
        control: asked at every step.
        steps: how many.

    Raises:
        InputError: the score does not depend on the picture where the climb begins.
    """
    climb = _Climb(network, score, side)
    spectrum = _begin(climb, seed, side).requires_grad_()
    noise = climb.score_of(climb.picture(spectrum))
    climber = torch.optim.Adam([spectrum], RATE)
    random = np.random.default_rng(seed)
    told = time.monotonic()
    for step in range(steps):
        control.progress(step / steps, f"step {step} of {steps}")
        shift = random.integers(-JITTER, JITTER + 1, 2).tolist()
        climber.zero_grad()
        with torch.enable_grad(), open_relus(score):
            (-climb.score(torch.roll(climb.pixels(spectrum), shift, (2, 3)))).backward()
        if step == 0 and not (spectrum.grad is not None and bool(spectrum.grad.abs().max() > 0)):
            raise InputError("it does not answer to noise at all, so there is no direction to climb in")
        climber.step()
        if time.monotonic() - told > PUBLISH_EVERY:
            told = time.monotonic()
            control.publish(climb.imagined(spectrum, noise, step + 1, steps))
    return climb.imagined(spectrum, noise, steps, steps)


def side_for(network: LookedNetwork) -> int:
    """Pixels of a picture in which the network has room for several objects: 128 where it was made for 64.

    Its own input size where that is larger, or not free.
    """
    side = max(network.input_size, min(2 * network.input_size, ROOM))
    try:
        layers(network, side, side)
    except InputError:
        return network.input_size
    return side


class _OpenReLU(torch.autograd.Function):
    """A ReLU whose gradient is that of a ReLU, but where all of it would vanish."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor) -> torch.Tensor:  # noqa: ANN401 - torch's
        ctx.save_for_backward(values)
        return values.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:  # noqa: ANN401 - torch's
        (values,) = ctx.saved_tensors
        own = torch.where(values > 0, gradient, 0)
        raising = torch.where((values > 0) | (gradient < 0), gradient, 0)  # below 0: to be raised
        return torch.where((own != 0).any(), own, raising)


@contextmanager
def open_relus(network: nn.Module) -> Iterator[None]:
    """Let gradients through shut ReLUs of `network` meanwhile; what it puts out stays the same."""
    relus = [each for each in network.modules() if isinstance(each, nn.ReLU)]
    inplace = [each.inplace for each in relus]
    handles = [each.register_forward_hook(lambda _, inputs, __: _OpenReLU.apply(inputs[0])) for each in relus]
    try:
        for each in relus:
            each.inplace = False  # the hook needs what came in
        yield
    finally:
        for each, was, handle in zip(relus, inplace, handles, strict=True):
            each.inplace = was
            handle.remove()


class _Climb:
    """Spectra `(3, side, side // 2 + 1, 2)` to pictures and their scores."""

    def __init__(self, network: LookedNetwork, score: nn.Module, side: int) -> None:
        self._network, self._score, self._side = network, score, side
        self.device = network.compute.device
        down = torch.fft.fftfreq(side, device=self.device)[:, None]
        across = torch.fft.rfftfreq(side, device=self.device)[None]
        self._scale = 1 / torch.sqrt(down**2 + across**2).clamp(min=1 / side)
        colours = torch.tensor(COLOURS, device=self.device)
        self._colours = colours / torch.linalg.vector_norm(colours, dim=0).max()

    def pixels(self, spectrum: torch.Tensor) -> torch.Tensor:
        """Pixels float32 `(1, 3, side, side)` in 0…1."""
        size = self._side, self._side
        waves = torch.fft.irfft2(torch.view_as_complex(spectrum) * self._scale, s=size, norm="ortho") / 4
        return torch.sigmoid(torch.einsum("ij,jhw->ihw", self._colours, waves))[None]

    def score(self, pixels: torch.Tensor) -> torch.Tensor:
        """Of pixels `(1, 3, h, w)`: a tensor of one number."""
        return self._score(self._network.normalise(pixels)).sum()

    @torch.no_grad()
    def picture(self, spectrum: torch.Tensor) -> NDArray[np.uint8]:
        """uint8 `(side, side, 3)` RGB."""
        return (255 * self.pixels(spectrum)[0].permute(1, 2, 0)).round().to(torch.uint8).cpu().numpy()

    @torch.no_grad()
    def score_of(self, picture: NDArray[np.uint8]) -> float:
        return float(self._score(self._network.prepare(torch.from_numpy(picture).permute(2, 0, 1)[None])))

    def imagined(self, spectrum: torch.Tensor, noise: float, step: int, steps: int) -> Imagined:
        picture = self.picture(spectrum)
        return Imagined(picture, self.score_of(picture), noise, step, steps)


def _begin(climb: _Climb, seed: int, side: int) -> torch.Tensor:
    """The best of some noise spectra."""
    random = torch.Generator().manual_seed(seed)
    noise = CONTRAST * torch.randn(STARTS, 3, side, side // 2 + 1, 2, generator=random)
    scores = [climb.score_of(climb.picture(each.to(climb.device))) for each in noise]
    return noise[int(np.argmax(scores))].to(climb.device)
