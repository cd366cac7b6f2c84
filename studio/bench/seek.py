"""Going to a frame: random jumps and single steps back in 1080p with few keyframes, against `cv2.VideoCapture`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from studio.core.control import Control
from studio.core.media import Picture, open_medium

FRAMES, KEYFRAMES, WIDTH, HEIGHT = 500, 250, 1920, 1080
BITS, CELL = 9, 64  # each frame shows its number as a row of black and white cells
JUMPS, STEPS = 25, 60
BEHIND_KEYFRAME = 30  # the row of steps begins this far behind a keyframe, so that it crosses it

Go = Callable[[int], Picture]


def run(control: Control) -> dict[str, Any]:
    """Time the same jumps and steps in both, on a clip whose every frame carries its number.

    Returns:
        `ratio` (their time / ours for the median step back), and for each program the median and 95th percentile
        in milliseconds of random jumps, of a single step back after a jump, and of a row of steps back, with how
        many of the frames were the right ones.
    """
    with tempfile.TemporaryDirectory(prefix="studio-seek-") as folder:
        clip = Path(folder) / "clip.mp4"
        _make_clip(clip, control)
        started = time.perf_counter()
        medium = open_medium(clip)
        opened = time.perf_counter() - started
        capture = cv2.VideoCapture(str(clip))
        results = {}
        for place, (name, go) in enumerate({"studio": medium.frame, "opencv": _opencv(capture)}.items()):
            control.progress(0.3 + 0.35 * place, name)
            results[name] = _measure(go, control)
        counted = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        capture.release()
        length = {"made": FRAMES, "studio": medium.frame_count, "opencv": counted}
        medium.close()
    steps = {name: result["step_after_jump"]["median_ms"] for name, result in results.items()}
    return {
        "ratio": round(steps["opencv"] / steps["studio"], 2),
        "reference": "cv2.VideoCapture in the same process, on the same frames",
        "clip": f"{WIDTH}×{HEIGHT}, {FRAMES} frames, a keyframe every {KEYFRAMES}",
        "open_ms": round(1000 * opened, 1),
        "length": length,
        **results,
    }


def _make_clip(path: Path, control: Control) -> None:
    """Moving texture, so that decoding costs what it does in life; variable frame rate and B-frames as phones make."""
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT // 8, WIDTH // 4, 3), np.uint8)
    texture = np.asarray(cv2.resize(noise, (2 * WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "bf": "2", "g": str(KEYFRAMES), "sc_threshold": "0", "crf": "28"}
        stream = container.add_stream("libx264", rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 3000)
        pts = 0
        for number in range(FRAMES):
            control.progress(0.3 * number / FRAMES, "making the clip")
            picture = texture[:, 3 * number : 3 * number + WIDTH].copy()
            for bit in range(BITS):
                picture[:CELL, bit * CELL : (bit + 1) * CELL] = 255 * (number >> bit & 1)
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, 3000)
            pts += (50, 100, 150, 100, 300)[number % 5]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _number(picture: Picture) -> int:
    row = picture[CELL // 2, CELL // 2 :: CELL, 0]
    return sum(1 << bit for bit in range(BITS) if row[bit] > 127)


def _opencv(capture: cv2.VideoCapture) -> Go:
    def go(number: int) -> Picture:
        if int(capture.get(cv2.CAP_PROP_POS_FRAMES)) != number:
            capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        good, picture = capture.read()
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) if good else np.zeros((HEIGHT, WIDTH, 3)), np.uint8)

    return go


def _measure(go: Go, control: Control) -> dict[str, Any]:
    targets = np.random.default_rng(1).integers(1, FRAMES, JUMPS).tolist()
    jumps, singles = [], []
    for number in targets:
        control.checkpoint()
        jumps.append(_visit(go, number))
        singles.append(_visit(go, number - 1))
    first = KEYFRAMES + BEHIND_KEYFRAME
    go(first)
    row = []
    for number in range(first - 1, first - 1 - STEPS, -1):
        control.checkpoint()
        row.append(_visit(go, number))
    return {"jump": _summary(jumps), "step_after_jump": _summary(singles), "steps_in_a_row": _summary(row)}


def _visit(go: Go, number: int) -> tuple[float, bool]:
    started = time.perf_counter()
    picture = go(number)
    return 1000 * (time.perf_counter() - started), _number(picture) == number


def _summary(visits: list[tuple[float, bool]]) -> dict[str, Any]:
    spent = [milliseconds for milliseconds, _ in visits]
    return {
        "median_ms": round(float(np.median(spent)), 1),
        "p95_ms": round(float(np.percentile(spent, 95)), 1),
        "right": f"{sum(right for _, right in visits)} of {len(visits)}",
    }
