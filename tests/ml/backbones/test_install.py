"""Backbones from elsewhere: what is installed works under its name, what is refused leaves nothing behind."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from studio.core.catalogue import model_folder
from studio.core.errors import InputError, StudioError
from studio.core.paths import user_cache
from studio.ml.backbones import architectures, install
from studio.ml.backbones.loading import load_backbone
from studio.ml.device import choose
from tests.core.server import Server, running
from tests.ml.backbones import graphs

EXACT = replace(choose("cpu"), dtype=torch.float32)
FACTS: dict[str, Any] = {"architecture": "shufflenet_v2_x0_5", "classes": 7, "input_size": 64}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(1)
    return architectures.build("shufflenet_v2_x0_5", 7)


def nothing_is_left() -> bool:
    folder = user_cache() / "models"
    return not folder.exists() or not list(folder.iterdir())


def plain_embedding(network: torch.nn.Module, crops: np.ndarray) -> np.ndarray:
    x = (torch.from_numpy(crops).permute(0, 3, 1, 2) / 255 - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / (
        torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    )
    seen: list[torch.Tensor] = []
    handle = network.get_submodule("fc").register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        network(x)
    handle.remove()
    return seen[0].numpy()


@pytest.mark.parametrize("kind", [".pth", ".safetensors"])
def test_a_state_dict_becomes_a_backbone(network: torch.nn.Module, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"mine{kind}"
    (save_file if kind == ".safetensors" else torch.save)(network.state_dict(), path)
    folder = install.add_state_dict(path, "mine", FACTS)
    path.unlink()
    backbone = load_backbone("mine", EXACT)
    crops = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), np.uint8)
    np.testing.assert_allclose(backbone.embed(crops), plain_embedding(network, crops), atol=1e-4)
    assert sorted(entry.name for entry in folder.iterdir()) == ["card.json", "weights.safetensors"]
    assert hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest() == backbone.sha256


class Trap:
    """What a pickle can carry."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit('code ran')",)


def test_code_inside_is_refused_with_that_reason(tmp_path: Path, network: torch.nn.Module) -> None:
    path = tmp_path / "trap.pth"
    torch.save(OrderedDict(network.state_dict(), trap=Trap()), path)
    with pytest.raises(InputError, match=r"trap\.pth holds code that would run"):
        install.add_state_dict(path, "trap", FACTS)
    torch.save(network, path)
    with pytest.raises(InputError, match="holds code that would run"):
        install.add_state_dict(path, "trap", FACTS)
    assert nothing_is_left()


@pytest.mark.parametrize("kind", [".pth", ".safetensors"])
@pytest.mark.parametrize("keep", [0, 100, 0.5])
def test_files_cut_short_are_refused(tmp_path: Path, network: torch.nn.Module, kind: str, keep: float) -> None:
    path = tmp_path / f"mine{kind}"
    (save_file if kind == ".safetensors" else torch.save)(network.state_dict(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if keep < 1 else int(keep)])
    with pytest.raises(InputError, match="cut short") as caught:
        install.add_state_dict(path, "mine", FACTS)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert nothing_is_left()


def test_random_damage_is_one_line(tmp_path: Path, network: torch.nn.Module) -> None:
    path = tmp_path / "mine.pth"
    torch.save({"fc.weight": torch.zeros(2, 2)}, path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    rng = np.random.default_rng(6)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 5):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"mine\.pth"):
            install.add_state_dict(path, "mine", FACTS)


@pytest.mark.parametrize(
    "facts", [{"architecture": "resnet18"}, {"classes": 8}, {"architecture": "shufflenet_v2_x1_0"}], ids=str
)
def test_weights_of_another_architecture_are_refused(
    tmp_path: Path, network: torch.nn.Module, facts: dict[str, Any]
) -> None:
    path = tmp_path / "mine.pth"
    torch.save(network.state_dict(), path)
    with pytest.raises(InputError, match="weights of another architecture"):
        install.add_state_dict(path, "mine", FACTS | facts)
    assert nothing_is_left()


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, {}], ids=str)
def test_what_is_no_state_dict_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "mine.pth"
    torch.save(content, path)
    with pytest.raises(InputError, match="holds no state_dict"):
        install.add_state_dict(path, "mine", FACTS)


@pytest.mark.parametrize("name", ["resnet50", "resnet18-64px", "ppresnet50"])
def test_names_that_exist_are_not_taken_twice(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="there is a backbone"):
        install.add_state_dict(tmp_path / "mine.pth", name, FACTS)


