"""The demo's project as the window opens it: a clip whose truth is known, its first half labelled from one box."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.core.control import Control
from studio.core.errors import InputError
from studio.core.files import making
from studio.core.geometry import Box
from studio.core.media.writer import VideoWriter
from studio.core.project import Project
from studio.core.truth import read_truth, write_truth
from studio.ml.backbones.base import Backbone
from studio.ml.demo_clip import FRAMES, HEIGHT, RATE, WIDTH, demo_frames
from studio.ml.labelling import LabelRequest, label

LABEL = "flower"
HALF = FRAMES // 2  # labelled before it


def make_demo_project(folder: Path, seed: int, backbone: Backbone, control: Control, name: str = "demo") -> Path:
    """Make `clip.mp4`, `truth.txt` and `project/` in `folder`, a new or empty one; returns the project's folder.

    Raises:
        InputError: the folder holds something, or cannot be written to.
    """
    with making(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder} is not an empty folder; nothing is overwritten")
        folder.mkdir(parents=True, exist_ok=True)
    truth = make_clip(folder, seed, Control(lambda fraction, text: control.progress(0.4 * fraction, text)))
    first = Box(*(float(value) for value in truth[0]))
    with Project.create(folder / "project", name) as project:
        request = LabelRequest(folder / "clip.mp4", (first,), (LABEL,), 0, HALF - 1)
        following = Control(lambda fraction, text: control.progress(0.4 + 0.6 * fraction, f"following, {text}"))
        label(project, request, backbone, following)
    return folder / "project"


def make_clip(folder: Path, seed: int, control: Control) -> NDArray[np.float64]:
    """Make `clip.mp4` and `truth.txt` in `folder`; returns the truth as `read_truth` reads it: `(300, 4)`."""
    rows = np.full((FRAMES, 4), np.nan)
    with VideoWriter(folder / "clip.mp4", RATE, (WIDTH, HEIGHT)) as video:
        for number, (frame, box) in enumerate(demo_frames(seed)):
            control.progress(number / FRAMES, f"making the clip, frame {number}")
            video.write(frame)
            if box is not None:
                rows[number] = box
    write_truth(folder / "truth.txt", rows)
    return read_truth(folder / "truth.txt")
