"""`studio frames`: pictures named by their number, nothing overwritten."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from studio.cli.main import run
from studio.core.media import open_medium
from studio.core.media.camera import Camera
from studio.core.media.pictures import read_picture
from tests.core.media.clips import number_of, write_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return str(write_clip(tmp_path_factory.mktemp("clip") / "my clip.mp4", 40))


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (["--at", "7,0, 39,7"], [0, 7, 39]),
        (["--start", "30", "--every", "4"], [30, 34, 38]),
        (["--start", "3", "--end", "5"], [3, 4, 5]),
        ([], list(range(40))),
    ],
)
def test_chosen_frames_are_written_under_their_numbers(clip, tmp_path, capsys, options, numbers):
    out = tmp_path / "new" / "folder"
    assert run(["frames", clip, str(out), *options]) == 0
    printed = capsys.readouterr()
    assert printed.out.split("\n")[:-1] == [str(out / f"{number:06}.png") for number in numbers]
    assert f"{len(numbers)} frames written" in printed.err
    assert {path.name: number_of(read_picture(path)) for path in out.iterdir()} == {f"{n:06}.png": n for n in numbers}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--at", "1,40"], "no frame 40"),
        (["--end", "40"], "no frame 40"),
        (["--start", "-1"], "no frame -1"),
        (["--start", "9", "--end", "3"], "no frames from 9 to 3"),
        (["--every", "0"], "--every"),
        (["--at", "1;2"], "with commas between"),
        (["--at", "1", "--end", "3"], "leave out"),
    ],
)
def test_bad_choices_write_nothing(clip, tmp_path, capsys, options, words):
    assert run(["frames", clip, str(tmp_path / "out"), *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_existing_pictures_are_kept(clip, tmp_path, capsys):
    (tmp_path / "000002.png").write_text("mine")
    assert run(["frames", clip, str(tmp_path), "--start", "0", "--end", "4"]) == 2
    assert "000002.png exists already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["000002.png"]
    assert run(["frames", clip, str(tmp_path), "--at", "3"]) == 0
    assert (tmp_path / "000002.png").read_text() == "mine"


def test_a_file_as_folder_and_a_missing_source(clip, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    assert run(["frames", clip, str(tmp_path / "file")]) == 2
    assert "is a file" in capsys.readouterr().err
    assert run(["frames", str(tmp_path / "none.mp4"), str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == f"error: there is no file or folder {tmp_path / 'none.mp4'}; check the path\n"


def test_frames_of_a_camera_become_a_recording_that_opens_as_a_medium(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "camera.avi"
    video = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 30, (64, 48))
    for value in range(120):
        video.write(np.full((48, 64, 3), 2 * value, np.uint8))
    video.release()
    file_as_camera = partial(Camera, open_capture=lambda number: cv2.VideoCapture(str(clip)))
    monkeypatch.setattr("studio.core.media.opening.Camera", file_as_camera)

    assert run(["frames", "camera:0", str(tmp_path / "recording")]) == 2  # it has no last frame
    assert run(["frames", "camera:0", str(tmp_path / "recording"), "--end", "4"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "recording")
    with open_medium(tmp_path / "recording") as medium:
        assert medium.kind == "camera"
        assert 1 <= medium.frame_count <= 5
        assert medium.frame(0).shape == (48, 64, 3)
