"""How long media are, with and without their index, against what opening them says."""

from __future__ import annotations

import pytest

from studio.core.errors import InputError
from studio.core.media import open_medium
from studio.core.media.duration import seconds_of
from studio.core.media.recording import Recorder
from tests.controllers.controller_clips import numbered, write_clip, write_pictures


def test_a_video_by_its_index_and_by_its_header(tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", 30)
    assert seconds_of(clip, "video", tmp_path / "cache") == pytest.approx(1.2, abs=0.05)
    with open_medium(clip, tmp_path / "cache") as medium:
        expected = medium.time(29) + medium.time(29) / 29
    assert seconds_of(clip, "video", tmp_path / "cache") == pytest.approx(expected, abs=1e-6)


def test_one_frame_and_stills_have_no_length_but_a_recording_has(tmp_path):
    clip = write_clip(tmp_path / "one.mp4", 1)
    with open_medium(clip, tmp_path / "cache"):
        pass
    assert seconds_of(clip, "video", tmp_path / "cache") is None
    assert seconds_of(write_pictures(tmp_path / "garden"), "stills") is None
    with Recorder(tmp_path / "recording") as recorder:
        for number in range(5):
            recorder.add(numbered(number), 3.0 + 0.5 * number)
    assert seconds_of(tmp_path / "recording", "camera") == pytest.approx(2.5)


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "notes.mp4").write_text("no video")
    with pytest.raises(InputError, match=r"notes\.mp4"):
        seconds_of(tmp_path / "notes.mp4", "video")
