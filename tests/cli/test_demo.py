from __future__ import annotations

from studio.cli.main import run
from studio.core.errors import StudioError


def test_nothing_is_written_into_a_folder_that_holds_something(tmp_path, capsys):
    (tmp_path / "diary.txt").write_text("mine")
    assert run(["demo", "--out", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {tmp_path} is not an empty folder") and captured.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_a_file_is_no_folder(tmp_path, capsys):
    file = tmp_path / "out"
    file.write_text("")
    assert run(["demo", "--out", str(file)]) == 2
    assert "not an empty folder" in capsys.readouterr().err


def test_a_device_that_does_not_exist_leaves_no_folder_behind(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["demo", "--device", "abacus"]) == 2
    assert "unknown device 'abacus'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_folder_is_made_before_the_network_is_loaded(tmp_path, monkeypatch):
    def load(*_):
        assert (tmp_path / "out").is_dir()
        raise StudioError("far enough")

    monkeypatch.setattr("studio.ml.backbones.loading.load_backbone", load)
    assert run(["demo", "--out", str(tmp_path / "out"), "--device", "cpu"]) == 1


def test_the_default_folder_is_a_new_one_every_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = []

    def stop(folder, *_):
        made.append(str(folder))
        raise StudioError("far enough")

    monkeypatch.setattr("studio.ml.demo.run_demo", stop)
    assert run(["demo", "--device", "cpu"]) == run(["demo", "--device", "cpu"]) == 1
    assert made == ["studio-demo", "studio-demo-2"]
