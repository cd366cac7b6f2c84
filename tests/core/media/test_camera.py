"""Cameras give the newest frame; recordings of them are media."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from studio.core.errors import InputError
from studio.core.media import open_medium
from studio.core.media.camera import Camera
from studio.core.media.pictures import read_picture
from studio.core.media.recording import Recorder
from tests.core.media.clips import number_of, numbered, write_clip


@pytest.fixture
def device(tmp_path):
    """A real capture, of a file in place of a device, at the pace of a fast camera."""
    clip = write_clip(tmp_path / "clip.avi", 60, codec="mjpeg", fmt="yuvj420p")

    class Paced:
        def __init__(self):
            capture = cv2.VideoCapture(str(clip))
            self.isOpened, self.get, self.release = capture.isOpened, capture.get, capture.release
            self._read = capture.read

        def read(self):
            time.sleep(0.004)
            return self._read()

    return lambda number: Paced()


def test_late_frames_are_dropped_not_queued(device):
    with Camera("camera:0", device) as camera:
        assert (camera.kind, camera.live, camera.size) == ("camera", True, (128, 48))
        seen = []
        for number, picture in camera.frames():
            assert number == len(seen)
            seen.append(number_of(picture))
            if len(seen) == 2:
                time.sleep(0.08)  # busy while about twenty frames arrive
        assert seen == sorted(set(seen))
        assert seen[2] - seen[1] >= 8
        assert len(seen) < 60
        assert camera.frame_count == len(seen)
        times = [camera.time(number) for number in range(len(seen))]
        assert times[0] == 0
        assert times == sorted(times)
        assert times[2] - times[1] > 0.04


def test_a_camera_stops_after_the_last_frame_wanted(device):
    with Camera("camera:0", device) as camera:
        assert [number for number, _ in camera.frames(2, 8, 3)] == [2, 5, 8]
        with pytest.raises(InputError, match="live; its frames come once"):
            camera.frame(0)


def test_a_missing_camera_is_one_line(capfd):
    with pytest.raises(InputError, match="there is no camera:97; check that it is plugged in"):
        open_medium("camera:97")
    assert capfd.readouterr().err == ""


def test_a_recording_is_a_medium_with_its_own_times(tmp_path):
    folder = tmp_path / "recording"
    times = [5.0, 5.04, 5.3, 5.34]
    with Recorder(folder) as recorder:
        assert [recorder.add(numbered(10 + n), seconds) for n, seconds in enumerate(times)] == [0, 1, 2, 3]
    with open_medium(folder) as medium:
        assert (medium.kind, medium.live, medium.frame_count) == ("camera", False, 4)
        for number, picture in medium.frames():
            np.testing.assert_array_equal(picture, numbered(10 + number))
        assert [medium.time(number) for number in range(4)] == pytest.approx([0, 0.04, 0.3, 0.34])
        assert medium.rate == pytest.approx(3 / 0.34)


def test_a_recording_cut_off_by_a_kill_keeps_its_whole_frames(tmp_path):
    recorder = Recorder(tmp_path / "recording")
    for number in range(3):
        recorder.add(numbered(number), number / 30)
    recorder.close()
    times = tmp_path / "recording" / "times.txt"
    times.write_bytes(times.read_bytes()[:-3])
    with open_medium(tmp_path / "recording") as medium:
        assert medium.frame_count == 2
    times.write_text("0 now\n")
    with pytest.raises(InputError, match="no list of numbers and rising times"):
        open_medium(tmp_path / "recording")


def test_a_recording_never_mixes_with_what_is_there(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        Recorder(tmp_path)
    with Recorder(tmp_path / "new") as recorder:
        recorder.add(numbered(1), 0.0)
    assert number_of(read_picture(tmp_path / "new" / "00000000.png")) == 1
