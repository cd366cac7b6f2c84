"""`studio doctor`: what it reports, and the one line for each thing that is in the way."""

from __future__ import annotations

import json

import pytest

from studio.cli import doctor
from studio.cli.main import run


def test_reports_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["healthy"] and report["problems"] == []
    assert {"studio", "python", "torch", "torchvision", "av", "numpy", "scikit-learn"} <= set(report["versions"])
    assert report["device"]["device"] and report["device"]["reason"] and report["device"]["capabilities"]["cores"]
    assert report["cache"]["free_bytes"] > 0 and report["cache"]["folder"]
    assert run(["doctor"]) == 0
    assert "all that the main job needs is here" in capsys.readouterr().out


def test_a_missing_system_library_comes_with_its_command() -> None:
    error = ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
    line = doctor.explain("opencv-contrib-python-headless", error)
    assert "sudo apt-get install libgl1" in line and "sudo dnf install mesa-libGL" in line


def test_what_is_broken_makes_it_fail(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "NEEDED", (("av", "av"), ("no-such-package", "no_such_package_of_ours")))
    assert run(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "problem: no-such-package is not installed: python -m pip install no-such-package" in out


def test_a_broken_installation_is_told_from_a_missing_one() -> None:
    assert "--force-reinstall av" in doctor.explain("av", ImportError("undefined symbol: av_thing\nmore"))


def test_two_builds_of_opencv_are_a_problem() -> None:
    assert doctor.opencv_clash(["opencv-contrib-python-headless"]) is None
    line = doctor.opencv_clash(["opencv-contrib-python-headless", "opencv-python"])
    assert line and "overwrite each other" in line and "pip uninstall" in line


def test_the_platform_of_the_window_is_what_qt_would_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert doctor.qt_platform() == "offscreen"
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    assert "no display" in doctor.qt_platform()
    monkeypatch.setenv("DISPLAY", ":0")
    assert doctor.qt_platform() == "xcb"
