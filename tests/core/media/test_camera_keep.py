"""What is kept of a live camera is in the project before anything refers to it, and survives a kill."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.core.errors import InputError, StudioError
from studio.core.fingerprint import fingerprint
from studio.core.media import open_medium
from studio.core.media.camera_keep import KeptFrames
from studio.core.media.rolling import RollingCamera
from studio.core.project import Edit, MediumRow, Project, RegionRow, new_id
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium, locate
from tests.core.media.cameras import FakeCapture


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project") as project:
        yield project


@pytest.fixture
def camera():
    with RollingCamera("camera:0", open_capture=lambda number: FakeCapture()) as camera:
        camera.wait(30, 10)
        yield camera


@pytest.fixture
def kept(project, camera):
    kept = KeptFrames(project.folder, camera)
    yield kept
    kept.close()


def draw(project, row, frame):
    label = next((row for row in project.labels() if row.name == "cup"), None) or make_label(project, "cup")
    region = RegionRow(
        new_id(), row.id, frame, label.id, None, 1.0, 2.0, 30.0, 20.0, "human", True, None, False, "visible"
    )  # fmt: skip
    project.apply(Edit.rows("draw a box", [row, label, region]))


def test_a_box_on_a_live_frame_keeps_it_as_it_was_seen(project, camera, kept):
    assert kept.folder is None and not list((project.folder / "media").iterdir())
    seen = {number: camera.frame(number) for number in (20, 12)}
    draw(project, kept.keep([20]), 20)
    draw(project, kept.keep([12, 20]), 12)
    assert 12 in kept and 13 not in kept
    (row,) = project.media()
    assert (row.kind, row.frames, row.width, row.height) == ("camera", 21, 128, 48)
    assert row.path.startswith("media/camera-20") and not project.check()
    with open_medium(locate(project, row)) as medium:
        assert medium.kept.tolist() == [12, 20]
        for number, picture in seen.items():
            np.testing.assert_array_equal(medium.frame(number), picture)
            assert medium.time(number) == pytest.approx(camera.time(number), abs=1e-6)
    identity = json.loads((project.folder / row.path / "recording.json").read_text())
    assert identity["camera"] == "camera:0" and identity["size"] == [128, 48]


def test_the_medium_stays_the_same_while_it_grows_and_undo_takes_it_back(project, camera, kept):
    first = kept.keep([3])
    draw(project, first, 3)
    later = kept.keep(range(10, 20))
    assert (later.id, later.sha256, later.size) == (first.id, first.sha256, first.size)
    draw(project, later, 19)
    assert [row.frames for row in project.media()] == [20]
    project.undo()
    assert [row.frames for row in project.media()] == [4] and locate(project, project.media()[0])
    project.undo()
    assert project.media() == []
    project.redo(2)
    assert [row.frames for row in project.media()] == [20] and not project.check()


def test_frames_that_are_gone_are_refused_and_nothing_is_written(project, kept):
    with pytest.raises(InputError, match="not in its buffer"):
        kept.keep([5, 10**6])
    assert kept.folder is None
    with pytest.raises(StudioError, match="no frame of camera:0 was kept yet"):
        kept.row()


def test_recording_keeps_every_frame_from_the_past_on(project, camera, kept):
    kept.record(first=4)
    assert kept.recording
    camera.wait(60, 10)
    time.sleep(0.05)
    kept.keep([2])  # a box meanwhile
    kept.stop()
    assert not kept.recording and kept.missed == 0 and kept.problem is None
    with open_medium(project.folder / kept.row().path) as medium:
        numbers = medium.kept.tolist()
        assert numbers == [2, *range(4, numbers[-1] + 1)] and numbers[-1] >= 60
    camera.wait(camera.newest().number + 3, 10)
    assert kept.row().frames == numbers[-1] + 1


def test_recording_ends_with_the_camera(project):
    fake = FakeCapture()
    with RollingCamera("camera:0", open_capture=lambda number: fake) as camera:
        kept = KeptFrames(project.folder, camera)
        kept.record(first=0)
        camera.wait(10, 10)
    kept._thread.join(5)
    assert not kept.recording and kept.row().frames == camera.frame_count
    kept.close()


def test_a_full_disk_stops_recording_and_leaves_whole_frames(project, camera, kept, monkeypatch):
    write = Path.write_bytes

    def full(self, data):
        if self.name == "00000008.jpg":
            write(self, data[:100])
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    kept.record(first=5)
    kept._thread.join(5)
    assert kept.problem == "recording stopped: No space left on device; the frames before are kept"
    with pytest.raises(OSError, match="No space"):
        kept.keep([8])
    monkeypatch.undo()
    kept.keep([9])
    project.apply(Edit.rows("add", [kept.row()]))
    with open_medium(project.folder / kept.row().path) as medium:
        assert medium.kept.tolist() == [5, 6, 7, 9]
    assert not project.check() and not (kept.folder / "00000008.jpg").exists()


def test_damage_is_found_by_check(project, kept):
    draw(project, kept.keep([3, 4]), 3)
    (kept.folder / "00000003.jpg").write_bytes((kept.folder / "00000004.jpg").read_bytes())
    (kept.folder / "00000004.jpg").unlink()
    assert [problem.split(" of a recording ")[1] for problem in project.check()] == [
        "was changed; put the old one back", "is missing"
    ]  # fmt: skip


def test_two_recordings_are_two_media_in_two_folders(project, camera, kept):
    other = KeptFrames(project.folder, camera)
    rows = [kept.keep([3]), other.keep([3])]
    other.close()
    assert len({row.path for row in rows}) == len({row.sha256 for row in rows}) == len({row.id for row in rows}) == 2


def test_nothing_is_written_through_a_link_out_of_the_project(project, kept, tmp_path):
    (tmp_path / "outside").mkdir()
    (project.folder / "media").rmdir()
    (project.folder / "media").symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match="is a link out of the project's folder"):
        kept.keep([3])
    assert not list((tmp_path / "outside").iterdir())


KILLED = """
import sys
from pathlib import Path
from studio.core.media.camera_keep import KeptFrames
from studio.core.media.rolling import RollingCamera
from tests.core.media.cameras import FakeCapture
camera = RollingCamera("camera:0", open_capture=lambda number: FakeCapture(pace=0.001))
kept = KeptFrames(Path(sys.argv[1]), camera)
for number in range(10**6):
    camera.wait(number - 1)
    kept.keep([number])
    print(number, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="has no kill -9")
def test_a_kill_in_the_middle_leaves_a_readable_recording(project):
    root = Path(__file__).resolve().parents[3]
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(project.folder)], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        while (last := int(process.stdout.readline())) < 40:
            pass
        process.kill()
    (folder,) = (project.folder / "media").iterdir()
    with open_medium(folder) as medium:
        assert medium.frame_count > last and len(list(medium.frames())) == medium.frame_count
    short = MediumRow(new_id(), f"media/{folder.name}", "camera", *fingerprint(folder), 1, 128, 48)
    project.apply(Edit.rows("record", [short]))  # as far as its row came
    row = add_medium(project, folder, "camera", last + 1, 128, 48)
    assert [row] == project.media() == [replace(short, frames=last + 1)]
    assert add_medium(project, folder, "camera", 5, 128, 48) == row
