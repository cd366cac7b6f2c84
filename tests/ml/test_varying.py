"""A batch varied at once is what torchvision's transforms.v2 make of each crop alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from studio.core.augmentation import Augmentation
from studio.ml import varying
from studio.ml.crops import ROOM
from studio.ml.varying import draw, plain, varied

SIDE, COUNT = 32, 24
KEYS = np.random.default_rng(1).integers(0, 2**62, COUNT)
EPOCH, SEED = 3, 7


def only(**changes):
    return Augmentation(**(Augmentation.none().model_dump() | changes))


@pytest.fixture(scope="module")
def wide():
    """Noise, greys, pure colours and black: what is hard for hues."""
    random = np.random.default_rng(0)
    made = random.integers(0, 256, (COUNT, ROOM * SIDE, ROOM * SIDE, 3), np.uint8)
    made[0] = made[0, :, :, :1]
    made[1] = made[1] // 128 * 255
    made[2] = 0
    return torch.from_numpy(made)


def one_by_one(wide, augmentation, way):
    """What `way(image, draws, n)` makes of each crop, float `(3, side, side)` in 0…1, as bytes."""
    draws = draw(augmentation, SEED, EPOCH, KEYS)
    images = plain(wide, SIDE).float() / 255
    return [(way(image, draws, n).clamp(0, 1) * 255).round() for n, image in enumerate(images)]


def compared(wide, augmentation, way, most=1.0, share=1.0):
    """All bytes are as near as rounding can be; `most` levels, but for a `share` of them."""
    made = varied(wide, SIDE, augmentation, SEED, EPOCH, KEYS).float()
    for own, wanted in zip(made, one_by_one(wide, augmentation, way), strict=True):
        near = ((own - wanted).abs() <= most).float().mean()
        assert near >= share


def test_brightness(wide):
    way = lambda image, draws, n: reference.adjust_brightness(image, float(draws.brightness[n]))  # noqa: E731
    compared(wide, only(brightness=0.8), way)


def test_contrast(wide):
    way = lambda image, draws, n: reference.adjust_contrast(image, float(draws.contrast[n]))  # noqa: E731
    compared(wide, only(contrast=0.8), way)


def test_colour(wide):
    way = lambda image, draws, n: reference.adjust_saturation(image, float(draws.colour[n]))  # noqa: E731
    compared(wide, only(colour=1.0), way)


@pytest.mark.parametrize("most", [0.02, 0.5])
def test_hue(wide, most):
    way = lambda image, draws, n: reference.adjust_hue(image, float(draws.hue[n]))  # noqa: E731
    compared(wide, only(hue=most), way)


def test_blur(wide):
    def way(image, draws, n):
        sigma = float(draws.blur[n]) * SIDE
        if sigma <= varying.LEAST_SIGMA:
            return image
        width = 2 * int(np.ceil(2 * sigma)) + 1
        return reference.gaussian_blur(image, [width, width], [sigma, sigma])

    compared(wide, only(blur=0.1), way)


@pytest.mark.parametrize(
    ("augmentation"),
    [only(rotation=180.0), only(scale=0.3), only(shift=0.25), only(rotation=30.0, scale=0.2, shift=0.1, mirror=0.5)],
)
def test_places(wide, augmentation):
    """Beyond the room around a crop its border is repeated: the reference's picture is made so large that it has it."""
    beyond = 2 * SIDE
    draws = draw(augmentation, SEED, EPOCH, KEYS)
    made = varied(wide, SIDE, augmentation, SEED, EPOCH, KEYS).float()
    for n, picture in enumerate(wide.permute(0, 3, 1, 2).float()):
        padded = reference.pad(picture, [beyond], padding_mode="edge")
        angle, shift = float(np.rad2deg(draws.rotation[n])), (draws.shift[n] * SIDE).tolist()
        scale = float(draws.scale[n])
        moved = reference.affine(padded, angle, shift, scale, [0.0, 0.0], interpolation=InterpolationMode.BILINEAR)
        wanted = reference.center_crop(moved, [SIDE, SIDE])
        wanted = reference.horizontal_flip(wanted) if draws.mirror[n] else wanted
        # Neighbours in noise are 100 levels apart: a place is right to a few thousandths of a pixel.
        assert (made[n] - wanted).abs().max() < 1.5


def test_cutout(wide):
    hole = round(0.4 * SIDE)

    def way(image, draws, n):
        top, left = (round(place * (SIDE - hole)) for place in draws.hole[n].tolist())
        return reference.erase(image, top, left, hole, hole, torch.full((3, hole, hole), 127 / 255))

    compared(wide, only(cutout=0.4), way)


def test_noise_is_as_wide_as_it_is_drawn(wide):
    grey = torch.full_like(wide, 128)
    augmentation = only(noise=0.1)
    amounts = draw(augmentation, SEED, EPOCH, KEYS).noise
    made = varied(grey, SIDE, augmentation, SEED, EPOCH, KEYS).float()
    np.testing.assert_allclose(made.std((1, 2, 3)).numpy(), 255 * amounts, atol=0.3, rtol=0.05)
    assert abs(float(made.mean()) - 128) < 0.5


def test_draws_are_even_and_have_nothing_to_do_with_each_other():
    lots = draw(Augmentation(), 0, 0, np.arange(20_000))
    columns = np.stack(
        [lots.scale, *lots.shift.T, lots.rotation, lots.brightness, lots.contrast, lots.colour, lots.hue, *lots.hole.T]
    )
    epochs = [draw(Augmentation(), seed, epoch, np.arange(20_000)).scale for seed, epoch in ((0, 1), (1, 0))]
    columns = np.concatenate([columns, epochs])
    ranks = columns.argsort(1).argsort(1)
    far = np.corrcoef(ranks)[np.triu_indices(len(ranks), 1)]
    assert np.abs(far).max() < 0.03  # four deviations of chance
    low, high = columns.min(1, keepdims=True), columns.max(1, keepdims=True)
    parts = [np.histogram(each, 10)[0] for each in (columns - low) / (high - low)]
    assert np.abs(np.array(parts) - 2000).max() < 250
    assert 0.48 < lots.mirror.mean() < 0.52


def test_any_seed_will_do():
    for seed in (0, -1, 2**63, 2**64 - 1):
        assert 0.8 <= float(draw(Augmentation(), seed, 2**31, KEYS).scale.min()) <= 1.2


def test_a_picture_alone_and_in_any_chunk_is_the_same_to_the_last_bit(wide, monkeypatch):
    usual = Augmentation(blur=0.05, noise=0.1, cutout=0.3)
    whole = varied(wide, SIDE, usual, SEED, EPOCH, KEYS)
    monkeypatch.setattr(varying, "CHUNK_BYTES", 1)
    assert torch.equal(varied(wide, SIDE, usual, SEED, EPOCH, KEYS), whole)
    monkeypatch.setattr(varying, "CHUNK_BYTES", 5 * SIDE * SIDE * 12)
    assert torch.equal(varied(wide, SIDE, usual, SEED, EPOCH, KEYS), whole)
