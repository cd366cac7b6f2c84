"""Clips and folders whose every frame shows its own number as bars, written by the program's own writer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from studio.core.media.pictures import write_picture
from studio.core.media.writer import VideoWriter

BITS, WIDTH, HEIGHT = 10, 160, 96


def picture_of(number, width=WIDTH, height=HEIGHT):
    picture = np.zeros((height, width, 3), np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            picture[:, bit * 16 : bit * 16 + 16] = 255
    return picture


def number_of(picture):
    row = picture[picture.shape[0] // 2, 8 : BITS * 16 : 16, 0]
    return sum(1 << bit for bit, value in enumerate(row) if value > 127)


def write_clip(path: Path, frames=60, rate=30.0):
    with VideoWriter(path, rate, (WIDTH, HEIGHT)) as writer:
        for number in range(frames):
            writer.write(picture_of(number))
    return path


def write_folder(folder: Path, frames=5):
    folder.mkdir()
    for number in range(frames):
        write_picture(folder / f"img{number}.png", picture_of(number))
    return folder
