"""A clip of known truth, made from the two photographs that scikit-learn ships.

The flower of one photograph flies over the other. Its size, angle, light and sharpness change, the camera pans and
shakes, and a star cut from the same petals flies along as a distractor. In the first half the flower is always whole
in the picture; in the second it leaves at the right, returns, leaves at the top and returns.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.core.geometry import Box

WIDTH, HEIGHT = 640, 480
FRAMES = 300
RATE = 25.0

_SHUTTER = np.linspace(-0.25, 0.25, 5)  # of a frame: open half of the time, as in most cameras
_LEAST_VISIBLE = 0.3
_JITTER = 12.0  # pixels by which the seed moves the points of a path
_NOISE = 4.0  # grey levels

# Frame, x and y of the centre, diameter, angle in degrees; pixels.
_FLOWER_PATH = (
    (0, 150, 330, 96, 0),
    (25, 260, 205, 80, 10),
    (50, 420, 140, 60, 25),
    (75, 520, 260, 90, 15),
    (100, 400, 355, 126, -5),
    (125, 230, 290, 134, -20),
    (150, 150, 160, 100, -10),
    (170, 320, 120, 84, 5),
    (188, 520, 200, 74, 20),
    (203, 710, 260, 80, 30),
    (218, 710, 330, 90, 25),
    (232, 575, 360, 104, 15),
    (248, 420, 270, 124, 0),
    (261, 320, 130, 98, -15),
    (275, 260, -80, 90, -25),
    (283, 220, -80, 76, -20),
    (300, 150, 170, 64, 0),
)
_STAR_PATH = (
    (0, 500, 120, 92, 0),
    (40, 550, 370, 104, 40),
    (80, 180, 130, 84, 70),
    (120, 480, 120, 104, 30),
    (150, 520, 340, 96, 0),
    (185, 190, 350, 88, -30),
    (212, 380, 200, 112, 10),
    (245, 140, 130, 92, 50),
    (277, 420, 290, 116, 80),
    (300, 540, 390, 84, 100),
)


def demo_frames(seed: int = 0) -> Iterator[tuple[NDArray[np.uint8], Box | None]]:
    """The 300 frames of the clip, each with the flower's true box; the same seed gives the same clip.

    The box is the tight one around the visible part of the flower (opaque by more than a half), None where less than
    30 % of it is in the picture.

    Yields:
        uint8 `(480, 640, 3)` RGB, and the box.
    """
    rng = np.random.default_rng(seed)
    flower = _cut_flower()
    star = _cut_star(flower)
    background = _background()
    pan = _pan(background.shape, rng)
    flower_path, star_path = _wobble(_FLOWER_PATH, rng), _wobble(_STAR_PATH, rng)
    light, sharpness = rng.uniform(0, 2 * np.pi, 3), rng.uniform(0, 2 * np.pi)
    grain = rng.standard_normal((HEIGHT + 64, WIDTH + 64, 3), np.float32) * np.float32(_NOISE)

    for number in range(FRAMES):
        shift = np.array([[1, 0, -pan[number, 0]], [0, 1, -pan[number, 1]]], np.float64)
        frame = np.asarray(cv2.warpAffine(background, shift, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR), np.float32)
        _paste(frame, *_expose(star, star_path, number))
        box = _paste(frame, *_expose(flower, flower_path, number))
        frame *= _light(number, light)
        sigma = 0.35 + 0.65 * (1 + np.sin(number / 19 + sharpness))
        frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.float32)
        top, left = rng.integers(0, 64, 2)
        frame += grain[top : top + HEIGHT, left : left + WIDTH]
        yield np.clip(np.rint(frame), 0, 255).astype(np.uint8), box


def _photograph(name: str) -> NDArray[np.uint8]:
    from sklearn.datasets import load_sample_image  # late: scikit-learn takes a second to import

    return np.asarray(load_sample_image(name))


def _cut_flower() -> NDArray[np.float32]:
    """The big flower as premultiplied RGBA in 0…255 and 0…1, square: orange on teal, so colour alone separates it."""
    photograph = _photograph("flower.jpg")
    red, _, blue = np.moveaxis(photograph.astype(np.int16), 2, 0)
    orange = ((red - blue > 40) & (red > 90)).astype(np.uint8)
    orange = cv2.morphologyEx(orange, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    outlines, _ = cv2.findContours(orange, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=cv2.contourArea)
    x, y, width, height = cv2.boundingRect(outline)
    filled = np.zeros(orange.shape, np.uint8)
    cv2.drawContours(filled, [outline], -1, 1, cv2.FILLED)
    # One pixel is shaved off, where the photograph itself mixes petal and leaf.
    solid = cv2.erode(filled, np.ones((3, 3), np.uint8)).astype(np.float32)
    alpha = np.asarray(cv2.GaussianBlur(solid, (0, 0), 1.2), np.float32)
    side = max(width, height)
    cut = np.s_[y : y + side, x : x + side]
    return _premultiplied(photograph[cut].astype(np.float32), alpha[cut])


def _cut_star(flower: NDArray[np.float32]) -> NDArray[np.float32]:
    """A star of five petals cut out of the flower: its colours and texture in another shape."""
    radius = len(flower) / 2
    y, x = np.mgrid[: len(flower), : len(flower)] - radius
    rim = radius * (0.64 + 0.36 * np.cos(5 * np.arctan2(y, x)))
    alpha = np.clip(rim - np.hypot(x, y), 0, 1).astype(np.float32)
    return np.asarray(flower * alpha[..., None])


def _premultiplied(rgb: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.dstack([rgb * alpha[..., None], alpha])


def _background() -> NDArray[np.float32]:
    """The other photograph, somewhat larger than a frame so that the camera can pan over it."""
    photograph = _photograph("china.jpg")
    factor = 1.15 * HEIGHT / photograph.shape[0]
    return np.asarray(cv2.resize(photograph, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.float32)


def _pan(background: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Where the frame's corner lies on the background, `(FRAMES, 2)`: a slow sweep and the shake of a hand."""
    room = np.array([background[1] - WIDTH, background[0] - HEIGHT], np.float64)
    moments = np.arange(FRAMES)[:, None]
    sweep = 0.5 + 0.4 * np.sin(moments * [0.021, 0.034] + rng.uniform(0, 2 * np.pi, 2))
    shake = cv2.GaussianBlur(rng.normal(0, 4, (FRAMES, 2)), (1, 13), sigmaX=1, sigmaY=2)
    return np.asarray(np.clip(room * sweep + shake, 0, room))


