"""What every command does alike: help without arguments, places that cannot be made, text that steers no terminal."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from studio.cli import manners
from studio.cli.main import run
from studio.cli.manners import say
from studio.core.errors import InputError
from studio.core.media.recording import Recorder
from tests.core.media.clips import write_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 3)


@pytest.fixture
def commands(clip):
    """The command lines that make a folder, without the folder."""
    return {"new": ["new"], "demo": ["demo", "--device", "cpu", "--out"], "frames": ["frames", clip]}


@pytest.mark.parametrize("words", [["--help"], ["heads"], ["models"]])  # no words at all open the window
def test_help_comes_without_an_error(studio, words):
    code, out, lines = studio(*words)
    assert code == 0 and "Usage:" in out + "".join(lines)
    assert not any(line.startswith("error") for line in lines)


@pytest.mark.parametrize("command", ["new", "demo", "frames"])
def test_a_place_that_cannot_be_made_is_named(refused, commands, tmp_path, command):
    (tmp_path / "file").write_text("mine")
    for place, reason in (
        (tmp_path / "file" / "x", "Not a directory"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        line = refused(*commands[command], place)
        assert f"cannot make the folder {place}: {reason}" in line, line
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("command", ["new", "demo", "frames"])
@pytest.mark.parametrize("number, code", [(errno.EACCES, 2), (errno.EROFS, 2), (errno.ENOSPC, 1)])
def test_only_a_full_disk_is_a_failure_on_the_way(refused, commands, tmp_path, monkeypatch, command, number, code):
    def mkdir(self, **_):
        raise OSError(number, "no", str(self))

    line = [*commands[command], tmp_path / "x"]
    monkeypatch.setattr(Path, "mkdir", mkdir)
    assert ("the disk is full" if code == 1 else "cannot make the folder") in refused(*line, code=code)


def test_a_recording_says_which_folder_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"cannot make the folder .*x: Not a directory"):
        Recorder(tmp_path / "file" / "x")


def test_messages_steer_no_terminal(capsys):
    say("one \x1b[2J\x9b\ntwo\u2028")
    assert capsys.readouterr().err == "one ?[2J?\ntwo?\n"


def test_the_time_left_is_that_of_the_part_that_is_under_way(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(manners.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(manners, "PLAIN_EVERY", 0.0)
    said = []
    with manners.Progress("work") as control:
        for now[0], fraction in ((20, 0.001), (40, 0.5), (100, 0.95), (110, 0.0), (112, 0.01), (130, 0.1)):
            control.progress(fraction, "part")
            said.append(capsys.readouterr().err.strip())
    assert said == [
        "work:   0% part",
        "work:  50% part, 0:40 left",
        "work:  95% part, 0:05 left",
        "work:   0% part",
        "work:   1% part",
        "work:  10% part, 3:00 left",
    ]


def test_an_unfinished_command_line_is_still_an_error(capsys):
    assert run(["new"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
