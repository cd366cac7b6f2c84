"""A small project that can be fitted: a square that moves over a ground, followed through a short clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from studio.core.geometry import Box
from studio.core.media import open_medium
from studio.core.media.writer import VideoWriter
from studio.core.project import BACKGROUND, Edit, Project, RegionRow, TrackRow, new_id
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium
from tests.moving_square import HEIGHT, RATE, SQUARE, WIDTH, box_at, picture

FRAMES = 24
WRONG = Box(8.0, 176.0, 48.0, 48.0)


def scene(number: int) -> np.ndarray:
    """A frame of the clip: on odd ones, which nobody labelled, there is one like the square that is not meant."""
    frame = picture(number)
    if number % 2:
        frame[176:224, 8:56] = SQUARE[::-1, :, [2, 1, 0]] // 2 + SQUARE // 2
    return frame


def region(project: Project, label: str, frame: int, box: Box) -> RegionRow:
    medium, track = project.media()[0].id, project.tracks()[0].id
    where = (new_id(), medium, frame, project.label(label).id, track)
    return RegionRow(*where, *map(float, box), "tracker", False, 1.0, False, "visible")


def make_project(folder: Path) -> Project:
    """A project open for writing, with "cup" on every other frame of a clip and negatives beside it."""
    clip = folder / "clip.mp4"
    with VideoWriter(clip, RATE, (WIDTH, HEIGHT)) as video:
        for number in range(FRAMES):
            video.write(scene(number))
    project = Project.create(folder / "project")
    with open_medium(clip) as medium:
        add_medium(project, clip, medium.kind, medium.frame_count, *medium.size)
    label = make_label(project, "cup")
    project.apply(Edit.rows("label", [label, TrackRow(new_id(), project.media()[0].id, label.id)]))
    rows = []
    for frame in range(0, FRAMES, 2):
        rows.append(region(project, "cup", frame, box_at(frame)))
        rows.append(region(project, BACKGROUND, frame, Box(250, 0, 64, 64)))
        rows.append(region(project, BACKGROUND, frame, Box(0, 0, 64, 64)))
    project.apply(Edit.rows("follow", rows))
    return project
