"""`new`, `info`, `check`, `history`, `undo`, `redo`, `trust` as a person uses them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio.cli.main import run
from studio.core.project import Edit, Project, RegionRow, SplitRow, TrackRow, new_id
from studio.core.project.labels import make_label
from studio.core.project.media import add_medium

Output = pytest.CaptureFixture[str]


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A project with one clip outside it and ten regions of a cup, followed."""
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"frames")
    folder = tmp_path / "cups"
    with Project.create(folder) as project:
        medium = add_medium(project, clip, "video", 100, 64, 48)
        label = make_label(project, "cup")
        track = TrackRow(new_id(), medium.id, label.id)
        group = project.new_group()
        project.apply(Edit.rows("follow cup", [label, track]), group=group, who="tracker")
        for n in range(10):
            box = (1.0 * n, 2.0, 30.0, 40.0)
            row = RegionRow(
                new_id(), medium.id, n, label.id, track.id, *box, "tracker", n == 0, 0.9, n % 5 == 4, "visible"
            )
            project.apply(Edit.rows("follow cup", [row]), group=group, who="tracker")
        project.apply(Edit.rows("split", [SplitRow(new_id(), medium.id, None, 0, 5, "train")]))
    return folder


def test_new_makes_a_project_that_info_describes(tmp_path: Path, capsys: Output) -> None:
    folder = tmp_path / "my project"
    assert run(["new", str(folder), "--name", "Cups & mugs"]) == 0
    assert str(folder) in capsys.readouterr().out
    assert run(["info", str(folder), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["project"] == "Cups & mugs"
    assert (document["regions"], document["media"], document["heads"], document["history"]) == (
        {"background": 0},
        [],
        [],
        0,
    )
    assert run(["new", str(folder)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_info_counts(filled: Path, capsys: Output) -> None:
    (filled / "models" / "cup").mkdir()
    (filled / "models" / "cup" / "card.json").write_text("{}")
    assert run(["info", str(filled), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["regions"] == {"background": 0, "cup": 10}
    (medium,) = document["media"]
    assert (medium["path"], medium["regions"], medium["frames"]) == ("../clip.mp4", 10, 100)
    assert [(track["label"], track["regions"]) for track in document["tracks"]] == [("cup", 10)]
    assert document["splits"] == {"train": 6, "none": 4}
    assert document["sources"] == {"tracker": 10}
    assert document["near_duplicates"] == 2
    assert document["heads"] == ["cup"]
    assert document["history"] == 13


def test_info_for_people(filled: Path, capsys: Output) -> None:
    assert run(["info", str(filled)]) == 0
    output = capsys.readouterr().out
    lines = [line.split() for line in output.splitlines()]
    assert ["cup", "10"] in lines
    assert ["../clip.mp4", "video", "100", "64×48", "10"] in lines
    assert ["train", "6"] in lines


def test_undo_redo_and_history(filled: Path, capsys: Output) -> None:
    assert run(["undo", str(filled), "--steps", "2"]) == 0
    assert capsys.readouterr().out == "undone: split\nundone: follow cup\n"
    with Project.open(filled) as project:
        assert project.regions() == []
    assert run(["redo", str(filled)]) == 0
    assert capsys.readouterr().out == "redone: follow cup\n"
    assert run(["history", str(filled)]) == 0
    lines = [line.split(maxsplit=4) for line in capsys.readouterr().out.splitlines()]
    assert [(line[0], *line[3:]) for line in lines] == [
        ("1", "human", "add clip.mp4"),
        ("2–12", "tracker", "follow cup"),
        ("13", "human", "split"),
        ("14", "human", "undo: split"),
        ("15", "human", "undo: follow cup"),
        ("16", "human", "redo: follow cup"),
    ]
    assert run(["history", str(filled), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[-1]["position"] == 16


@pytest.mark.parametrize("command", ["undo", "redo"])
def test_nothing_to_undo_or_redo(tmp_path: Path, capsys: Output, command: str) -> None:
    Project.create(tmp_path / "p").close()
    assert run([command, str(tmp_path / "p")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"nothing to {command}" in captured.err


def test_nothing_from_a_foreign_file_steers_the_terminal(tmp_path: Path, capsys: Output) -> None:
    with Project.create(tmp_path / "p") as project:
        project.connection.execute("UPDATE facts SET value = 'cup\x1b[2J' WHERE name = 'name'")
        project.apply(Edit.rows("red\x1b[31m\nline", [make_label(project, "cup")]))
    for command in ("info", "history", "undo"):
        assert run([command, str(tmp_path / "p")]) == 0
    output = capsys.readouterr().out
    assert "\x1b" not in output
    assert "red?[31m?line" in output


def test_check_says_ok_or_lists_what_is_wrong(filled: Path, capsys: Output) -> None:
    assert run(["check", str(filled)]) == 0
    assert capsys.readouterr().out.startswith("ok")
    (filled.parent / "clip.mp4").unlink()
    (filled / "models" / "cup").mkdir()
    assert run(["check", str(filled)]) == 1
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 2
    assert "clip.mp4 is missing" in captured.out
    assert captured.err == ""


def test_trust_lets_a_strangers_project_use_a_file(
    filled: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STUDIO_CACHE", str(tmp_path / "other-user"))
    assert run(["check", str(filled)]) == 1
    assert f"studio trust {filled}" in capsys.readouterr().out
    assert run(["trust", str(filled)]) == 0
    assert capsys.readouterr().out == f"may be read: {tmp_path / 'clip.mp4'}\n"
    assert run(["check", str(filled)]) == 0
    assert run(["trust", str(filled)]) == 0
    assert "already" in capsys.readouterr().out


def test_trust_approves_nothing_where_the_content_differs(
    filled: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STUDIO_CACHE", str(tmp_path / "other-user"))
    (tmp_path / "clip.mp4").write_bytes(b"diary!")
    assert run(["trust", str(filled)]) == 2
    assert "was changed" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["info", "check", "history", "undo", "redo", "trust"])
def test_what_is_no_project_is_one_line(tmp_path: Path, capsys: Output, command: str) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "project.db").write_text("dear diary " * 100)
    (tmp_path / "file").write_text("x")
    for place in ("nowhere", ".", "text", "file"):
        assert run([command, str(tmp_path / place)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("error: ") and captured.err.count("\n") == 1


def test_info_imports_no_torch(filled: Path) -> None:
    code = (
        "import sys; from studio.cli.main import run; code = run(['info', sys.argv[1], '--json']);"
        "heavy = {'torch', 'torchvision', 'sklearn', 'onnx'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(filled)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["regions"]["cup"] == 10
