"""Written videos are whole under their name, or not there."""

from __future__ import annotations

import subprocess
import sys

import av
import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.media import open_medium, writer
from studio.core.media.writer import VideoWriter
from tests.core.media.clips import number_of, numbered


@pytest.mark.parametrize("encoder", ["libx264", "mpeg4"])
def test_frames_come_back(tmp_path, encoder, monkeypatch):
    monkeypatch.setattr(av, "codecs_available", {encoder})
    path = tmp_path / "clip – größer.mp4"
    with VideoWriter(path, 29.97, (128, 48)) as clip:
        for number in range(40):
            clip.write(numbered(number))
        assert not path.exists()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    with open_medium(path) as medium:
        assert medium.frame_count == 40
        assert medium.rate == pytest.approx(29.97, abs=0.01)
        assert [number_of(medium.frame(number)) for number in range(40)] == list(range(40))


@pytest.mark.parametrize("size", [(64, 48), (1280, 720)])
@pytest.mark.parametrize("rgb", [(200, 30, 60), (20, 180, 90), (250, 250, 250)])
def test_colours_survive(tmp_path, size, rgb):
    picture = np.full((size[1], size[0], 3), rgb, np.uint8)
    with VideoWriter(tmp_path / "c.mp4", 25, size) as clip:
        clip.write(picture)
    with open_medium(tmp_path / "c.mp4") as medium:
        np.testing.assert_allclose(medium.frame(0).mean((0, 1)), rgb, atol=3)


def test_odd_sizes_are_doubled_at_the_edge(tmp_path):
    ramp = np.tile(np.linspace(0, 250, 51, dtype=np.uint8)[None, :, None], (37, 1, 3))
    with VideoWriter(tmp_path / "odd.mp4", 25, (51, 37)) as clip:
        clip.write(ramp)
    with open_medium(tmp_path / "odd.mp4") as medium:
        assert medium.size == (52, 38)
        np.testing.assert_allclose(medium.frame(0)[:37, :51].astype(int), ramp, atol=8)


def test_a_failed_run_leaves_nothing_and_keeps_what_was_there(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"earlier")
    with pytest.raises(RuntimeError, match="on the way"), VideoWriter(path, 25, (128, 48)) as clip:
        clip.write(numbered(1))
        raise RuntimeError("on the way")
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]
    assert path.read_bytes() == b"earlier"


def test_a_full_disk_is_an_os_error(tmp_path, monkeypatch):
    clip = VideoWriter(tmp_path / "clip.mp4", 25, (128, 48))

    def full(_):
        raise av.error.OSError(28, "No space left on device", "clip.mp4")

    monkeypatch.setattr(writer, "VideoFrame", type("", (), {"from_ndarray": lambda *_, **__: full(0)}))
    with pytest.raises(OSError, match="No space left"), clip:
        clip.write(numbered(1))
    assert not list(tmp_path.iterdir())


def test_what_makes_no_video(tmp_path):
    for rate, size in [(0, (64, 48)), (25, (0, 48))]:
        with pytest.raises(InputError, match="cannot write"):
            VideoWriter(tmp_path / "clip.mp4", rate, size)
    with pytest.raises(OSError):
        VideoWriter(tmp_path / "missing" / "clip.mp4", 25, (64, 48))
    with VideoWriter(tmp_path / "clip.mp4", 25, (128, 48)) as clip:
        with pytest.raises(ValueError, match="must be uint8"):
            clip.write(numbered(1)[:10])
        clip.write(numbered(1))


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from studio.core.media.writer import VideoWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
noise = np.random.default_rng(0)
with VideoWriter(Path(sys.argv[1]), 5, (128, 96)) as clip:
    for number in range(200):
        clip.write(noise.integers(0, 255, (96, 128, 3), np.uint8))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a limit of a file's size stands in for a full disk")
@pytest.mark.parametrize("there", [False, True])
def test_what_is_on_a_full_disk_already_is_a_video_and_replaces_nothing(tmp_path, there):
    path = tmp_path / "clip.mp4"
    if there:
        path.write_bytes(b"earlier")
    run = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=False)
    assert run.returncode == 1 and "File too large" in run.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]
    if there:
        assert path.read_bytes() == b"earlier"
        return
    with open_medium(path) as medium:
        assert medium.frame_count >= 10 and len(list(medium.frames())) == medium.frame_count
