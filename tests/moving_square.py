"""A small clip made here: a textured square that moves over a textured ground, and may vanish."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from studio.core.geometry import Box
from studio.core.media.writer import VideoWriter

SIDE, WIDTH, HEIGHT, RATE = 48, 320, 240, 10


def texture(seed, width, height, coarse):
    noise = np.random.default_rng(seed).integers(0, 256, (height // coarse + 1, width // coarse + 1, 3), np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


GROUND = texture(1, WIDTH, HEIGHT, 20) // 3 + 60
SQUARE = texture(2, SIDE, SIDE, 8)
SQUARE[8:40, 8:40, 0] = 255


def box_at(number, phase=0.0):
    x = 136 + 100 * np.sin(number / 18 + phase)
    y = 96 + 60 * np.sin(number / 13 + phase)
    return Box(float(round(x)), float(round(y)), SIDE, SIDE)


def picture(number, there=True, phase=0.0):
    frame = GROUND.copy()
    if there:
        x, y, _, _ = (int(value) for value in box_at(number, phase))
        frame[y : y + SIDE, x : x + SIDE] = SQUARE
    return frame


def write_video(path: Path, frames=60, vanish=None, phase=0.0):
    """Write the clip; from frame `vanish` on, the square is gone."""
    with VideoWriter(path, RATE, (WIDTH, HEIGHT)) as video:
        for number in range(frames):
            video.write(picture(number, vanish is None or number < vanish, phase))
    return path


def truth_lines(frames, vanish=None):
    gone = "nan,nan,nan,nan"
    return [gone if vanish is not None and n >= vanish else ",".join(map(str, box_at(n))) for n in range(frames)]