def _wobble(path: tuple[tuple[float, ...], ...], rng: np.random.Generator) -> NDArray[np.float64]:
    keys = np.array(path, np.float64)
    keys[:, 1:3] += rng.uniform(-_JITTER, _JITTER, (len(keys), 2))
    return keys


def _along(keys: NDArray[np.float64], moment: float) -> NDArray[np.float64]:
    """x, y, diameter and angle at `moment` on the cubic Hermite curve through `keys`, slopes by central differences."""
    slopes = np.gradient(keys[:, 1:], keys[:, 0], axis=0)
    after = int(np.clip(np.searchsorted(keys[:, 0], moment, "right"), 1, len(keys) - 1))
    start, end = keys[after - 1], keys[after]
    length = end[0] - start[0]
    u = (moment - start[0]) / length
    return np.asarray(
        (1 + 2 * u) * (1 - u) ** 2 * start[1:]
        + u * (1 - u) ** 2 * length * slopes[after - 1]
        + u * u * (3 - 2 * u) * end[1:]
        + u * u * (u - 1) * length * slopes[after]
    )


def _expose(
    sprite: NDArray[np.float32], path: NDArray[np.float64], number: int
) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """The sprite as one frame sees it, blurred by its motion, and the place `(left, top)` of that patch."""
    x, y, diameter, _ = _along(path, number)
    side = int(diameter * 1.5) + 24
    left, top = int(x - side / 2), int(y - side / 2)
    small = cv2.resize(sprite, (round(diameter), round(diameter)), interpolation=cv2.INTER_AREA)
    patch = np.zeros((side, side, 4), np.float32)
    for offset in _SHUTTER:
        x, y, size, angle = _along(path, number + offset)
        middle = (len(small) - 1) / 2
        matrix = cv2.getRotationMatrix2D((middle, middle), angle, size / len(small))
        matrix[:, 2] += x - left - middle, y - top - middle
        patch += cv2.warpAffine(small, matrix, (side, side), flags=cv2.INTER_LINEAR) / np.float32(len(_SHUTTER))
    return patch, (left, top)


def _paste(frame: NDArray[np.float32], patch: NDArray[np.float32], place: tuple[int, int]) -> Box | None:
    """Lay a premultiplied patch over the frame, in place, and return the box of what is seen of it."""
    left, top = place
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + patch.shape[1], WIDTH), min(top + patch.shape[0], HEIGHT)
    if x0 >= x1 or y0 >= y1:
        return None
    seen = patch[y0 - top : y1 - top, x0 - left : x1 - left]
    target = frame[y0:y1, x0:x1]
    target *= 1 - seen[..., 3:]
    target += seen[..., :3]
    opaque = seen[..., 3] > 0.5
    if opaque.sum() < _LEAST_VISIBLE * (patch[..., 3] > 0.5).sum():
        return None
    rows, columns = np.flatnonzero(opaque.any(axis=1)), np.flatnonzero(opaque.any(axis=0))
    width, height = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
    return Box(float(x0 + columns[0]), float(y0 + rows[0]), float(width), float(height))


def _light(number: int, phases: NDArray[np.float64]) -> NDArray[np.float32]:
    """Factors `(1, WIDTH, 3)`: clouds that darken all, a shadow that wanders across, and a warmer or colder tint."""
    cloud = 0.88 + 0.18 * np.sin(number / 31 + phases[0])
    shadow = 1 + 0.14 * np.sin(np.linspace(0, np.pi, WIDTH) + number / 23 + phases[1])
    warmth = 0.05 * np.sin(number / 41 + phases[2])
    return (cloud * shadow[None, :, None] * np.array([1 + warmth, 1, 1 - warmth])).astype(np.float32)
