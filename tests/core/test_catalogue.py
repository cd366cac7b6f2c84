"""The catalogue of weights: what is here, what is damaged, and what a stranger's file is."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from studio.core import catalogue
from studio.core.cards import BackboneCard, read_card
from studio.core.errors import InputError, StudioError
from tests.core.server import running


def test_names_and_files_are_unique() -> None:
    names = [item.name for item in catalogue.ITEMS]
    files = [file.name for item in catalogue.ITEMS for file in item.files.values()]
    assert len(set(names)) == len(names) and len(set(files)) == len(files)
    assert {"vittrack", "nanotrack", "ppresnet50", "yunet", "sface", "yolox"} == set(names)


def test_absent_weights_are_named_with_the_command_that_gets_them() -> None:
    with pytest.raises(InputError, match=r"object_tracking_vittrack_2023sep.onnx.*studio models get vittrack"):
        catalogue.find("vittrack")
    with pytest.raises(InputError, match=r"unknown weights 'vit'.*nanotrack"):
        catalogue.find("vit")


def test_files_fetched_by_other_means_are_known_by_their_content(shared: Path, tmp_path: Path) -> None:
    trackers = shared / "data" / "trackers"
    renamed = tmp_path / "download(1).onnx"
    shutil.copy(trackers / "nanotrack_head_sim.onnx", renamed)
    for path in (trackers / "nanotrack_backbone_sim.onnx", renamed):
        found = catalogue.add(path)
        assert found is not None and found.name == "nanotrack"
    files = catalogue.find("nanotrack")
    assert files["backbone"].name == "nanotrack_backbone_sim.onnx"
    assert files["neckhead"].read_bytes() == renamed.read_bytes()

    files["neckhead"].write_bytes(files["neckhead"].read_bytes()[:-1])
    with pytest.raises(InputError, match=r"damaged.*cut short.*studio models get nanotrack"):
        catalogue.find("nanotrack")


def test_a_known_name_with_other_content_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "face_detection_yunet_2023mar.onnx"
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:8f23\nsize 232589\n")
    with pytest.raises(InputError, match="pointer file of Git LFS"):
        catalogue.add(path)
    path.write_bytes(bytes(232_589))
    with pytest.raises(InputError, match="sha256 is another"):
        catalogue.add(path)
    assert not catalogue.model_folder("yunet").exists()


def test_a_file_of_the_users_own_is_none_of_the_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(b"mine")
    assert catalogue.add(path) is None


def test_a_backbone_arrives_with_its_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    content = b"weights" * 1000
    real = catalogue.item("ppresnet50")
    assert real is not None
    small = replace(real, paths={"net": ("well/net.onnx", len(content), hashlib.sha256(content).hexdigest())})
    with running() as server:
        server.content = content
        monkeypatch.setattr(catalogue, "HOST", server.address)
        folder = catalogue.get(small)
    card = read_card(folder / "card.json", BackboneCard)
    assert (card.name, card.architecture, card.input_size, card.file) == ("ppresnet50", "onnx", 224, "net.onnx")
    assert card.output == "save_infer_model/scale_1.tmp_0" and card.licence == "Apache-2.0"


def test_without_a_network_the_error_says_how_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(catalogue, "HOST", "http://127.0.0.1:9")
    wanted = catalogue.item("yunet")
    assert wanted is not None
    with pytest.raises(StudioError) as caught:
        catalogue.get(wanted)
    assert caught.value.exit_code == 1
    assert "studio models add face_detection_yunet_2023mar.onnx" in str(caught.value)
    assert "http://127.0.0.1:9/opencv" in str(caught.value)
