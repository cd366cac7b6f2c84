"""Crops varied by an augmentation, a whole batch at once, on any device.

Each way does what torchvision's `transforms.v2.functional` does to one picture (`affine` with bilinear interpolation on
a picture whose border is repeated, `adjust_brightness`, `adjust_contrast`, `adjust_saturation`, `adjust_hue`,
`gaussian_blur` and `erase`), with an amount of its own for each picture. What becomes of a picture does not depend on
what else is in the batch, to the last bit: sums are made in an order of their own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from studio.core.augmentation import Augmentation
from studio.ml.crops import ROOM

CHUNK_BYTES = 1 << 21  # of floats at once on a processor, so that they stay in its caches
LEAST_SIGMA = 0.1  # of a blur in pixels; less is not seen
_GREYS = (0.2989, 0.587, 0.114)  # of red, green and blue, as torchvision weighs them
_MIDDLE_GREY = 127.0
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Draws(NamedTuple):
    """What is drawn for some pictures; each field `(n,)` or `(n, 2)`.

    Always drawn in the same order, so that a slider changes its own way and no other.
    """

    mirror: NDArray[np.bool_]
    scale: NDArray[np.float64]
    shift: NDArray[np.float64]  # shares of the side
    rotation: NDArray[np.float64]  # radians
    brightness: NDArray[np.float64]
    contrast: NDArray[np.float64]
    colour: NDArray[np.float64]
    hue: NDArray[np.float64]
    blur: NDArray[np.float64]  # share of the side
    noise: NDArray[np.float64]
    hole: NDArray[np.float64]  # from the top and from the left, in 0…1
    seeds: NDArray[np.uint64]  # of the noise


def draw(augmentation: Augmentation, seed: int, epoch: int, keys: NDArray[np.integer]) -> Draws:
    """What becomes of the pictures `keys` `(n,)` in an epoch."""
    numbers = _scattered(keys.astype(np.uint64), seed, epoch, 14)
    lots = np.asarray((numbers >> np.uint64(11)) * 2.0**-53, np.float64)
    around = np.asarray(2 * lots - 1, np.float64)
    return Draws(
        lots[:, 0] < augmentation.mirror,
        1 + around[:, 1] * augmentation.scale,
        around[:, 2:4] * augmentation.shift,
        np.deg2rad(around[:, 4] * augmentation.rotation),
        1 + around[:, 5] * augmentation.brightness,
        1 + around[:, 6] * augmentation.contrast,
        1 + around[:, 7] * augmentation.colour,
        around[:, 8] * augmentation.hue,
        lots[:, 9] * augmentation.blur,
        lots[:, 10] * augmentation.noise,
        lots[:, 11:13],
        numbers[:, 13],
    )


def _scattered(keys: NDArray[np.uint64], seed: int, epoch: int, count: int) -> NDArray[np.uint64]:
    """Random numbers `(n, count)` for each key, all at once: a generator for each key would take longer than the rest.

    SplitMix64 (Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators, 2014), begun at a hash of all.
    """
    start = _mixed(_mixed(np.uint64(seed % 2**64) ^ _GOLDEN) ^ np.uint64(epoch))
    own = _mixed(keys ^ start)
    return _mixed(own[:, None] + np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN)


def _mixed(numbers: Any) -> Any:  # noqa: ANN401 - numpy's numbers and arrays of them
    with np.errstate(over="ignore"):
        numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return numbers ^ (numbers >> np.uint64(31))


def varied(
    wide: torch.Tensor, side: int, augmentation: Augmentation, seed: int, epoch: int, keys: NDArray[np.integer]
) -> torch.Tensor:
    """Pictures as a recipe sees them in an epoch, uint8 `(n, 3, side, side)` on the device of `wide`.

    Args:
        wide: uint8 `(n, w, w, 3)`: the crop in the middle and room around it, `reach` pixels from the middle at least,
            or all that there is.
        side: of a crop as it is seen, in pixels.
        augmentation: how much.
        seed: of the draw.
        epoch: from 0; what the preview shows is the first.
        keys: `(n,)`, one of each picture's own, as its region's id: with seed and epoch it decides what becomes of it.
    """
    chunk = max(1, CHUNK_BYTES // (side * side * 12)) if wide.device.type == "cpu" else max(len(wide), 1)
    made = torch.empty((len(wide), 3, side, side), dtype=torch.uint8, device=wide.device)
    for start in range(0, len(wide), chunk):
        some = slice(start, start + chunk)
        draws = draw(augmentation, seed, epoch, keys[some])
        made[some] = _varied(wide[some], augmentation, draws, side)
    return made


def plain(wide: torch.Tensor, side: int) -> torch.Tensor:
    """Pictures as they are, uint8 `(n, 3, side, side)`, of `wide` as in `varied`."""
    start = (wide.shape[1] - side) // 2
    return wide[:, start : start + side, start : start + side].permute(0, 3, 1, 2).contiguous()


@torch.inference_mode()
def _varied(wide: torch.Tensor, augmentation: Augmentation, draws: Draws, side: int) -> torch.Tensor:
    """In floats of 0…255, as few of them as can be: each line goes over all of them once."""

    def each(amounts: NDArray[np.float64]) -> torch.Tensor:
        return torch.from_numpy(amounts.astype(np.float32)).to(wide.device).view(-1, 1, 1, 1)

    image = _placed(wide, augmentation, draws, side)
    if augmentation.brightness:
        image.mul_(each(draws.brightness)).clamp_(0, 255)
    if augmentation.contrast:
        mean = _grey(image).sum((-2, -1), keepdim=True, dtype=torch.float64).div_(side * side).float()
        image = torch.lerp(mean.expand_as(image), image, each(draws.contrast)).clamp_(0, 255)
    if augmentation.colour:
        image = torch.lerp(_grey(image).expand_as(image), image, each(draws.colour)).clamp_(0, 255)
    if augmentation.hue:
        image = _turned_hue(image, each(draws.hue)[:, 0])
    if augmentation.blur:
        image = _blurred(image, draws.blur * side, augmentation.blur * side)
    if augmentation.noise:
        for picture, seed, amount in zip(image, draws.seeds.tolist(), draws.noise.tolist(), strict=True):
            noise = torch.from_numpy(np.random.default_rng(seed).standard_normal(picture.shape, np.float32))
            picture.add_(noise.to(image.device), alpha=255 * amount)
    if hole := round(augmentation.cutout * side):
        image = _hidden(image, draws.hole, hole)
    return image.clamp_(0, 255).round_().to(torch.int16)  # from which bytes are made twice as fast


def _placed(wide: torch.Tensor, augmentation: Augmentation, draws: Draws, side: int) -> torch.Tensor:
    """Turned, scaled, moved and mirrored; the middle of it, float32 `(n, 3, side, side)`."""
    if not (augmentation.scale or augmentation.shift or augmentation.rotation):
        image = plain(wide, side).float()
        mirrored = torch.from_numpy(draws.mirror).to(image.device).view(-1, 1, 1, 1)
        return torch.where(mirrored, image.flip(-1), image) if augmentation.mirror else image
    middle = wide.shape[1] // 2
    half = min(reach(augmentation, side), middle)  # only pixels that may be looked at are made floats
    seen = wide[:, middle - half : middle + half, middle - half : middle + half].float()
    cosine, sine = np.cos(draws.rotation) / draws.scale, np.sin(draws.rotation) / draws.scale
    right, down = (draws.shift[:, axis] * side for axis in (0, 1))
    flip = np.where(draws.mirror, -1.0, 1.0)
    # From a pixel of the result back to the picture, both counted from their middles: torchvision's affine.
    ways = ((cosine * flip, sine, -cosine * right - sine * down), (-sine * flip, cosine, sine * right - cosine * down))
    steps = torch.arange(side, device=wide.device, dtype=torch.float32).sub_((side - 1) / 2)
    grid = torch.empty((len(wide), 2, side, side), device=wide.device)
    for axis, amounts in enumerate(ways):
        a, b, c = (torch.from_numpy((each / half).astype(np.float32)).to(wide.device)[:, None] for each in amounts)
        torch.add((a * steps)[:, None, :], (b * steps + c)[:, :, None], out=grid[:, axis])
    pictures, places = seen.permute(0, 3, 1, 2), grid.permute(0, 2, 3, 1)
    return F.grid_sample(pictures, places, mode="bilinear", padding_mode="border", align_corners=False).contiguous()


def reach(augmentation: Augmentation, side: int) -> int:
    """How far from the middle of a crop a pixel may come from, in pixels; no further than there is room around it."""
    angle = np.deg2rad(min(augmentation.rotation, 45.0))
    corner = side / 2 * (np.cos(angle) + np.sin(angle)) + augmentation.shift * side * np.sqrt(2)
    return min(int(np.ceil(corner / (1 - augmentation.scale))) + 2, ROOM * side // 2)


def _grey(image: torch.Tensor) -> torch.Tensor:
    """`(n, 1, …)` of `(n, 3, …)`."""
    red, green, blue = image.split(1, dim=1)
    return red.mul(_GREYS[0]).add_(green, alpha=_GREYS[1]).add_(blue, alpha=_GREYS[2])


def _turned_hue(image: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
    """Hues turned by shares `(n, 1, 1)` of the circle: there and back through hue, saturation and value."""
    red, green, blue = image.unbind(1)
    value, least = torch.maximum(torch.maximum(red, green), blue), torch.minimum(torch.minimum(red, green), blue)
    chroma = value - least
    # From red by way of yellow or magenta to cyan it is 0…3, whichever colour is the largest: no case is told apart.
    hue = (green + blue).sub_(red).add_(value).sub_(least, alpha=2).div_(chroma.clamp_min(1e-6))
    hue.copysign_(green - blue).add_(turn * 6)
    hue.sub_(torch.floor(hue * (1 / 6)), alpha=6)  # 0…6: red, yellow, green, cyan, blue, magenta
    made = torch.empty_like(image)
    low = (hue - 3).abs_().neg_().add_(2).clamp_(0, 1)
    torch.addcmul(value, chroma, low, value=-1, out=made[:, 0])
    for channel, at in ((1, 2.0), (2, 4.0)):
        torch.sub(hue, at, out=low).abs_().sub_(1).clamp_(0, 1)
        torch.addcmul(value, chroma, low, value=-1, out=made[:, channel])
    return made


def _blurred(image: torch.Tensor, sigmas: NDArray[np.float64], most: float) -> torch.Tensor:
    """Blurred by a Gaussian of a width of each picture's own, cut off at two deviations; the border is mirrored."""
    side = image.shape[-1]
    half = min(int(np.ceil(2 * most)), side - 1)
    offsets = np.arange(-half, half + 1)
    own = np.minimum(np.ceil(2 * sigmas), side - 1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.exp(-0.5 * (offsets / sigmas[:, None]) ** 2)
    weights = np.where(np.abs(offsets) <= own, weights, 0.0)
    weights = np.where((sigmas > LEAST_SIGMA)[:, None], weights, offsets == 0)
    kernel = torch.from_numpy((weights / weights.sum(1, keepdims=True)).astype(np.float32)).to(image.device)
    for axis in (-1, -2):
        padding = (half, half, 0, 0) if axis == -1 else (0, 0, half, half)
        wider = F.pad(image, padding, mode="reflect")
        image = torch.zeros_like(image)
        for at in range(2 * half + 1):
            image.addcmul_(wider.narrow(axis, at, side), kernel[:, at].view(-1, 1, 1, 1))
    return image


def _hidden(image: torch.Tensor, places: NDArray[np.float64], hole: int) -> torch.Tensor:
    """With a grey square of `hole` pixels somewhere."""
    side = image.shape[-1]
    starts = torch.from_numpy(np.rint(places * (side - hole)).astype(np.int64)).to(image.device)
    steps = torch.arange(side, device=image.device)
    down, across = ((steps >= start) & (steps < start + hole) for start in starts.split(1, dim=1))
    return image.masked_fill_(down[:, None, :, None] & across[:, None, None, :], _MIDDLE_GREY)
