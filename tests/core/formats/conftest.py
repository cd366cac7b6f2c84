"""A project of everything a region can be, on a clip and on pictures, and help to take it through a format."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.control import Control
from studio.core.formats.exporting import planned_export, write_export
from studio.core.formats.importing import import_data
from studio.core.media import open_medium
from studio.core.media.pictures import write_picture
from studio.core.project import Edit, LabelRow, Project, RegionRow, SplitRow, TrackRow, new_id
from studio.core.project.media import add_medium
from tests.core.media.clips import write_clip

FRAMES, WIDTH, HEIGHT = 40, 128, 48


def noise(path, width, height, seed=0):
    """A picture that no other is like."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, width, height])
    write_picture(path, rng.integers(0, 255, (height, width, 3), np.uint8), replace=True)
    return path


@pytest.fixture(scope="session")
def clip_once(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", FRAMES)


@pytest.fixture
def clip(clip_once, tmp_path):
    """In a folder of its own, so that a project refers to it."""
    (tmp_path / "videos").mkdir()
    path = tmp_path / "videos" / "clip.mp4"
    path.write_bytes(clip_once.read_bytes())
    return path


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "photos"
    for number, (width, height) in enumerate([(60, 40), (30, 50), (64, 64)]):
        noise(folder / f"photo {number}.png", width, height, number)
    return folder


def region(medium, frame, label, box, **changes):
    facts = {
        "track": None, "author": "import", "keyframe": False, "score": None, "near_duplicate": False,
        "state": "visible", "reviewed": False,
    } | changes  # fmt: skip
    x, y, width, height = map(float, box)
    return RegionRow(
        id=new_id(), medium=medium.id, frame=frame, label=label.id, x=x, y=y, width=width, height=height, **facts
    )


@pytest.fixture
def full(tmp_path, clip, pictures):
    """A closed project with tracks, states, scores, keyframes, splits, negatives, marks; returns its folder."""
    with Project.create(tmp_path / "full") as project:
        media = []
        for source in (clip, pictures):
            with open_medium(source) as medium:
                media.append(add_medium(project, source, medium.kind, medium.frame_count, *medium.size))
        video, stills = media
        cup = LabelRow(new_id(), "cup", "#4c9aff", "1")
        pen = LabelRow(new_id(), "blue pen", "#f0883e", "2")
        idle = LabelRow(new_id(), "idle", "#3fb950", "3")
        track, other = TrackRow(new_id(), video.id, cup.id), TrackRow(new_id(), video.id, pen.id)
        background = project.label("background")
        walk = [
            region(
                video, frame, cup, (10 + frame * 1.5, 5 + frame % 3, 20, 15.25), track=track.id, author="tracker",
                keyframe=frame in (2, 12), score=None if frame in (2, 12) else 0.75 + frame / 100,
                state="occluded" if frame == 7 else "visible", near_duplicate=frame % 2 == 1, reviewed=frame == 2,
            )
            for frame in range(2, 13)
        ]  # fmt: skip
        pens = [
            region(video, 5, pen, (60, 10, 8, 30), track=other.id, keyframe=True, author="human"),
            region(video, 9, pen, (64, 12, 8, 30), track=other.id, keyframe=True, author="human"),
            region(video, 20, pen, (70, 2, 9, 9), track=other.id, keyframe=True, author="human", state="outside"),
        ]
        single = [
            region(video, 30, cup, (1, 2, 30, 40), author="human", keyframe=True, reviewed=True),
            region(video, 30, cup, (50, 2, 30, 40), state="ignore"),
            region(video, 31, cup, (50, 2, 30, 40), state="rejected"),
            region(video, 4, background, (90, 5, 20, 20), track=track.id, author="tracker"),
            region(stills, 0, pen, (3, 4, 20.5, 30)),
            region(stills, 0, cup, (30, 1, 30, 39), state="occluded"),
            region(stills, 2, cup, (0, 0, 64, 64)),
        ]
        splits = [
            SplitRow(new_id(), video.id, None, 0, 19, "train"),
            SplitRow(new_id(), video.id, None, 20, 39, "val"),
            SplitRow(new_id(), stills.id, None, 2, 2, "test"),
        ]
        rows = [cup, pen, idle, track, other, *walk, *pens, *single, *splits]
        project.apply(Edit.rows("everything", rows))
    return tmp_path / "full"


@pytest.fixture
def exported(full, tmp_path):
    """Exports `full` in a format; gives the folder, the sentence of the proof, and what could not be held."""

    def export(name, target=None):
        target = target or tmp_path / f"as {name}"
        with Project.open(full) as project, planned_export(project, name) as plan:
            return target, write_export(plan, target, Control()), plan.lost

    return export


@pytest.fixture
def taken(tmp_path):
    """Imports a data set into a new project; gives the open project, and what was done."""
    opened = []

    def take(source, name=None, folder=None, copy=False):
        folder = folder or tmp_path / f"project {len(opened)}"
        done = import_data(folder, source, name, copy, Control())
        opened.append(Project.open(folder))
        return opened[-1], done

    yield take
    for project in opened:
        project.close()


def facts(project):
    """The regions of a project as sets of plain values, tracks by what belongs together."""
    labels = {row.id: row.name for row in project.labels()}
    media = {row.id: row.path.rsplit("/", 1)[-1] for row in project.media()}
    return sorted(
        (media[row.medium], row.frame, labels[row.label], row.x, row.y, row.width, row.height, row.state)
        for row in project.regions()
    )
