"""Small clips and pictures whose every frame shows its own number, as eight bars."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import cv2
import numpy as np

BITS, WIDTH, HEIGHT = 8, 128, 48


def numbered(number: int) -> np.ndarray:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            picture[:, bit * 16 : bit * 16 + 16] = 255
    return picture


def write_clip(path: Path, frames: int = 30) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "10", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(number), format="rgb24")))
        container.mux(stream.encode())
    return path


def write_pictures(folder: Path, count: int = 3) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number in range(count):
        cv2.imwrite(str(folder / f"{number}.png"), numbered(number + 100))
    return folder
