"""Labelling a clip, against the bare tracker on the same frames, decoded before."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from studio.core.control import Control
from studio.core.geometry import Box
from studio.core.media.writer import VideoWriter
from studio.core.project import Project
from studio.ml.backbones.base import Backbone
from studio.ml.backbones.loading import load_backbone
from studio.ml.demo_clip import HEIGHT, RATE, WIDTH, demo_frames
from studio.ml.device import Compute
from studio.ml.labelling import LabelRequest, label
from studio.ml.trackers.base import Picture, make_tracker

FRAMES = 150  # the first half of the demo's clip: the flower is in all of them
ROUNDS = 3


def run(control: Control, compute: Compute) -> dict[str, Any]:
    """Frames a second of `label` (decoding, following, crops, embeddings, storing) over those of the tracker alone."""
    backbone = load_backbone(None, compute)
    ours, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        box = _write_clip(clip)
        frames = [frame for _, (frame, _) in zip(range(FRAMES), demo_frames(), strict=False)]
        _bare(backbone, frames[:20], box)
        for turn in range(ROUNDS):
            control.progress(turn / ROUNDS, f"round {turn + 1}")
            bare.append(_bare(backbone, frames, box))
            ours.append(_label(backbone, Path(folder) / f"project-{turn}", clip, box))
    mine, reference = statistics.median(ours), statistics.median(bare)
    return {
        "reference": "the default tracker alone on decoded frames",
        "ratio": round(mine / reference, 3),
        "fps": round(mine, 1),
        "reference_fps": round(reference, 1),
        "frames": FRAMES,
        "device": str(compute.device),
    }


def _write_clip(path: Path) -> Box:
    start = None
    with VideoWriter(path, RATE, (WIDTH, HEIGHT)) as video:
        for number, (frame, box) in enumerate(demo_frames()):
            if number == FRAMES:
                break
            start = start or box
            video.write(frame)
    assert start is not None
    return start


def _bare(backbone: Backbone, frames: list[Picture], box: Box) -> float:
    started = time.perf_counter()
    tracker = make_tracker("ridge", backbone)
    tracker.start(frames[0], box)
    for frame in frames[1:]:
        tracker.update(frame)
    return len(frames) / (time.perf_counter() - started)


def _label(backbone: Backbone, folder: Path, clip: Path, box: Box) -> float:
    with Project.create(folder) as project:
        report = label(project, LabelRequest(clip, (box,), ("flower",)), backbone, Control())
    return report.collected.frames / report.seconds
