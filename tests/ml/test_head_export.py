"""Heads as ONNX files: what OpenCV computes with them is what the head says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch

from studio.core.control import Control
from studio.core.errors import InputError
from studio.ml import head_export
from studio.ml.calibration import Calibration
from studio.ml.head_export import export_onnx
from studio.ml.heads.crop import CropPart, unit_length
from studio.ml.heads.fit import UNSAVED
from studio.ml.heads.head import ARCHITECTURE, Head, HeadCard
from studio.ml.heads.head_module import HeadModule
from tests.ml.heads.made import EMBEDDING, bundled_card, bundled_part, classic_part, network_head, random_layers

LABELS = ["cup", "jug", "lid"]


CARD = {
    "name": "svm", "architecture": ARCHITECTURE, "licence": "yours", "source": "here", "sha256": UNSAVED,
    "backbone": "resnet18-64px", "backbone_sha256": bundled_card().sha256, "labels": LABELS[:2], "kernel": "rbf",
    "window_side": 64, "dense": False, "history": 0,
}  # fmt: skip


def svm_head(kernel: str, backbone: str = "resnet18-64px", size: int = EMBEDDING) -> Head:
    """Machines whose supports are embeddings of drawn pictures, so that scores differ."""
    card = HeadCard(**CARD | {"backbone": backbone, "kernel": kernel})
    random = np.random.default_rng(0)
    crops = head_export.exact_backbone(Head(card, (_part(random.normal(size=(3, size)), 0.0),) * 2, ())).embed(
        head_export._drawn(24, 64)
    )
    gammas = (3.0, 1.0) if kernel == "rbf" else (0.0, 0.0)
    return Head(card, (_part(crops[:11], gammas[0]), _part(crops[9:], gammas[1])), ())


def _part(vectors: np.ndarray, gamma: float) -> CropPart:
    signs = torch.tensor([1.0, -1.0] * len(vectors), dtype=torch.float64)[: len(vectors)]
    return CropPart(unit_length(vectors), 3 * signs, 0.1, gamma, Calibration(2.5, 0.2))


def made(kind: str) -> Head:
    if kind in ("rbf", "linear"):
        return svm_head(kind)
    if kind == "stage":
        return svm_head("rbf", "resnet18-64px@layer3:grid", 1024)
    if kind == "tiny":
        return network_head(LABELS, random_layers(128, 4, scale=90.0), classic_part("tiny-cnn", 4), background=True)
    if kind == "lenet":
        return network_head(LABELS, random_layers(84, 3, scale=6.0), classic_part("lenet5", 3))
    own = bundled_part() if kind == "own" else None
    return network_head(LABELS, random_layers(EMBEDDING, 8, 4, unit=True, scale=6.0), own, background=True)


def check_files(head: Head, folder: Path) -> None:
    exported = export_onnx(head, folder / "it.onnx", Control())
    names = ["it.onnx", "it.safetensors", "it.card.json", "it.selftest.npz"]
    assert [file.name for file in exported.files] == names
    assert sorted(names) == sorted(each.name for each in folder.iterdir())
    assert exported.problems == () and (exported.differences["opencv"] or 0) < 1e-3
    test = np.load(folder / "it.selftest.npz", allow_pickle=False)
    backbone = head_export.exact_backbone(head)
    own = head.crop_scores(backbone.embed(test["pictures"]))
    np.testing.assert_array_equal(test["scores"][:, : len(head.labels)], own)
    assert np.ptp(own) > 0.1  # a test of scores that are all alike tests nothing
    assert list(test["outputs"]) == head.card.outputs
    net = cv2.dnn.readNetFromONNX(str(folder / "it.onnx"))  # as the documents show it
    blob = cv2.dnn.blobFromImages([picture[..., ::-1] for picture in test["pictures"][:1]], swapRB=True)
    net.setInput(blob)
    np.testing.assert_allclose(net.forward(), test["scores"][:1], atol=1e-3)
    card = json.loads((folder / "it.card.json").read_text())
    assert card["onnx"]["input"]["shape"] == ["n", 3, backbone.input_size, backbone.input_size]
    assert card["onnx"]["output"]["holds"] == head.card.outputs and card["name"] == head.card.name
    graph = onnx.load(folder / "it.onnx").graph
    assert [graph.input[0].name, graph.output[0].name] == ["pictures", "scores"]


def test_the_files_of_a_small_network_say_what_the_head_says(tmp_path: Path) -> None:
    check_files(made("tiny"), tmp_path)


def test_the_files_of_kernel_machines_say_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a network that takes no time to write."""
    small = head_export.exact_backbone(made("tiny"))
    monkeypatch.setattr(head_export, "exact_backbone", lambda head: small)
    vectors = small.embed(head_export._drawn(20, 56))
    card = HeadCard(**CARD | {"backbone_sha256": small.sha256, "kernel": "rbf"})
    check_files(Head(card, (_part(vectors[:9], 300.0), _part(vectors[9:], 100.0)), ()), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rbf", "linear", "stage", "named", "own", "lenet"])
def test_the_files_of_larger_networks_say_what_the_head_says(kind: str, tmp_path: Path) -> None:
    check_files(made(kind), tmp_path)


@pytest.mark.parametrize("kind", ["rbf", "linear", "stage", "named", "own", "lenet"])
def test_the_module_that_is_written_is_the_head(kind: str) -> None:
    head = made(kind)
    backbone = head_export.exact_backbone(head)
    pictures = head_export._drawn(5, backbone.input_size)
    with torch.inference_mode():
        found = HeadModule(head, backbone)(torch.from_numpy(pictures).permute(0, 3, 1, 2).float())
    np.testing.assert_allclose(found, head_export.scores_of(head, backbone, pictures), atol=1e-4)


def test_nothing_is_overwritten_and_a_missing_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "it.card.json").write_text("mine")
    with pytest.raises(InputError, match=r"it\.card\.json is there already"):
        export_onnx(made("tiny"), tmp_path / "it.onnx", Control())
    with pytest.raises(InputError, match="no folder"):
        export_onnx(made("tiny"), tmp_path / "none" / "it.onnx", Control())
    assert [file.name for file in tmp_path.iterdir()] == ["it.card.json"]


def test_a_runtime_that_disagrees_or_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.array([[0.25, 0.5]], np.float32)

    def broken(graph: Path, ready: np.ndarray) -> np.ndarray:
        raise cv2.error("no such layer")

    for run, difference, said in (
        (lambda graph, ready: scores + 0.01, pytest.approx(0.01), "gives other scores: they differ by up to 0.01"),
        (lambda graph, ready: scores[:, :1], None, "gives scores of another shape"),
        (lambda graph, ready: scores * np.nan, None, "gives scores that are no numbers"),
        (broken, None, "cannot run it: no such layer"),
        (lambda graph, ready: scores, 0.0, None),
    ):
        monkeypatch.setattr(head_export, "RUNTIMES", {"opencv": run})
        found = head_export._tried(tmp_path / "x.onnx", np.zeros((1, 8, 8, 3), np.uint8), scores)
        assert found == ({"opencv": difference}, [f"opencv {said}"] if said else [])


def test_another_backbone_is_refused(tmp_path: Path) -> None:
    head = made("named")
    other = replace(head, card=head.card.model_copy(update={"backbone_sha256": "0" * 64}))
    with pytest.raises(InputError, match="other weights"):
        export_onnx(other, tmp_path / "it.onnx", Control())
