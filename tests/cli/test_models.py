"""`studio models`: listing, getting without a network, and adding files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.cli.main import run
from studio.core import catalogue
from tests.core.server import running
from tests.ml.backbones import graphs


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(catalogue, "HOST", "http://127.0.0.1:9")


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    assert run(["models", "list", "--json"]) == 0
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)["models"]}


def test_lists_what_is_here_and_what_can_be_had(capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys)
    assert rows["resnet18-64px"]["state"] == "bundled"
    assert rows["nanotrack"] | {"source": "", "sha256": ""} == {
        "name": "nanotrack",
        "kind": "tracker",
        "state": "to be had",
        "bytes": 1_783_047,
        "licence": "Apache-2.0",
        "source": "",
        "sha256": "",
    }
    assert rows["resnet50"]["kind"] == "backbone"
    assert run(["models", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(rows)


def test_get_shows_the_licence_and_says_how_else_without_a_network(
    no_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "get", "yunet"]) == 1
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == "" and lines[0] == "yunet, 232.6 kB, licence: MIT"
    assert len(lines) == 2 and lines[1].startswith("error: face_detection_yunet_2023mar.onnx could not be downloaded")
    assert "studio models add face_detection_yunet_2023mar.onnx" in lines[1]


def test_get_refuses_what_it_does_not_know_or_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "get", "yoloy"]) == 2
    assert "unknown weights 'yoloy'; there are: vittrack, nanotrack" in capsys.readouterr().err
    assert run(["models", "get", "resnet18-64px"]) == 2
    assert "did not come from elsewhere" in capsys.readouterr().err


def test_get_leaves_nothing_of_what_is_not_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as server:
        server.content = b"not the weights"
        monkeypatch.setattr(catalogue, "HOST", f"{server.address}/well")
        assert run(["models", "get", "vittrack"]) == 1
    assert "has 15 bytes, not 714,726" in capsys.readouterr().err
    assert list(catalogue.model_folder("vittrack").iterdir()) == []


def test_adds_files_of_the_catalogue(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trackers = shared / "data" / "trackers"
    assert run(["models", "add", str(trackers / "nanotrack_backbone_sim.onnx")]) == 0
    assert "also needs nanotrack_head_sim.onnx" in capsys.readouterr().err
    assert run(["models", "add", str(trackers / "nanotrack_head_sim.onnx")]) == 0
    assert capsys.readouterr().err == ""
    assert listed(capsys)["nanotrack"]["state"] == "here"
    assert set(catalogue.find("nanotrack")) == {"backbone", "neckhead"}


def test_adds_a_graph_of_the_users_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = graphs.write(tmp_path / "talk.onnx")
    options = ["--output", graphs.FEATURES, "--input-size", "32", "--mean", "0.5,0.5,0.5", "--std", "0.5,0.5,0.5"]
    assert run(["models", "add", str(path), *options]) == 0
    assert capsys.readouterr().out.startswith("talk: ")
    assert listed(capsys)["talk"]["state"] == "here"
    with (catalogue.model_folder("talk") / "weights.onnx").open("ab") as file:
        file.write(b"?")
    assert listed(capsys)["talk"]["state"] == "damaged"
    assert run(["models", "add", str(path), *options]) == 2
    assert "choose another --name" in capsys.readouterr().err


def test_adds_a_state_dict_of_the_users_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    from studio.ml.backbones import architectures

    path = tmp_path / "mine.pth"
    torch.save(architectures.build("shufflenet_v2_x0_5", 3).state_dict(), path)
    assert run(["models", "add", str(path)]) == 2
    assert "needs --architecture" in capsys.readouterr().err
    options = ["--architecture", "shufflenet_v2_x0_5", "--classes", "3", "--name", "birds"]
    assert run(["models", "add", str(path), *options]) == 0
    assert capsys.readouterr().out.startswith("birds: ")


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("absent.onnx", [], "there is no file"),
        ("mine.txt", ["--architecture", "resnet18"], "neither .safetensors nor .pth nor .onnx"),
        ("mine.onnx", ["--mean", "1,2"], "three numbers"),
        ("mine.pth", ["--architecture", "resnet17"], "cut short"),
        ("resnet50-11ad3fa6.pth", [], "sha256 is another"),
        ("object_detection_yolox_2022nov.onnx", [], "cut short"),
    ],
)
def test_bad_files_are_one_line_and_exit_code_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, options: list[str], reason: str
) -> None:
    path = tmp_path / name
    if not name.startswith("absent"):
        path.write_text("no weights")
    assert run(["models", "add", str(path), *options]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1 and reason in err