@pytest.mark.parametrize("name", ["", "../up", ".hidden", "a/b", "a b"])
def test_names_stay_in_their_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no name for a backbone"):
        install.add_graph(tmp_path / "mine.onnx", name, {"input_size": 32})


def test_changed_weights_are_not_used(tmp_path: Path, network: torch.nn.Module) -> None:
    path = tmp_path / "mine.pth"
    torch.save(network.state_dict(), path)
    weights = install.add_state_dict(path, "mine", FACTS) / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(InputError, match=r"weights\.safetensors are not those of their card"):
        load_backbone("mine", EXACT)
    weights.unlink()
    with pytest.raises(InputError, match="there are no weights"):
        load_backbone("mine", EXACT)


def test_a_graph_becomes_a_backbone(tmp_path: Path) -> None:
    path = graphs.write(tmp_path / "talk.onnx")
    install.add_graph(path, "talk", {"input_size": graphs.SIDE, "output": graphs.FEATURES})
    path.unlink()
    crops = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    np.testing.assert_allclose(load_backbone("talk", EXACT).embed(crops), graphs.features(crops), rtol=1e-4, atol=1e-3)
    with (model_folder("talk") / "weights.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(InputError, match="another sha256"):
        load_backbone("talk", EXACT)


def test_an_input_size_that_a_network_cannot_take_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    save_file(architectures.build("squeezenet1_1", 2).state_dict(), path)
    with pytest.raises(InputError, match="squeezenet1_1 cannot run on crops of 8 pixels"):
        install.add_state_dict(path, "mine", {"architecture": "squeezenet1_1", "classes": 2, "input_size": 8})
    assert nothing_is_left()


def test_a_graph_that_does_not_run_leaves_nothing(tmp_path: Path) -> None:
    path = graphs.write(tmp_path / "talk.onnx", rows=3)
    with pytest.raises(InputError, match=rf"OpenCV cannot run {path}"):
        install.add_graph(path, "talk", {"input_size": 32})
    assert nothing_is_left()
    path = graphs.write(tmp_path / "talk.onnx")
    with pytest.raises(InputError, match="no output 'wrong'"):
        install.add_graph(path, "talk", {"input_size": 32, "output": "wrong"})
    assert nothing_is_left()


def offered(server: Server, network: torch.nn.Module, tmp_path: Path, way: str = "well") -> install.Published:
    """torchvision's word on a network, with weights that the server has."""
    path = tmp_path / "made.pth"
    torch.save(network.state_dict(), path)
    server.content = path.read_bytes()
    digits = hashlib.sha256(server.content).hexdigest()[:8]
    real = install.published("shufflenet_v2_x0_5")
    file = replace(real.file, url=f"{server.address}/{way}/shufflenet-{digits}.pth", sha256=digits)
    names = tuple("abcdefg")
    return replace(real, file=file, facts=dict(real.facts) | {"classes": len(names), "class_names": names})


def test_torchvisions_weights_are_fetched_and_verified(
    server: Server, network: torch.nn.Module, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="not here yet; get them with: studio models get shufflenet_v2_x0_5"):
        load_backbone("shufflenet_v2_x0_5", EXACT)
    folder = install.get(offered(server, network, tmp_path))
    backbone = load_backbone("shufflenet_v2_x0_5", EXACT)
    assert (backbone.input_size, backbone.embedding_size) == (224, 1024)
    assert backbone.card.class_names == tuple("abcdefg")
    assert backbone.card.licence.startswith("BSD-3-Clause")
    assert sorted(entry.name for entry in folder.parent.iterdir()) == ["shufflenet_v2_x0_5"]


def test_torchvisions_weights_with_another_hash_are_not_kept(
    server: Server, network: torch.nn.Module, tmp_path: Path
) -> None:
    with pytest.raises(StudioError, match=r"sha256 is another.*studio models add shufflenet-") as caught:
        install.get(offered(server, network, tmp_path, "corrupt"))
    assert caught.value.exit_code == 1
    assert nothing_is_left()


def test_torchvision_says_what_it_offers() -> None:
    resnet = install.published("resnet50")
    assert resnet.file.sha256 == "11ad3fa6" and resnet.file.name == "resnet50-11ad3fa6.pth"
    assert resnet.facts["input_size"] == 224 and resnet.facts["classes"] == 1000
    assert "SWAG" in install.published("vit_h_14").licence
    known = install.known_file("resnet50-11ad3fa6.pth")
    assert known is not None and known.name == "resnet50"
    assert install.known_file("mine.pth") is None
