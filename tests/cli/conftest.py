"""A small project that was labelled, and one with a head, made once and copied for each test."""

from __future__ import annotations

import json
import shutil

import pytest

from studio.cli.main import run
from tests.moving_square import box_at, write_video

FRAMES = 60
BOX = ",".join(map(str, box_at(0)))


@pytest.fixture
def studio(capsys):
    """Runs a command; gives its exit code, its output and the lines of its messages."""

    def call(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err.splitlines()

    return call


@pytest.fixture
def refused(studio):
    """Runs a command that must fail with one line, and gives that line."""

    def call(*arguments, code=2):
        found, out, lines = studio(*arguments)
        errors = [line for line in lines if line.startswith("error: ")]
        assert found == code and len(errors) == 1 and "Traceback" not in "".join(lines), (found, lines)
        assert not out
        return errors[0]

    return call


@pytest.fixture
def whats_in(studio):
    def call(project):
        return json.loads(studio("info", project, "--json")[1])

    return call


def _command(*arguments):
    assert run([str(argument) for argument in arguments]) == 0


@pytest.fixture(scope="session")
def labelled_once(tmp_path_factory):
    project = tmp_path_factory.mktemp("once") / "project"
    _command("new", project)
    clip = write_video(project / "media" / "clip.mp4", FRAMES)
    _command("label", project, clip, "--box", BOX, "--label", "square", "--end", 44, "--device", "cpu")
    return project


@pytest.fixture
def quick_fits(monkeypatch):
    """A few frames teach the dense part of so simple an object."""
    monkeypatch.setattr("studio.ml.heads.training_set.MOST_FRAMES", 8)


@pytest.fixture(scope="session")
def fitted_once(labelled_once, tmp_path_factory):
    project = tmp_path_factory.mktemp("fitted") / "project"
    shutil.copytree(labelled_once, project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.ml.heads.training_set.MOST_FRAMES", 8)
        _command("fit", project, "--device", "cpu")
    return project


@pytest.fixture
def empty(tmp_path):
    """A new project with the clip in its folder."""
    _command("new", tmp_path / "new")
    return tmp_path / "new"


@pytest.fixture
def labelled(labelled_once, tmp_path):
    shutil.copytree(labelled_once, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def fitted(fitted_once, tmp_path):
    shutil.copytree(fitted_once, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def clip(labelled_once):
    return labelled_once / "media" / "clip.mp4"
