"""Small clips whose every frame shows its own number, as eight bars."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

BITS, WIDTH, HEIGHT = 8, 128, 48


def numbered(number, width=WIDTH, height=HEIGHT):
    picture = np.zeros((height, width, 3), np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            picture[:, bit * 16 : bit * 16 + 16] = 255
    return picture


def number_of(picture):
    row = picture[HEIGHT // 2, 8 : BITS * 16 : 16, 0]
    return sum(1 << bit for bit, value in enumerate(row) if value > 127)


def write_clip(path: Path, frames=90, codec="libx264", gaps=(100,), start=0, fmt="yuv420p", rotation=None, **options):
    """Write `frames` numbered frames; `gaps` are their durations in 1/3000 s, in turn."""
    with av.open(str(path), "w", options={"movflags": "faststart"} if path.suffix == ".mp4" else {}) as container:
        settings = {"g": "30", "crf": "10", "sc_threshold": "0"} if codec == "libx264" else {}
        settings |= {key.rstrip("_").replace("__", "-"): str(value) for key, value in options.items()}
        stream = container.add_stream(codec, rate=30, options=settings)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, fmt
        if rotation is not None:
            stream.set_display_rotation(rotation)
        exact = codec == "libx264"
        if exact:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 3000)
        time = start
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            if exact:
                frame.pts, frame.time_base = time, Fraction(1, 3000)
                time += gaps[number % len(gaps)]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_sound(path: Path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        for _ in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.rate = 44100
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
